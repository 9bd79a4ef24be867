"""`plam import establishments`: the establishments of a file become sites, and their legal entities organisations.

Two official files are read: that of the health establishments (SAE), and the extraction of the FINESS register. Every line is checked
before anything is written; then organisations and sites are written in chunks, in the caller's one transaction. A second run of the
same file writes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from services.access_api.imports.codes import FINESS, POSTAL, SIREN, SIRET
from services.access_api.imports.columns import LONGEST_TEXT, doubtful_positions, is_code, is_elsewhere
from services.access_api.imports.display import displayed
from services.access_api.imports.entities import SPOKEN, Entities, Entity, Gathering
from services.access_api.imports.extraction import Points, legal_entities, of_structures
from services.access_api.imports.places import Communes, Point, point_of, read_communes
from services.access_api.imports.transfers import transfer_sites
from services.access_api.imports.writing import CHUNK, Rows, Writing, begin, chunks, set_differing
from services.access_api.names import NAMING, SITE_NAMES
from services.access_api.organisations import queries as organisation_queries
from services.access_api.organisations.tables import Organisation
from services.access_api.sectors import sector_of
from services.access_api.sites import queries as site_queries
from services.access_api.sites.tables import Site
from services.contracts.access import OrganisationStatus
from services.contracts.codes import Department, OrganisationRole
from services.contracts.file_formats import ESTABLISHMENTS, SECTIONS
from services.kernel.base.file_reading import Chunk, read_chunks
from services.kernel.base.file_reports import Progress, Report
from services.kernel.base.folding import fold
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.spreadsheets import SHOWN, Code, damage, tidied
from services.kernel.data.database import Database
from services.kernel.data.service import hasten

COLUMNS = ESTABLISHMENTS.columns
CODES = ("finess", "finess_ej", "siren", "siret", "department", "commune", "postal_code")
"""Cells in which spaces and lower case mean nothing."""
ROLES = [OrganisationRole.employer, OrganisationRole.host]
"""What a health establishment is when first heard of; people say the rest."""
DEPARTMENTS = {department.value: department for department in Department}


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
    latitude: str
    longitude: str


class FileChanged(ValueError):
    """The file was written to between its check and its import."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} a changé pendant l'importation : rien n'est importé.")


async def import_establishments(db: Database, path: Path, *, by: Principal = SYSTEM, progress: Progress | None = None) -> Report:
    """Brings organisations and sites to a file. All of it or nothing: with one blocking problem, nothing is written."""
    report = Report()
    communes = await read_communes(db)
    gathered, points = check_file(path, communes, report)
    await begin(db)
    entities = {**await _named_only(db, gathered), **gathered.entities}
    ids = await _known_organisations(db, path, communes, entities, report)
    report.problems.sort(key=lambda problem: problem.line)
    if not report.refused:
        writing = _Establishments(db, report, by, ids, points)
        await writing.organisations(entities)
        await writing.sites(path, communes, progress)
        await hasten(db, NAMING.job)  # whatever names what the file calls otherwise
    return report


def check_file(path: Path, communes: Communes, report: Report) -> tuple[Gathering, Mapping[str, Point]]:
    """Checks every line; what is wrong goes to the report. Returns what the file says of legal entities, and where sites are."""
    gathered, points = Gathering(report), Points()
    for columns, said in check(path, communes, report, gathered, points):
        gathered.add(_entities(columns, said))
    gathered.settle()
    places = points.settle(communes, report)
    if not report.lines and not report.refused:
        report.refuse(0, "", "le fichier n'a aucun établissement")
    report.problems.sort(key=lambda problem: problem.line)
    return gathered, places


def _entities(columns: Any, said: Mapping[int, Establishment | None]) -> Iterable[tuple[Any, ...]]:
    """What the lines of a chunk say of legal entities, as tuples of `SPOKEN` fields."""
    rows = zip(*(getattr(columns, field) for field in SPOKEN), strict=True)
    if not said:
        return rows
    plain = [row for position, row in enumerate(rows) if position not in said]
    return plain + [tuple(getattr(each, field) for field in SPOKEN) for each in said.values() if each]


def check(
    path: Path, communes: Communes, report: Report, gathered: Gathering | None = None, points: Points | None = None
) -> Iterator[tuple[Any, Mapping[int, Establishment | None]]]:
    """The lines that can be read, by chunks: their columns, under the names of an `Establishment`'s fields, and by position those
    of which something was said to the report, as they can be taken, or none. Lines on legal entities alone are for `gathered`, lines on
    where sites are for `points`.
    """
    seen: dict[str, int] = {}
    for chunk in read_chunks(path, COLUMNS, report, SECTIONS, ESTABLISHMENTS.more):
        if (columns := _columns(chunk, report, gathered, points)) is None:
            continue
        said: dict[int, Establishment | None] = {}
        for position in sorted(doubtful_positions(columns, seen, communes)):
            each = _establishment_at(columns, {}, position)
            assert each is not None
            said[position] = _check_establishment(each, seen, communes, report)
        yield columns, said


