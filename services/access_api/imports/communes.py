"""`plam import communes`: the communes of the region, and what the codes of former ones have become."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel, col

from services.access_api.communes import queries
from services.access_api.communes.schemas import CommuneDocument
from services.access_api.communes.tables import Commune, CommuneOld
from services.access_api.coordinates import MICRO
from services.access_api.identifiers import COMMUNE_PATTERN, POSTAL_PATTERN
from services.access_api.imports.codes import SIREN
from services.access_api.imports.columns import is_elsewhere
from services.access_api.names import NAMING
from services.contracts import file_formats
from services.contracts.codes import Department
from services.kernel.base.file_reading import read_rows
from services.kernel.base.file_reports import Progress, Report
from services.kernel.base.folding import fold
from services.kernel.base.spreadsheets import SHOWN, damage, tidied
from services.kernel.data.database import Database
from services.kernel.data.service import hasten

NOWHERE: Mapping[str, int | None] = {"lat_e6": None, "lon_e6": None}
DATA = Path(__file__).parents[1] / "communes" / "data"
COMMUNES = DATA / "communes_pays_de_la_loire.csv"
FORMER = DATA / "communes_deleguees_pays_de_la_loire.csv"
CENTRES = DATA / "communes_centroides_pays_de_la_loire.csv"
VINTAGE = 2026

COLUMNS, FORMER_COLUMNS, CENTRE_COLUMNS = file_formats.COMMUNES.columns, file_formats.FORMER_COMMUNES.columns, file_formats.CENTRES.columns
CODES = ("code_insee", "code_departement", "code_arrondissement", "siren_epci", "siren_commune")
"""Cells in which spaces and lower case mean nothing."""
DEPARTMENTS = {department.value: department for department in Department}

_code = re.compile(COMMUNE_PATTERN).fullmatch
_postal = re.compile(POSTAL_PATTERN).fullmatch
_degrees = re.compile(r"-?[0-9]{1,2}(?:\.[0-9]{1,6})?").fullmatch


async def import_communes(
    db: Database,
    path: Path = COMMUNES,
    former: Path | None = FORMER,
    centres: Path = CENTRES,
    *,
    vintage: int = VINTAGE,
    progress: Progress | None = None,
) -> Report:
    """Brings the communes to a file, and their centres to another, which need not have them all.

    All of it or nothing; what is there already, and the same, is left alone.
    """
    report = Report()
    rows = list(check(path, vintage, report))
    handed_in = report.lines
    places = dict(check_centres(centres, report))
    report.lines = handed_in  # the centres are shipped: nobody counts their lines
    rows = [{**row, **places.get(row["code"], NOWHERE)} for row in rows]
    old = list(check_former(former, {row["code"]: row for row in rows}, report)) if former else []
    if not report.refused:
        await _upsert(db, Commune, {row["code"]: row for row in rows}, report, progress)
        await _upsert(db, CommuneOld, {row["code_old"]: row for row in old}, report, progress)
        await hasten(db, NAMING.job)  # whatever names what the file calls otherwise
    return report


def check(path: Path, vintage: int, report: Report) -> Iterator[dict[str, Any]]:
    """The values of each commune of a file; what is wrong goes to the report."""
    seen: set[str] = set()
    for line, cells in read_rows(path, COLUMNS, report):
        row = _Row(line, {name: tidied(cell) if name in CODES else cell for name, cell in zip(COLUMNS, cells, strict=True)}, report)
        code = row.cells["code_insee"]
        if is_elsewhere(code):
            report.elsewhere += 1
            continue
        if row.demand("code_insee", _code(code), _no_commune(code)) and code in seen:
            report.refuse(line, "code_insee", f"{code} est déjà dans le fichier")
        seen.add(code)
        values = row.values(vintage)
        if not row.refused:
            yield values


@dataclass
class _Row:
    """One line, being checked."""

    line: int
    cells: dict[str, str]
    report: Report
    refused: bool = False

    def demand(self, field: str, holds: Any, message: str) -> bool:
        if not holds:
            self.report.refuse(self.line, field, message)
            self.refused = True
        return bool(holds)

    def values(self, vintage: int) -> dict[str, Any]:
        cells = self.cells
        department = cells["code_departement"]
        postal = [code for code in cells["codes_postaux"].split("|") if code]
        population = cells["population"]
        for field in ("nom", "code_arrondissement", "nom_arrondissement"):
            self.demand(field, 0 < len(cells[field]) <= 200, "de 1 à 200 caractères attendus")
        self.demand("code_departement", department in DEPARTMENTS, f"« {department[:20]} » n'est pas un département de la région")
        self.demand("codes_postaux", all(map(_postal, postal)), "codes de cinq chiffres attendus, séparés par |")
        self.demand("population", not population or (population.isdecimal() and len(population) < 9), "nombre attendu")
        for field in ("siren_epci", "siren_commune"):
            problem = SIREN.problem(cells[field]) if cells[field] else None
            self.demand(field, problem is None, problem or "")
        folded = fold(cells["nom"])
        return {
            "code": cells["code_insee"],
            "vintage": vintage,
            "name": cells["nom"],
            "folded": folded,
            "words": [*folded.split(), cells["code_insee"], *postal],
            "department": department,
            "arrondissement_code": cells["code_arrondissement"],
            "arrondissement_name": cells["nom_arrondissement"],
            "epci_siren": cells["siren_epci"] or None,
            "epci_name": cells["nom_epci"] or None,
            "epci_type": cells["type_epci"] or None,
            "siren": cells["siren_commune"] or None,
            "postal_codes": postal,
            "population": int(population) if population and not self.refused else None,
        }


def check_centres(path: Path, report: Report) -> Iterator[tuple[str, Mapping[str, int | None]]]:
    """(code, centre) of each commune of a file; what is wrong goes to the report."""
    for line, (code, latitude, longitude) in read_rows(path, CENTRE_COLUMNS, report):
        row = _Row(line, {}, report)
        row.demand("code_insee", _code(code), f"« {code[:20]} » n'est pas un code de commune")
        row.demand("latitude", _degrees(latitude), "degrés décimaux attendus")
        row.demand("longitude", _degrees(longitude), "degrés décimaux attendus")
        if not row.refused:
            yield code, {"lat_e6": round(float(latitude) * MICRO), "lon_e6": round(float(longitude) * MICRO)}


def check_former(path: Path, communes: Mapping[str, Mapping[str, Any]], report: Report) -> Iterator[dict[str, Any]]:
    """The values of each former commune of a file; what is wrong goes to the report.

    The code that a commune of today has kept belongs to the former one of the same code as well: it had another name.
    """
    seen: set[str] = set()
    for line, (old, name_old, new) in read_rows(path, FORMER_COLUMNS, report):
        code_old, code_now = tidied(old), tidied(new)
        if is_elsewhere(code_now):
            report.elsewhere += 1
            continue
        row = _Row(line, {}, report)
        row.demand("code_insee_ancien", _code(code_old), _no_commune(code_old))
        row.demand("code_insee_ancien", code_old not in seen, f"{code_old} est déjà dans le fichier")
        row.demand("nom_ancien", 0 < len(name_old) <= 200, "de 1 à 200 caractères attendus")
        row.demand("code_insee_actuel", code_now in communes, f"la commune {code_now[:20]} n'est pas dans le fichier des communes")
        seen.add(code_old)
        if row.refused or (code_old in communes and code_old != code_now):
            continue
        folded, now = fold(name_old), communes[code_now]
        if (code_old, folded) != (code_now, now["folded"]):
            words = [*folded.split(), code_old, *now["postal_codes"]]
            yield {"code_old": code_old, "name_old": name_old, "folded": folded, "words": words, "code_now": code_now}


def _no_commune(code: str) -> str:
    return f"« {code[:SHOWN]} » n'est pas un code de commune" + (f", {cause}" if (cause := damage(code)) else "")


async def _upsert(db: Database, table: type[SQLModel], rows: dict[str, dict[str, Any]], report: Report, progress: Progress | None) -> None:
    """Creates or changes the rows of a table that differ from the given ones."""
    counts = report.of("communes" if table is Commune else "anciens codes")
    key = "code" if table is Commune else "code_old"
    statement = queries.communes() if table is Commune else queries.all_former()
    known: dict[str, Any] = {getattr(row, key): row for row in await db.fetch(statement)}
    for number, (code, given) in enumerate(rows.items(), 1):
        before = known.get(code)
        if before and all(getattr(before, name) == value for name, value in given.items()):
            counts.unchanged += 1
            continue
        values = _commune(given, before) if table is Commune else given
        await db.fetch(
            insert(table).values(**values).on_conflict_do_update(index_elements=[key], set_=values).returning(col(getattr(table, key)))
        )
        counts.created += not before
        counts.changed += bool(before)
        if progress and number % 100 == 0:
            progress(number)


def _commune(given: dict[str, Any], before: Commune | None) -> dict[str, Any]:
    version = before.version + 1 if before else 1
    document = CommuneDocument.model_validate(Commune(**given, version=version)).model_dump_json()
    return {**given, "version": version, "document": document}
