"""`plam import establishments`: the establishments of a FINESS file become sites, and their legal entities organisations.

Every line is checked before anything is written; then organisations and sites are written in chunks, in the caller's one
transaction. A second run of the same file writes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from services.access_api.communes import queries as commune_queries
from services.access_api.folding import fold
from services.access_api.identifiers import is_finess, is_siren, is_siret, luhn_failures
from services.access_api.imports.reading import read_chunks
from services.access_api.imports.report import Progress, Report
from services.access_api.organisations import queries as organisation_queries
from services.access_api.organisations.tables import Organisation
from services.access_api.sectors import sector_of
from services.access_api.sites import queries as site_queries
from services.access_api.sites.tables import Site
from services.contracts.access import OrganisationStatus
from services.contracts.codes import Department, OrganisationRole
from services.kernel.database import Database
from services.kernel.principals import SYSTEM, Principal
from services.kernel.records import Record

COLUMNS = (
    "finess",
    "finess_ej",
    "raison_sociale",
    "raison_sociale_complementaire",
    "categorie_finess",
    "libelle_categorie",
    "statut_juridique_code",
    "libelle_statut_juridique",
    "siren",
    "siret",
    "code_departement",
    "code_insee_commune",
    "code_postal",
    "adresse",
)
CHUNK = 2_000
LONGEST = 95
"""Characters up to which a cell needs no second look: two of them still make a name of 200."""
ROLES = [OrganisationRole.employer, OrganisationRole.host]
"""What a health establishment is when first heard of; people say the rest."""
DEPARTMENTS = {department.value: department for department in Department}
NO_SIREN, NO_SIRET = "0" * 9, "0" * 14
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7526003)"


class Establishment(NamedTuple):
    """What a line says."""

    finess: str
    finess_ej: str
    name: str
    more: str
    category_code: str
    category_label: str
    legal_code: str
    legal_label: str
    siren: str
    siret: str
    department: str
    commune: str
    postal_code: str
    address: str


Entities = Mapping[str, tuple[int, Establishment]]
"""By FINESS of each legal entity of a file: the line that speaks for it, the one of its smallest FINESS number. So the order of lines is nothing."""


class Places(NamedTuple):
    """The communes: the department of each, and what former codes have become."""

    departments: Mapping[str, str]
    now: Mapping[str, str]


class FileChanged(Exception):
    """The file was written to between its check and its import."""


async def import_establishments(db: Database, path: Path, *, by: Principal = SYSTEM, progress: Progress | None = None) -> Report:
    """Brings organisations and sites to a file. All of it or nothing: with one blocking problem, nothing is written."""
    report = Report()
    places = await read_places(db)
    entities = check_file(path, places, report)
    connection = await db.connection()
    await connection.execute(ONE_AT_A_TIME)
    ids = await _recognise(db, path, places, entities, report)
    if not report.refused:
        writing = _Writing(db, ids, report, by)
        await writing.organisations(entities)
        await writing.sites(path, places, progress)
    return report


async def read_places(db: Database) -> Places:
    """The communes that lines are checked against."""
    communes = await db.fetch(commune_queries.communes())
    former = await db.fetch(commune_queries.all_former())
    return Places({commune.code: commune.department.value for commune in communes}, {old.code_old: old.code_now for old in former})


def check_file(path: Path, places: Places, report: Report) -> Entities:
    """Checks every line; what is wrong goes to the report. Returns the legal entities of the file."""
    entities: dict[str, tuple[int, Establishment]] = {}
    for rows in check(path, places, report):
        for row in rows:
            known = entities.setdefault(row[1].finess_ej, row)
            if known is not row:
                entities[row[1].finess_ej] = _speaker(known, row, report)
    holders: dict[str, str] = {}
    for finess_ej, (line, each) in entities.items():
        if each.siren and holders.setdefault(each.siren, finess_ej) != finess_ej:
            report.refuse(line, "siren", f"{each.siren} est aussi le SIREN de l'entité juridique {holders[each.siren]}")
    report.problems.sort(key=lambda problem: problem.line)
    return entities


def _speaker(known: tuple[int, Establishment], row: tuple[int, Establishment], report: Report) -> tuple[int, Establishment]:
    (before, one), (line, other) = known, row
    if one.siren != other.siren and one.siren and other.siren:
        message = f"l'entité juridique {one.finess_ej} a aussi le SIREN {one.siren} (ligne {before}) : un seul est gardé"
        report.warn(line, "siren", message)
    return row if (not other.siren, other.finess) < (not one.siren, one.finess) else known


def check(path: Path, places: Places, report: Report) -> Iterator[list[tuple[int, Establishment]]]:
    """(line number, establishment) of the lines that are right, by chunks; what is wrong with the others goes to the report."""
    seen: dict[str, int] = {}
    for lines, columns in read_chunks(path, COLUMNS, report):
        rows = list(zip(lines, map(Establishment._make, zip(*columns, strict=True)), strict=True))
        doubtful = _doubtful(lines, Establishment._make(columns), seen, places)
        for place in sorted(doubtful, reverse=True):
            line, each = rows[place]
            kept = _explained(line, each, seen[each.finess], places, report)
            rows[place : place + 1] = [(line, kept)] if kept else []
        yield rows


def _doubtful(lines: Sequence[int], columns: Any, seen: dict[str, int], places: Places) -> set[int]:
    """The places of the lines of which something must be said. Columns are checked whole, which is several times quicker than lines."""
    found = {
        *luhn_failures(columns.finess, 9),
        *luhn_failures(columns.finess_ej, 9),
        *luhn_failures([siren or NO_SIREN for siren in columns.siren], 9),
        *luhn_failures([siret or NO_SIRET for siret in columns.siret], 14),
    }
    first = [seen.setdefault(finess, line) for finess, line in zip(columns.finess, lines, strict=True)]
    towns, department_of = zip(columns.commune, columns.department, strict=True), places.departments.get
    found.update(place for place, (before, line) in enumerate(zip(first, lines, strict=True)) if before != line)
    found.update(place for place, (commune, department) in enumerate(towns) if department_of(commune) != department)
    found.update(place for place, postal in enumerate(columns.postal_code) if postal and not _is_digits(postal, 5))
    found.update(place for place, pair in enumerate(zip(columns.siren, columns.siret, strict=True)) if not _agree(*pair))
    for codes in (columns.category_code, columns.legal_code):
        wrong = {code for code in {*codes} if not _is_code(code)}
        found.update(place for place, code in enumerate(codes) if code in wrong) if wrong else None
    for texts in (columns.name, columns.more, columns.category_label, columns.legal_label, columns.address):
        found.update(place for place, text in enumerate(texts) if len(text) > LONGEST) if max(map(len, texts)) > LONGEST else None
    found.update(place for place, name in enumerate(columns.name) if not name) if "" in columns.name else None
    return found


def _agree(siren: str, siret: str) -> bool:
    """Whether a SIREN is there, and its SIRET, if any, begins with it."""
    return siren != "" and siren != NO_SIREN and (siret == "" or siret.startswith(siren))


def _explained(line: int, each: Establishment, before: int, places: Places, report: Report) -> Establishment | None:
    """The line as it can be taken, once what is odd about it has been said; none when it cannot."""
    refused = before != line
    if refused:
        report.refuse(line, "finess", f"{each.finess[:20]} est déjà ligne {before}")
    for field, holds, message in _demands(each):
        if not holds:
            report.refuse(line, field, message)
            refused = True
    commune = each.commune
    if commune not in places.departments and commune in places.now:
        commune = places.now[commune]
        report.warn(line, "code_insee_commune", f"{each.commune} est un ancien code : {commune} est retenu")
    if commune not in places.departments:
        report.refuse(line, "code_insee_commune", f"la commune « {commune[:20]} » est inconnue")
        refused = True
    elif places.departments[commune] != each.department:
        report.refuse(line, "code_departement", f"la commune {commune} n'est pas dans le département « {each.department[:20]} »")
        refused = True
    if refused:
        return None
    zeros = {name: "" for name in ("siren", "siret") if _is_zeros(getattr(each, name))}
    for name in zeros:
        report.warn(line, name, "des zéros tiennent lieu de numéro : il est laissé vide")
    if each.siren and each.siret and not zeros and not each.siret.startswith(each.siren):
        report.warn(line, "siret", "ce SIRET n'est pas de ce SIREN")
    return each._replace(commune=commune, **zeros)


def _demands(each: Establishment) -> Iterator[tuple[str, bool, str]]:
    yield "finess", is_finess(each.finess), f"« {each.finess[:20]} » n'est pas un FINESS : forme ou clé fausse"
    yield "finess_ej", is_finess(each.finess_ej), f"« {each.finess_ej[:20]} » n'est pas un FINESS : forme ou clé fausse"
    yield "raison_sociale", each.name != "", "vide"
    yield "raison_sociale", len(site_name(each)) <= 200, "nom de plus de 200 caractères"
    yield "siren", each.siren == "" or _is_zeros(each.siren) or is_siren(each.siren), "SIREN : forme ou clé fausse"
    yield "siret", each.siret == "" or _is_zeros(each.siret) or is_siret(each.siret), "SIRET : forme ou clé fausse"
    yield "code_postal", each.postal_code == "" or _is_digits(each.postal_code, 5), "cinq chiffres attendus"
    for field, code in (("categorie_finess", each.category_code), ("statut_juridique_code", each.legal_code)):
        yield field, _is_code(code), "code de 1 à 10 lettres ou chiffres attendu"
    for field, label in (
        ("libelle_categorie", each.category_label),
        ("libelle_statut_juridique", each.legal_label),
        ("adresse", each.address),
    ):
        yield field, len(label) <= 200, "plus de 200 caractères"


def _is_code(value: str) -> bool:
    return value == "" or (value.isalnum() and value.isascii() and len(value) <= 10)


def _is_digits(value: str, length: int) -> bool:
    return len(value) == length and value.isdecimal() and value.isascii()


def _is_zeros(value: str) -> bool:
    return value != "" and not value.strip("0")


def site_name(each: Establishment) -> str:
    """A site's name, with what the file adds to it when it is not in it already."""
    return f"{each.name} – {each.more}" if each.more and fold(each.more) not in fold(each.name) else each.name