def _columns(chunk: Chunk, report: Report, gathered: Gathering | None, points: Points | None) -> Any:
    """The columns of establishments; none where the chunk has none."""
    if not chunk.section:
        return Establishment._make((chunk.lines, *chunk.columns))
    if chunk.section == "structureet":
        structures = Establishment._make((chunk.lines, *of_structures(chunk.columns)))
        if points is not None:
            points.stand(structures.finess, structures.commune)
        return structures
    if chunk.section == "structureej" and gathered is not None:
        gathered.add_legal(legal_entities(chunk, report))
    elif chunk.section == "geolocalisation" and points is not None:
        points.add(chunk)
    return None


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


def _check_establishment(each: Establishment, seen: dict[str, int], communes: Communes, report: Report) -> Establishment | None:
    """The line as it can be taken, once what is odd about it has been said; none when it cannot, or is not of the region."""
    codes: dict[str, Any] = {field: tidied(getattr(each, field)) for field in CODES}
    each = each._replace(**codes)
    if is_elsewhere(each.commune):
        report.elsewhere += 1
        return None
    line = each.line
    if not each.finess and not each.finess_ej:
        report.unfinished += 1
        return None
    before = seen.setdefault(each.finess, line)
    refused = before != line
    if refused:
        report.refuse(line, "finess", f"{each.finess[:SHOWN]} est déjà ligne {before}")
    for field, message in _refusals(each):
        report.refuse(line, field, message)
        refused = True
    commune = communes.settle(line, each.commune, each.department, report)
    if refused or commune is None:
        return None
    each = each._replace(commune=commune, siren=_number(each, "siren", SIREN, report), siret=_number(each, "siret", SIRET, report))
    if each.siren and each.siret and not each.siret.startswith(each.siren):
        report.warn(line, "siret", "ce SIRET n'est pas de ce SIREN")
    if communes.point(line, (each.latitude, each.longitude), commune, report) is None:
        each = each._replace(latitude="", longitude="")
    return each


def _number(each: Establishment, field: str, code: Code, report: Report) -> str:
    value: str = getattr(each, field)
    if _is_zeros(value):
        report.warn(each.line, field, "des zéros tiennent lieu de numéro : il est laissé vide")
        return ""
    if value and (doubt := code.problem(value)):
        report.warn(each.line, field, f"{doubt} : il est laissé vide")
        return ""
    return value


def _refusals(each: Establishment) -> Iterator[tuple[str, str]]:
    """(column, what is wrong) of the cells without which a line cannot be taken. A number whose key alone is wrong is no such cell."""
    for field, code in (("finess", FINESS), ("finess_ej", FINESS)):
        if problem := code.problem(getattr(each, field)):
            yield field, problem
    for field, value, code in (("siren", each.siren, SIREN), ("siret", each.siret, SIRET), ("code_postal", each.postal_code, POSTAL)):
        if value and not _is_zeros(value) and not code.is_formed(value) and (problem := code.problem(value)):
            yield field, problem
    yield from _refused_texts(each)


def _refused_texts(each: Establishment) -> Iterator[tuple[str, str]]:
    if not each.name:
        yield "raison_sociale", "vide"
    elif len(site_name(each)) > LONGEST_TEXT:
        yield "raison_sociale", f"nom de plus de {LONGEST_TEXT} caractères"
    for field, value in (("categorie_finess", each.category_code), ("statut_juridique_code", each.legal_code)):
        if not is_code(value):
            yield field, f"« {value[:SHOWN]} » : {damage(value) or 'code de 1 à 10 lettres ou chiffres attendu'}"
    for field, label in (
        ("libelle_categorie", each.category_label),
        ("libelle_statut_juridique", each.legal_label),
        ("adresse", each.address),
    ):
        if len(label) > LONGEST_TEXT:
            yield field, f"plus de {LONGEST_TEXT} caractères"


def _is_zeros(value: str) -> bool:
    return value != "" and not value.strip("0")


def site_name(each: Establishment) -> str:
    """A site's name, with what the file adds to it when it is not in it already."""
    return f"{each.name} – {each.more}" if each.more and fold(each.more) not in fold(each.name) else each.name


async def _named_only(db: Database, gathered: Gathering) -> Entities:
    """The legal entities that a file names without giving a site of theirs, as far as they are known here."""
    found: dict[str, Entity] = {}
    for chunk in chunks(gathered.named_only()):
        rows = await db.fetch(organisation_queries.known_by([*chunk], []))
        found |= {row["finess_ej"]: chunk[row["finess_ej"]] for row in rows}
    return gathered.checked(found)


