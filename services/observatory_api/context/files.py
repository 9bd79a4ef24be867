"""The official files that context series come from: which series each gives, and what a line of it says."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from services.contracts import file_formats
from services.contracts.file_formats import Format
from services.kernel.base.file_reports import Report
from services.kernel.base.spreadsheets import SHOWN, damage, tidied
from services.observatory_api.context.series import ContextCode, Measure

LICENCE = "Licence Ouverte 2.0"
NO_CATEGORY = "Sans catégorie"
LONGEST_LABEL = 200

_integer = re.compile(r"[0-9]{1,8}").fullmatch
_decimal = re.compile(r"([0-9]{1,8})(?:[.,]([0-9]{1,2}))?").fullmatch
_category = re.compile(r"[0-9A-Za-z]{0,10}").fullmatch


class Said(NamedTuple):
    """One thing that a line says: of a measure and a category, an amount, or none where its cell is empty."""

    measure: Measure
    amount: int | None
    category: str = ""
    label: str = ""


@dataclass(frozen=True)
class Line:
    """One line, its cells by column."""

    number: int
    cells: Mapping[str, str]
    report: Report

    def refuse(self, column: str, expected: str) -> None:
        """Says that a cell is not what is expected there, and what may have spoilt it."""
        cell = self.cells[column]
        self.report.refuse(self.number, column, f"« {cell[:SHOWN]} » : {damage(tidied(cell)) or expected}")

    def integer(self, column: str) -> int | None:
        """A whole number; none for an empty cell, or one that is refused."""
        cell = tidied(self.cells[column])
        if cell and not _integer(cell):
            self.refuse(column, "nombre entier attendu")
            return None
        return int(cell) if cell else None

    def hundredths(self, column: str) -> int | None:
        """A number of at most two decimals, after a point or a comma, in hundredths; none for an empty cell, or one that is refused."""
        cell = tidied(self.cells[column])
        found = _decimal(cell)
        if cell and not found:
            self.refuse(column, "nombre de deux décimales au plus attendu")
        return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None


class Repeat(Enum):
    """What becomes of a line that comes again, by the columns that tell things apart."""

    refused = "est déjà ligne {}"
    counted_once = "déjà ligne {} : compte une seule fois"
    counted = "la même que la ligne {}, sans numéro qui les distingue : compte aussi"


@dataclass(frozen=True)
class File:
    """A kind of file: the series that it gives, who says so, the columns that are read, and what a line says."""

    format: Format
    code: ContextCode
    source: str
    columns: tuple[str, ...]
    department: str
    says: Callable[[Line], Iterator[Said]]
    key: tuple[str, ...]
    """The columns by which things are told apart."""
    repeat: Repeat = Repeat.refused
    year: str | None = None
    """The column of the year, where the file says it."""
    licence: str = LICENCE


TOTALS = (
    ("total_non_medical", "non_medical", "Personnel non médical"),
    ("medical_salarie", "salaried_medical", "Personnel médical salarié"),
)
"""The two totals of the workforce file, which nobody is in both of: how its columns end, the category, its label."""


def _inhabitants(line: Line) -> Iterator[Said]:
    yield Said(Measure.inhabitants, line.integer("population"))


def _workforce(line: Line) -> Iterator[Said]:
    for column, category, label in TOTALS:
        yield Said(Measure.fte_hundredths, line.hundredths(f"etp_{column}"), category, label)
        yield Said(Measure.headcount, line.integer(f"effectif_{column}"), category, label)


def _establishment(line: Line) -> Iterator[Said]:
    category, label = tidied(line.cells["categorie_finess"]), line.cells["libelle_categorie"]
    if not _category(category):
        line.refuse("categorie_finess", "code de 1 à 10 lettres ou chiffres attendu")
    elif len(label) > LONGEST_LABEL:
        line.report.refuse(line.number, "libelle_categorie", f"plus de {LONGEST_LABEL} caractères")
    else:
        yield Said(Measure.establishments, 1, category, label if category and label.strip("?") else NO_CATEGORY)


def _home(_line: Line) -> Iterator[Said]:
    yield Said(Measure.homes, 1)


def _course(_line: Line) -> Iterator[Said]:
    yield Said(Measure.courses, 1)


DEPARTMENTS = File(
    file_formats.DEPARTMENTS,
    ContextCode.inhabitants,
    "INSEE, populations de référence, réunies par Etalab (decoupage-administratif)",
    ("code", "population"),
    "code",
    _inhabitants,
    key=("code",),
)
WORKFORCE = File(
    file_formats.WORKFORCE,
    ContextCode.workforce,
    "DREES, Statistique annuelle des établissements de santé (SAE)",
    (
        "annee",
        "finess",
        "code_departement",
        "effectif_total_non_medical",
        "effectif_medical_salarie",
        "etp_total_non_medical",
        "etp_medical_salarie",
    ),
    "code_departement",
    _workforce,
    key=("annee", "finess"),
    year="annee",
)
ESTABLISHMENTS = File(
    file_formats.ESTABLISHMENTS,
    ContextCode.establishments,
    "DREES, Statistique annuelle des établissements de santé (SAE)",
    ("finess", "categorie_finess", "libelle_categorie", "code_departement"),
    "code_departement",
    _establishment,
    key=("finess",),
)
CARE_HOMES = File(
    file_formats.HOMES,
    ContextCode.care_homes,
    "CNSA, annuaire des EHPAD",
    ("nom", "code_departement", "code_insee_commune", "latitude", "longitude"),
    "code_departement",
    _home,
    key=("nom", "code_insee_commune", "latitude", "longitude"),
    repeat=Repeat.counted,  # the register that it comes from has a line a home, and its numbers are not in the file
)
COURSES = File(
    file_formats.COURSES,
    ContextCode.courses,
    "Ministère de l'enseignement supérieur, cartographie des formations Parcoursup",
    ("code_uai", "etablissement", "formation", "code_departement", "code_insee_commune"),
    "code_departement",
    _course,
    key=("code_uai", "etablissement", "formation", "code_insee_commune"),
    repeat=Repeat.counted_once,
)
FILES = (DEPARTMENTS, WORKFORCE, ESTABLISHMENTS, CARE_HOMES, COURSES)