async def _recognise(db: Database, path: Path, places: Places, entities: Entities, report: Report) -> dict[str, UUID]:
    """The organisations that are there already, by FINESS of the legal entity; what does not fit them goes to the report."""
    ids: dict[str, UUID] = {}
    closed: dict[str, UUID] = {}
    for chunk in _chunks(entities):
        found = await db.fetch(organisation_queries.known_by([*chunk], [each.siren for _, each in chunk.values() if each.siren]))
        by_finess, by_siren = {row["finess_ej"]: row for row in found}, {row["siren"]: row for row in found}
        for finess_ej, (line, entity) in chunk.items():
            known, holder = by_finess.get(finess_ej), by_siren.get(entity.siren)
            if holder is not None and holder is not known and (known is not None or holder["finess_ej"] is not None):
                report.refuse(line, "siren", f"{entity.siren} est déjà le SIREN d'une autre organisation ({holder['id']})")
            elif (row := known or holder) is not None:
                ids[finess_ej] = row["id"]
                if row["status"] == OrganisationStatus.closed:
                    closed[finess_ej] = row["id"]
    if closed:
        numbers = set(await db.fetch(site_queries.numbers_of(list(closed.values()))))
        for line, each in chain.from_iterable(check(path, places, Report())):
            if each.finess_ej in closed and each.finess not in numbers:
                report.refuse(line, "finess_ej", f"l'organisation {each.finess_ej} est fermée : elle ne peut pas avoir de nouveau site")
    return ids


