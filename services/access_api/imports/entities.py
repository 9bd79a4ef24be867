"""What a file says of legal entities, line after line: who is meant is the FINESS; a SIREN in doubt is left empty, never chosen."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from services.access_api.imports.codes import SIREN
from services.kernel.base.file_reports import Report


class Entity(NamedTuple):
    """A legal entity, by the line that speaks for it: that of its site of the smallest number, whatever the order of lines."""

    finess_ej: str
    siren: str
    finess: str
    line: int
    name: str
    legal_code: str
    legal_label: str
    legal_name: str = ""
    """Its own name, where the file has a line on it; `name` is a site's."""

    @property
    def called(self) -> str:
        """Its name and its number, for a sentence."""
        return f"« {self.legal_name or self.name.strip()} » ({self.finess_ej})"


Entities = dict[str, Entity]
SPOKEN = Entity._fields[:-1]
"""What a line on an establishment says."""
SPEAKS = len(SPOKEN)


class Gathering:
    """The legal entities of a file."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.entities: Entities = {}
        self.legal: Entities = {}
        """By number, what lines on legal entities themselves say."""
        self._sirens: dict[str, dict[str, Entity]] = {}
        """Of those to which lines give several SIREN: each of them, with its first line."""

    def add(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Takes what lines on establishments say: tuples of the `SPOKEN` fields of an `Entity`."""
        speakers: dict[str, Any] = self.entities
        for row in rows:
            known = speakers.setdefault(row[0], row)
            if known is not row and (row[1] != known[1] or row[2] < known[2]):
                speakers[row[0]] = self._preferred(Entity(*known), Entity(*row))
            if row[0] == row[2]:  # the line of the legal entity itself, in a file of establishments
                self.legal.setdefault(row[0], Entity(*row)._replace(legal_name=row[4].strip()))

    def _preferred(self, known: Entity, other: Entity) -> Entity:
        if known.siren and other.siren and known.siren != other.siren:
            self._sirens.setdefault(known.finess_ej, {known.siren: known}).setdefault(other.siren, other)
        return other if (not other.siren, other.finess) < (not known.siren, known.finess) else known

    def add_legal(self, entities: Iterable[Entity]) -> None:
        """Takes what lines on legal entities say."""
        self.legal.update((each.finess_ej, each) for each in entities)

    def named_only(self) -> Entities:
        """Legal entities without a site in the file."""
        return {number: each for number, each in self.legal.items() if number not in self.entities}

    def settle(self) -> None:
        """Decides what each legal entity is called and which SIREN it has; notes what is in doubt."""
        self.entities = {number: Entity._make((*row[:SPEAKS], "")) for number, row in self.entities.items()}
        for number in self.legal.keys() & self.entities.keys():
            self.entities[number] = self._completed(self.entities[number], self.legal[number])
        given = [(each.siren, number) for number, each in self.entities.items() if each.siren]
        for number, sirens in self._sirens.items():
            legal = self.legal.get(number)
            if legal is None or self.entities[number].siren != legal.siren:
                given += [(siren, number) for siren in sirens if siren != self.entities[number].siren]
                self._leave_empty(number)
        if len({siren for siren, _ in given}) != len(given):
            self._empty_repeated(given)

    def _completed(self, each: Entity, legal: Entity) -> Entity:
        self._check_siren(legal)
        return each._replace(
            siren=legal.siren if SIREN.holds(legal.siren) else each.siren,
            legal_name=legal.legal_name,
            legal_code=legal.legal_code or each.legal_code,
            legal_label=legal.legal_label.strip() or each.legal_label,
        )

    def checked(self, found: Entities) -> Entities:
        """Legal entities without a site in the file, without the SIREN that are in doubt."""
        for number, each in found.items():
            self._check_siren(each)
            if not SIREN.holds(each.siren):
                found[number] = each._replace(siren="")
        return found

    def _check_siren(self, legal: Entity) -> None:
        if legal.siren and (doubt := SIREN.problem(legal.siren)):
            self.report.warn(legal.line, "siren", f"{doubt} : il est laissé vide")

    def _leave_empty(self, number: str) -> None:
        each = self.entities[number]
        (first, one), *rest = self._sirens[number].items()
        others = " et ".join(f"{siren} ligne {other.line}" for siren, other in rest)
        said = f"l'entité juridique {each.called} a {first} pour SIREN ligne {one.line}, {others} : il est laissé vide"
        self.report.warn(rest[0][1].line, "siren", said)
        self.entities[number] = each._replace(siren="")

    def _empty_repeated(self, given: Iterable[tuple[str, str]]) -> None:
        """Leaves a SIREN empty that the file gives to several legal entities."""
        holders: dict[str, list[str]] = {}
        for siren, number in given:
            holders.setdefault(siren, []).append(number)
        for siren, numbers in holders.items():
            if len(numbers) == 1:
                continue
            each = sorted((self.entities[number] for number in numbers), key=lambda entity: entity.line)
            names = " et à ".join(entity.called for entity in each)
            self.report.warn(each[1].line, "siren", f"le SIREN {siren} est donné à {names} : il est laissé vide")
            for entity in each:
                if entity.siren == siren:
                    self.entities[entity.finess_ej] = entity._replace(siren="")
