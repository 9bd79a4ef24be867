"""Small official files, and what tests do with them."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from services.kernel.base.file_reports import Report
from services.kernel.data.database import Databases
from services.observatory_api.context.imports import INHABITANTS, import_context
from services.observatory_api.context.operations import series_values
from services.observatory_api.context.schemas import ContextQuery, ContextRowRead
from services.observatory_api.context.series import ContextCode

Line = Mapping[str, str]
ESTABLISHMENT = {
    "finess_ej": "440000057",
    "raison_sociale": "CH N° 1",
    "raison_sociale_complementaire": "",
    "categorie_finess": "355",
    "libelle_categorie": "Centre Hospitalier (C.H.)",
    "statut_juridique_code": "13",
    "libelle_statut_juridique": "Etablissement Public Communal d'Hospitalisation",
    "siren": "",
    "siret": "",
    "code_insee_commune": "44184",
    "code_postal": "44600",
    "adresse": "",
}
STAFF = ("effectif_total_non_medical", "effectif_medical_salarie", "etp_total_non_medical", "etp_medical_salarie")


def workforce(number: int, department: str = "44", year: str = "2023", **given: str) -> Line:
    """A line of the workforce file: 100 and 10 persons, 90.5 and 9.25 full-time equivalents."""
    values = dict(zip(STAFF, ("100", "10", "90.5", "9.25"), strict=True))
    return {"annee": year, "finess": f"{number:09}", "effectif_infirmiers": "", "code_departement": department, **values, **given}


def establishment(number: int, department: str = "44", **given: str) -> Line:
    """A line of the file of establishments."""
    return {"finess": f"{number:09}", "code_departement": department, **ESTABLISHMENT, **given}


def home(name: str, department: str = "44", **given: str) -> Line:
    """A line of the file of care homes."""
    place = {"code_insee_commune": f"{department}001", "nom_commune": "Ici", "latitude": "47.1", "longitude": "-1.2"}
    return {"nom": name, "code_departement": department, **place, **given}


def course(name: str, department: str = "44", **given: str) -> Line:
    """A line of the file of courses."""
    place = {"code_departement": department, "code_insee_commune": f"{department}001", "latitude": "47.1", "longitude": "-1.2"}
    return {"code_uai": "0440001M", "etablissement": "Lycee", "formation": name, **place, **given}


def department(code: str, population: str) -> Line:
    """A line of the file of departments."""
    return {"code": code, "nom": "Ici", "chef_lieu_insee": f"{code}001", "code_region": "52", "population": population}


def written(path: Path, lines: Sequence[Line], *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    """A file of such lines."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return path


async def run(databases: Databases, path: Path = INHABITANTS, *, rehearsal: bool = False, **given: Any) -> Report:
    """Imports a file, as the command does."""
    async with databases.open("observatory", "worker", rehearsal=rehearsal) as db:
        return await import_context(db, path, **given)


async def read(databases: Databases, code: ContextCode, **asked: Any) -> list[ContextRowRead]:
    """The rows of a series."""
    async with databases.open("observatory") as db:
        return (await series_values(db, code, ContextQuery(**asked))).rows


def values(row: ContextRowRead) -> list[int | None]:
    """Its values, from Loire-Atlantique to Vendée."""
    return [each.value for each in row.departments]


def counts(report: Report) -> dict[str, tuple[int, int, int]]:
    """(created, changed, unchanged) departments of each series and year."""
    return {kind: (each.created, each.changed, each.unchanged) for kind, each in report.counts.items()}


def refusals(report: Report) -> list[tuple[int, str]]:
    """Where a file is refused."""
    return [(problem.line, problem.field) for problem in report.problems if problem.blocking]


def notes(report: Report) -> list[tuple[int, str]]:
    """What is noted of its lines."""
    return [(problem.line, problem.message) for problem in report.problems if problem.line and not problem.blocking]