@dataclass
class _Writing:
    """One import, being written."""

    db: Database
    ids: dict[str, UUID]
    report: Report
    by: Principal

    async def organisations(self, entities: Entities) -> None:
        """Writes the organisations of a file, whose ids it adds. The file does not name legal entities: people may correct the name."""
        ids = self.ids
        for chunk in _chunks(entities):
            found = await self.db.fetch(organisation_queries.organisations([ids[key] for key in chunk if key in ids]))
            known = {row.id: row for row in found}
            created, changed = [], []
            for finess_ej, (line, entity) in chunk.items():
                before = known[ids[finess_ej]] if finess_ej in ids else None
                if before is None:
                    created.append(_organisation(finess_ej, entity))
                    ids[finess_ej] = created[-1].id
                elif _set(before, _identity(finess_ej, entity, before)):
                    changed.append(before)
            await self._save("organisation", created, changed, len(chunk))

    async def sites(self, path: Path, places: Places, progress: Progress | None) -> None:
        """Writes the sites of a file, by chunks of its lines."""
        again = Report()
        for rows in check(path, places, again):
            chunk = [each for _, each in rows]
            if not all(each.finess_ej in self.ids for each in chunk):
                raise FileChanged(path)
            await self._sites(chunk)
            if progress:
                progress(self.report.of("site").total)
        if again.refused or again.lines != self.report.lines:
            raise FileChanged(path)

    async def _sites(self, chunk: Sequence[Establishment]) -> None:
        known = {site.finess_et: site for site in await self.db.fetch(site_queries.known_by([each.finess for each in chunk]))}
        created, changed = [], []
        for each in chunk:
            before = known.get(each.finess)
            values = _values(each, self.ids)
            if before is None:
                created.append(Site(**values))
            elif _set(before, {**values, "sector": values["sector"] or before.sector}):
                changed.append(before)
        await self._save("site", created, changed, len(chunk))

    async def _save(self, noun: str, created: Sequence[Record], changed: Sequence[Record], among: int) -> None:
        await self.db.save_many(created, event=f"access.{noun}.created", by=self.by)
        await self.db.save_many(changed, event=f"access.{noun}.changed", by=self.by)
        counts = self.report.of(noun)
        counts.created += len(created)
        counts.changed += len(changed)
        counts.unchanged += among - len(created) - len(changed)