async def _known_organisations(db: Database, path: Path, communes: Communes, entities: Entities, report: Report) -> dict[str, UUID]:
    """The organisations that are there already, by FINESS of the legal entity; what does not fit them goes to the report.

    An organisation without FINESS is taken for the legal entity whose SIREN it alone bears. Another's SIREN is in doubt, and left out of
    `entities`.
    """
    ids: dict[str, UUID] = {}
    closed: dict[str, UUID] = {}
    for chunk in chunks(entities):
        found = await db.fetch(organisation_queries.known_by([*chunk], [each.siren for each in chunk.values() if each.siren]))
        by_finess = {row["finess_ej"]: row for row in found}
        by_siren: dict[str, list[Any]] = {}
        for row in found:
            by_siren.setdefault(row["siren"] or "", []).append(row)
        for finess_ej, entity in chunk.items():
            holders = by_siren.get(entity.siren, []) if entity.siren else []
            known = by_finess.get(finess_ej) or _adopted(holders)
            others = [row for row in holders if row is not known]
            if others and not (known and known["siren"] == entity.siren):
                entities[finess_ej] = _without_siren(entity, others[0], report)
            if known is not None:
                ids[finess_ej] = known["id"]
                if known["status"] == OrganisationStatus.closed:
                    closed[finess_ej] = known["id"]
    if closed:
        numbers = set(await db.fetch(site_queries.numbers_of(list(closed.values()))))
        for each in _establishments(path, communes, Report()):
            if each.finess_ej in closed and each.finess not in numbers:
                report.refuse(
                    each.line, "finess_ej", f"l'organisation {each.finess_ej} est fermée : elle ne peut pas avoir de nouveau site"
                )
    return ids


def _adopted(holders: Sequence[Any]) -> Any:
    return holders[0] if len(holders) == 1 and holders[0]["finess_ej"] is None else None


def _without_siren(entity: Entity, holder: Any, report: Report) -> Entity:
    other = f"« {holder['name']} » ({holder['finess_ej'] or 'sans FINESS'})"
    said = f"le SIREN {entity.siren} de {entity.called} est déjà celui de {other} : il est laissé vide"
    report.warn(entity.line, "siren", said)
    return entity._replace(siren="")


@dataclass
class _Establishments(Writing):
    """One import, being written."""

    ids: dict[str, UUID]
    points: Mapping[str, Point]

    async def organisations(self, entities: Entities) -> None:
        """Writes the organisations of a file, whose ids it adds."""
        ids = self.ids
        for chunk in chunks(entities):
            found = await self.db.fetch(organisation_queries.organisations([ids[key] for key in chunk if key in ids]))
            known = {row.id: row for row in found}
            rows = Rows()
            for finess_ej, entity in chunk.items():
                before = known[ids[finess_ej]] if finess_ej in ids else None
                if before is None:
                    made = _organisation(finess_ej, entity)
                    rows.created.append(made)
                    ids[finess_ej] = made.id
                else:
                    values = {**_identity(finess_ej, entity, before), **_renamed(entity, before)}
                    rows.keep(before, changed=set_differing(before, values))
            await self.save("organisation", rows)

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
        named = [(each.line, site, self.ids[each.finess_ej]) for each in chunk if (site := known.get(each.finess))]
        transfers = await transfer_sites(self.db, named, self.report)
        handed_over, rows = {site.id for site in transfers.sites}, Rows()
        for each in chunk:
            before, values = known.get(each.finess), _values(each, self.ids)
            point = point_of(each.latitude, each.longitude) if each.latitude else self.points.get(each.finess)
            if before is None:
                made = Site(**values)
                self.place(made, point)
                rows.created.append(made)
                continue
            if before.id in transfers.older:
                rows.keep(before, changed=False)
                continue
            values["sector"], values["siret"] = values["sector"] or before.sector, values["siret"] or before.siret
            differs = set_differing(before, values)
            placed = self.place(before, point)
            if before.id not in handed_over:
                rows.keep(before, changed=placed or differs)
        await self.save("site", rows)
        await SITE_NAMES.put(self.db, transfers.sites)
        await self.db.save_many(transfers.sites, event="access.site.transferred", by=self.by)
        self.report.of("site").changed += len(transfers.sites)


def _organisation(finess_ej: str, entity: Entity) -> Organisation:
    department = DEPARTMENTS.get(finess_ej[:2])
    return Organisation(roles=ROLES, department=department, **_named(entity), **_identity(finess_ej, entity, None))


def _named(entity: Entity) -> dict[str, Any]:
    official = entity.legal_name or entity.name.strip()
    return {"name": displayed(official), "official_name": official, "folded": fold(official)}


def _renamed(entity: Entity, before: Organisation) -> Mapping[str, Any]:
    """The name of a legal entity for one that a site's name stood for, or that the register has changed; what people corrected stays."""
    named_here = before.official_name is not None and before.name == displayed(before.official_name)
    shouted = before.official_name is None and before.name == entity.name.strip()
    return _named(entity) if shouted or (entity.legal_name and named_here) else {}


def _identity(finess_ej: str, entity: Entity, before: Organisation | None) -> dict[str, Any]:
    """What a file says of a legal entity; where it says nothing, what is known stays."""
    return {
        "finess_ej": finess_ej,
        "siren": entity.siren or (before and before.siren) or None,
        "legal_status_code": entity.legal_code or (before and before.legal_status_code) or None,
        "legal_status_label": entity.legal_label.strip() or (before and before.legal_status_label) or None,
    }


def _values(each: Establishment, ids: Mapping[str, UUID]) -> dict[str, Any]:
    official = site_name(each)
    return {
        "organisation_id": ids[each.finess_ej],
        "name": displayed(official),
        "official_name": official,
        "folded": fold(official),
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
