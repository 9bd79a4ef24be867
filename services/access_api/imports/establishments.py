"""`plam import establishments`: the establishments of a FINESS file become sites, and their legal entities organisations.

Every line is checked before anything is written; then organisations and sites are written in chunks, in the caller's one
transaction. A second run of the same file writes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from services.access_api.communes import queries as commune_queries
from services.access_api.identifiers import is_finess, is_siren, is_siret
from services.access_api.imports.columns import LONGEST_TEXT, doubtful_positions, is_code, is_digits
from services.access_api.imports.reading import read_chunks
from services.access_api.imports.report import Progress, Report
from services.access_api.organisations import queries as organisation_queries
from services.access_api.organisations.tables import Organisation
from services.access_api.sectors import sector_of
from services.access_api.sites import queries as site_queries
from services.access_api.sites.tables import Site
from services.contracts.access import OrganisationStatus
from services.contracts.codes import Department, OrganisationRole
from services.kernel.base.folding import fold
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.database import Database
from services.kernel.data.records import Record

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
ROLES = [OrganisationRole.employer, OrganisationRole.host]
"""What a health establishment is when first heard of; people say the rest."""
DEPARTMENTS = {department.value: department for department in Department}
BEFORE = """
SELECT pg_advisory_xact_lock(7526003);  -- one import at a time
SET LOCAL enable_seqscan = off          -- plans are kept from when the tables were nearly empty
"""


class Establishment(NamedTuple):
    """What a line says."""

    line: int
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


class Entity(NamedTuple):
    """What a file says of a legal entity, by the line that speaks for it, which the order of lines does not choose."""

    finess_ej: str
    siren: str
    finess: str
    line: int
    name: str
    legal_code: str
    legal_label: str


Entities = Mapping[str, Entity]


class Communes(NamedTuple):
    """The communes: the department of each, and what former codes have become."""

    departments: Mapping[str, str]
    now: Mapping[str, str]


class FileChanged(ValueError):
    """The file was written to between its check and its import."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} a changé pendant l'importation : rien n'est importé.")


async def import_establishments(db: Database, path: Path, *, by: Principal = SYSTEM, progress: Progress | None = None) -> Report:
    """Brings organisations and sites to a file. All of it or nothing: with one blocking problem, nothing is written."""
    report = Report()
    communes = await read_communes(db)
    entities = check_file(path, communes, report)
    connection = await db.connection()
    await connection.execute(BEFORE)
    ids = await _known_organisations(db, path, communes, entities, report)
    if not report.refused:
        writing = _Writing(db, ids, report, by)
        await writing.organisations(entities)
        await writing.sites(path, communes, progress)
    return report


async def read_communes(db: Database) -> Communes:
    """The communes that lines are checked against."""
    communes = await db.fetch(commune_queries.communes())
    former = await db.fetch(commune_queries.all_former())
    return Communes({commune.code: commune.department.value for commune in communes}, {old.code_old: old.code_now for old in former})


def check_file(path: Path, communes: Communes, report: Report) -> Entities:
    """Checks every line; what is wrong goes to the report. Returns the legal entities of the file."""
    entities: dict[str, tuple[Any, ...]] = {}
    for columns, said in check(path, communes, report):
        for row in _entities(columns, said):
            known = entities.setdefault(row[0], row)
            if known is not row and (row[1] != known[1] or row[2] < known[2]):
                entities[row[0]] = _preferred(Entity._make(known), Entity._make(row), report)
    found = {finess_ej: Entity._make(row) for finess_ej, row in entities.items()}
    holders: dict[str, str] = {}
    for finess_ej, each in found.items():
        if each.siren and holders.setdefault(each.siren, finess_ej) != finess_ej:
            report.refuse(each.line, "siren", f"{each.siren} est aussi le SIREN de l'entité juridique {holders[each.siren]}")
    if not report.lines:
        report.refuse(0, "", "le fichier n'a aucun établissement")
    report.problems.sort(key=lambda problem: problem.line)
    return found


def _entities(columns: Any, said: Mapping[int, Establishment | None]) -> Iterable[tuple[Any, ...]]:
    """What the lines of a chunk say of legal entities, as tuples of an `Entity`'s fields."""
    rows = zip(*(getattr(columns, field) for field in Entity._fields), strict=True)
    if not said:
        return rows
    plain = [row for position, row in enumerate(rows) if position not in said]
    return plain + [tuple(getattr(each, field) for field in Entity._fields) for each in said.values() if each]