def _organisation(finess_ej: str, entity: Establishment) -> Organisation:
    department = DEPARTMENTS.get(finess_ej[:2])
    return Organisation(
        name=entity.name, folded=fold(entity.name), roles=ROLES, department=department, **_identity(finess_ej, entity, None)
    )


def _identity(finess_ej: str, entity: Establishment, before: Organisation | None) -> dict[str, Any]:
    """What a file says of a legal entity; where it says nothing, what is known stays."""
    return {
        "finess_ej": finess_ej,
        "siren": entity.siren or (before and before.siren) or None,
        "legal_status_code": entity.legal_code or (before and before.legal_status_code) or None,
        "legal_status_label": entity.legal_label or (before and before.legal_status_label) or None,
    }


def _values(each: Establishment, ids: Mapping[str, UUID]) -> dict[str, Any]:
    name = site_name(each)
    return {
        "organisation_id": ids[each.finess_ej],
        "name": name,
        "folded": fold(name),
        "finess_et": each.finess,
        "siret": each.siret or None,
        "category_code": each.category_code or None,
        "category_label": each.category_label or None,
        "commune_code": each.commune,
        "postal_code": each.postal_code or None,
        "address": each.address or None,
        "department": DEPARTMENTS[each.department],
        "sector": sector_of(each.category_code),
    }


def _set(row: Record, values: Mapping[str, Any]) -> bool:
    """Sets the values that differ; whether any did."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def _chunks(entities: Entities) -> Iterator[dict[str, tuple[int, Establishment]]]:
    keys = list(entities)
    for start in range(0, len(keys), CHUNK):
        yield {key: entities[key] for key in keys[start : start + CHUNK]}