def _preferred(known: Entity, other: Entity, report: Report) -> Entity:
    """Which of two lines speaks for their legal entity: one with a SIREN, and then the one of the smallest FINESS number."""
    if known.siren != other.siren and known.siren and other.siren:
        message = f"l'entité juridique {known.finess_ej} a aussi le SIREN {known.siren} (ligne {known.line}) : un seul est gardé"
        report.warn(other.line, "siren", message)
    return other if (not other.siren, other.finess) < (not known.siren, known.finess) else known


def check(path: Path, communes: Communes, report: Report) -> Iterator[tuple[Any, Mapping[int, Establishment | None]]]:
    """The lines that can be read, by chunks: their columns, under the names of an `Establishment`'s fields, and by position those
    of which something was said to the report, as they can be taken, or none.
    """
    seen: dict[str, int] = {}
    for lines, cells in read_chunks(path, COLUMNS, report):
        columns = Establishment._make((lines, *cells))
        said: dict[int, Establishment | None] = {}
        for position in sorted(doubtful_positions(columns, seen, communes)):
            each = _establishment_at(columns, {}, position)
            assert each is not None
            said[position] = _check_establishment(each, seen.setdefault(each.finess, each.line), communes, report)
        yield columns, said


def _establishment_at(columns: Any, said: Mapping[int, Establishment | None], position: int) -> Establishment | None:
    if position in said:
        return said[position]
    line, *cells = [column[position] for column in columns]
    return Establishment._make((line, *map(str.strip, cells)))


def _establishments(path: Path, communes: Communes, report: Report) -> Iterator[Establishment]:
    """The establishments of a file that are right, or can be taken."""
    for columns, said in check(path, communes, report):
        taken = (_establishment_at(columns, said, position) for position in range(len(columns.line)))
        yield from (each for each in taken if each is not None)


def _check_establishment(each: Establishment, before: int, communes: Communes, report: Report) -> Establishment | None:
    """The line as it can be taken, once what is odd about it has been said; none when it cannot."""
    line = each.line
    refused = before != line
    if refused:
        report.refuse(line, "finess", f"{each.finess[:20]} est déjà ligne {before}")
    for field, holds, message in _demands_on(each):
        if not holds:
            report.refuse(line, field, message)
            refused = True
    commune = each.commune
    if commune not in communes.departments and commune in communes.now:
        commune = communes.now[commune]
        report.warn(line, "code_insee_commune", f"{each.commune} est un ancien code : {commune} est retenu")
    if commune not in communes.departments:
        report.refuse(line, "code_insee_commune", f"la commune « {commune[:20]} » est inconnue")
        refused = True
    elif communes.departments[commune] != each.department:
        report.refuse(line, "code_departement", f"la commune {commune} n'est pas dans le département « {each.department[:20]} »")
        refused = True
    if refused:
        return None
    each = each._replace(commune=commune, siren=_number(each, "siren", report), siret=_number(each, "siret", report))
    if each.siren and each.siret and not each.siret.startswith(each.siren):
        report.warn(line, "siret", "ce SIRET n'est pas de ce SIREN")
    return each


def _number(each: Establishment, field: str, report: Report) -> str:
    value: str = getattr(each, field)
    if _is_zeros(value):
        report.warn(each.line, field, "des zéros tiennent lieu de numéro : il est laissé vide")
        return ""
    return value


def _demands_on(each: Establishment) -> Iterator[tuple[str, bool, str]]:
    yield "finess", is_finess(each.finess), f"« {each.finess[:20]} » n'est pas un FINESS : forme ou clé fausse"
    yield "finess_ej", is_finess(each.finess_ej), f"« {each.finess_ej[:20]} » n'est pas un FINESS : forme ou clé fausse"
    yield "raison_sociale", each.name != "", "vide"
    yield "raison_sociale", len(site_name(each)) <= LONGEST_TEXT, f"nom de plus de {LONGEST_TEXT} caractères"
    yield "siren", each.siren == "" or _is_zeros(each.siren) or is_siren(each.siren), "SIREN : forme ou clé fausse"
    yield "siret", each.siret == "" or _is_zeros(each.siret) or is_siret(each.siret), "SIRET : forme ou clé fausse"
    yield "code_postal", each.postal_code == "" or is_digits(each.postal_code, 5), "cinq chiffres attendus"
    for field, code in (("categorie_finess", each.category_code), ("statut_juridique_code", each.legal_code)):
        yield field, is_code(code), "code de 1 à 10 lettres ou chiffres attendu"
    for field, label in (
        ("libelle_categorie", each.category_label),
        ("libelle_statut_juridique", each.legal_label),
        ("adresse", each.address),
    ):
        yield field, len(label) <= LONGEST_TEXT, f"plus de {LONGEST_TEXT} caractères"


def _is_zeros(value: str) -> bool:
    return value != "" and not value.strip("0")


def site_name(each: Establishment) -> str:
    """A site's name, with what the file adds to it when it is not in it already."""
    return f"{each.name} – {each.more}" if each.more and fold(each.more) not in fold(each.name) else each.name


async def _known_organisations(db: Database, path: Path, communes: Communes, entities: Entities, report: Report) -> dict[str, UUID]:
    """The organisations that are there already, by FINESS of the legal entity; what does not fit them goes to the report."""
    ids: dict[str, UUID] = {}
    closed: dict[str, UUID] = {}
    for chunk in _chunks(entities):
        found = await db.fetch(organisation_queries.known_by([*chunk], [each.siren for each in chunk.values() if each.siren]))
        by_finess, by_siren = {row["finess_ej"]: row for row in found}, {row["siren"]: row for row in found}
        for finess_ej, entity in chunk.items():
            known, holder = by_finess.get(finess_ej), by_siren.get(entity.siren)
            if holder is not None and holder is not known and (known is not None or holder["finess_ej"] is not None):
                report.refuse(entity.line, "siren", f"{entity.siren} est déjà le SIREN d'une autre organisation ({holder['id']})")
            elif (row := known or holder) is not None:
                ids[finess_ej] = row["id"]
                if row["status"] == OrganisationStatus.closed:
                    closed[finess_ej] = row["id"]
    if closed:
        numbers = set(await db.fetch(site_queries.numbers_of(list(closed.values()))))
        for each in _establishments(path, communes, Report()):
            if each.finess_ej in closed and each.finess not in numbers:
                report.refuse(
                    each.line, "finess_ej", f"l'organisation {each.finess_ej} est fermée : elle ne peut pas avoir de nouveau site"
                )
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
            for finess_ej, entity in chunk.items():
                before = known[ids[finess_ej]] if finess_ej in ids else None
                if before is None:
                    created.append(_organisation(finess_ej, entity))
                    ids[finess_ej] = created[-1].id
                elif _set_differing(before, _identity(finess_ej, entity, before)):
                    changed.append(before)
            await self._save("organisation", created, changed, len(chunk))

    async def sites(self, path: Path, communes: Communes, progress: Progress | None) -> None:
        """Writes the sites of a file, by chunks of its lines."""
        again = Report()
        lines = _establishments(path, communes, again)
        while chunk := list(islice(lines, CHUNK)):
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
            elif _set_differing(before, {**values, "sector": values["sector"] or before.sector}):
                changed.append(before)
        await self._save("site", created, changed, len(chunk))

    async def _save(self, noun: str, created: Sequence[Record], changed: Sequence[Record], among: int) -> None:
        await self.db.save_many(created, event=f"access.{noun}.created", by=self.by)
        await self.db.save_many(changed, event=f"access.{noun}.changed", by=self.by)
        counts = self.report.of(noun)
        counts.created += len(created)
        counts.changed += len(changed)
        counts.unchanged += among - len(created) - len(changed)


def _organisation(finess_ej: str, entity: Entity) -> Organisation:
    department = DEPARTMENTS.get(finess_ej[:2])
    return Organisation(
        name=entity.name.strip(), folded=fold(entity.name), roles=ROLES, department=department, **_identity(finess_ej, entity, None)
    )


def _identity(finess_ej: str, entity: Entity, before: Organisation | None) -> dict[str, Any]:
    """What a file says of a legal entity; where it says nothing, what is known stays."""
    return {
        "finess_ej": finess_ej,
        "siren": entity.siren or (before and before.siren) or None,
        "legal_status_code": entity.legal_code or (before and before.legal_status_code) or None,
        "legal_status_label": entity.legal_label.strip() or (before and before.legal_status_label) or None,
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


def _set_differing(row: Record, values: Mapping[str, Any]) -> bool:
    """Sets the values that differ; whether any did."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return bool(differing)


def _chunks(entities: Entities) -> Iterator[dict[str, Entity]]:
    keys = list(entities)
    for start in range(0, len(keys), CHUNK):
        yield {key: entities[key] for key in keys[start : start + CHUNK]}
