"""`plam import context`: what an official file counts of each department becomes rows of its context series.

Every line is checked before anything is written, in the caller's one transaction. Rows are appended for the departments and years whose
values differ from those that stand; a second run of the same file writes nothing. A department that the file has no line on keeps what
stands, and is without data where nothing does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import insert

from services.contracts.codes import Department
from services.kernel.base import clock
from services.kernel.base.file_reading import read_format, read_rows
from services.kernel.base.file_reports import Report
from services.kernel.base.spreadsheets import SHOWN, Code, tidied
from services.kernel.data.database import Database
from services.observatory_api.context import queries
from services.observatory_api.context.files import FILES, File, Line, Repeat
from services.observatory_api.context.series import UNITS, ContextCode, Measure
from services.observatory_api.context.tables import context_series, context_value
from services.observatory_api.ledger.posting import NEXT_BATCH, STAMPS, stamp

INHABITANTS = Path(__file__).parent / "data" / "departements_pays_de_la_loire.csv"
YEAR, VINTAGE = 2023, 2026
"""Of the inhabitants that are shipped: the populations of 2023, in force since 2026."""
FIRST_YEAR = 1990

_REGION = frozenset(department.value for department in Department)
_is_department = re.compile("0[1-9]|[1-8][0-9]|9[0-5]|2[AB]|97[1-8]").fullmatch
DEPARTMENT = Code("code de département", 2, lambda value: _is_department(value) is not None)


class Key(NamedTuple):
    """What a row is of, in its series."""

    year: int
    department: str


class Place(NamedTuple):
    """Which of its values."""

    measure: Measure
    category: str


class Value(NamedTuple):
    """A value; how many lines say something of it, of how many."""

    label: str
    value: int = 0
    reported: int = 0
    lines: int = 0

    def plus(self, amount: int | None) -> "Value":
        """The value with one more line, which says an amount, or nothing."""
        return Value(self.label, self.value + (amount or 0), self.reported + (amount is not None), self.lines + 1)


@dataclass
class Row:
    """What a source says of a department in a year."""

    vintage: int
    source: str
    licence: str
    values: dict[Place, Value] = field(default_factory=dict)


async def import_context(db: Database, path: Path = INHABITANTS, *, year: int | None = None, vintage: int | None = None) -> Report:
    """Brings a series to a file, whose columns say which one. All of it or nothing.

    `year`: that of the values, where the file does not say it. `vintage`: the year in which the source said so, by default the newest year
    of the file.
    """
    report = Report()
    if path == INHABITANTS:
        year, vintage = year or YEAR, vintage or VINTAGE
    file = _recognised(path, report)
    if file is None or not _can_be(file, year, vintage, report):
        return report
    rows = check(file, path, year, vintage, report)
    connection = await db.connection()
    await connection.execute("SELECT pg_advisory_xact_lock($1)", STAMPS)  # one import at a time
    differing = {} if report.refused else _differing(file.code, rows, await _standing(db, file.code), report)
    report.problems.sort(key=lambda problem: problem.line)
    if report.refused:
        report.counts.clear()
    elif differing:
        at = await stamp(connection, await connection.fetchval(NEXT_BATCH), "context", 0)
        for key, row in differing.items():
            await _append(db, file.code, key, row, at)
    return report


def _recognised(path: Path, report: Report) -> File | None:
    """The kind of a file, if it is one of ours; otherwise the report says what it is."""
    found = read_format(path, report)
    if report.refused:
        return None
    file = next((each for each in FILES if each.format is found), None)
    if file is None:
        taken = f"ce fichier est reconnu comme « {found.name} » : {found.taken}" if found else "le format de ce fichier n'est pas reconnu"
        names = ", ".join(each.format.name for each in FILES)
        report.refuse(1, "", f"{taken} ; les séries de contexte viennent de : {names}")
    return file


def _can_be(file: File, year: int | None, vintage: int | None, report: Report) -> bool:
    """Whether the years that are given, or not, can be; otherwise the report says why not."""
    if file.year is None and year is None:
        report.refuse(0, "", "ce fichier ne dit pas de quelle année il est : ajoutez --year, par exemple --year 2023")
    if file.year is not None and year is not None:
        report.refuse(0, file.year, "ce fichier dit lui-même ses années : retirez --year")
    for name, given in (("--year", year), ("--vintage", vintage)):
        if given is not None and not FIRST_YEAR <= given <= clock.today().year:
            report.refuse(0, "", f"{name} {given} : une année de {FIRST_YEAR} à {clock.today().year} attendue")
    return not report.refused


def check(file: File, path: Path, year: int | None, vintage: int | None, report: Report) -> dict[Key, Row]:
    """The rows of a file; what is wrong goes to the report."""
    found: dict[Key, dict[Place, Value]] = {}
    seen: dict[tuple[str, ...], int] = {}
    for number, cells in read_rows(path, file.columns, report):
        line = Line(number, dict(zip(file.columns, cells, strict=True)), report)
        department = tidied(line.cells[file.department])
        if problem := DEPARTMENT.problem(department):
            report.refuse(number, file.department, problem)
        elif department not in _REGION:
            report.elsewhere += 1
        elif (of := year if file.year is None else _year_of(line, file.year)) is not None:
            counts = _is_counted(file, line, seen)
            values = found.setdefault(Key(of, department), {})
            for said in file.says(line):
                place = Place(said.measure, said.category)
                values[place] = values.get(place, Value(said.label)).plus(said.amount if counts else 0)
    newest = max((key.year for key in found), default=0)
    if not found and not report.refused:
        report.refuse(0, "", "le fichier n'a aucune ligne de la région")
    if vintage is not None and vintage < newest:
        report.refuse(0, "", f"--vintage {vintage} : le fichier parle de {newest}")
    for of in sorted({key.year for key in found}) if not report.refused else ():
        _note_gaps(of, {key.department: values for key, values in found.items() if key.year == of}, report)
    return {
        key: Row(vintage or newest, file.source, file.licence, {place: value for place, value in values.items() if value.reported})
        for key, values in sorted(found.items())
    }


def _year_of(line: Line, column: str) -> int | None:
    year = line.integer(column)
    if year is not None and FIRST_YEAR <= year <= clock.today().year:
        return year
    if year is not None or not line.cells[column]:
        line.refuse(column, f"une année de {FIRST_YEAR} à {clock.today().year} attendue")
    return None


def _is_counted(file: File, line: Line, seen: dict[tuple[str, ...], int]) -> bool:
    """Whether a line counts; what is odd about one that comes again goes to the report."""
    key = tuple(tidied(line.cells[column]) for column in file.key)
    first = seen.setdefault(key, line.number)
    if first == line.number:
        return True
    said = file.repeat.value.format(first)
    if file.repeat is Repeat.refused:
        line.report.refuse(line.number, file.key[-1], f"« {line.cells[file.key[-1]][:SHOWN]} » {said}")
    else:
        line.report.warn(line.number, file.key[0], said)
    return file.repeat is Repeat.counted


def _note_gaps(year: int, found: Mapping[str, Mapping[Place, Value]], report: Report) -> None:
    """Notes the departments that the file has no line on, and the values that not all of its lines say."""
    if absent := sorted(_REGION - found.keys()):
        report.warn(0, "", f"{year}, aucune ligne pour {', '.join(absent)} : pas de donnée, à moins qu'un autre fichier n'en ait donné")
    for place in sorted({place for values in found.values() for place in values}):
        values = [of[place] for of in found.values() if place in of]
        reported, lines = sum(value.reported for value in values), sum(value.lines for value in values)
        if reported < lines:
            what = f"{values[0].label} ({UNITS[place.measure]})".lstrip()
            report.warn(0, "", f"{year}, {what} : {reported} lignes sur {lines} le disent, la somme est la leur")


async def _standing(db: Database, code: ContextCode) -> dict[Key, Row]:
    """The rows that stand."""
    rows: dict[Key, Row] = {}
    for each in await db.fetch(queries.known([code])):
        key = Key(each["year"], each["department"])
        row = rows.setdefault(key, Row(each["vintage"], each["source"], each["licence"]))
        if each["measure"] is not None:
            place = Place(Measure(each["measure"]), each["category"])
            row.values[place] = Value(each["label"], each["value"], each["reported"], each["lines"])
    return rows


def _differing(code: ContextCode, rows: Mapping[Key, Row], standing: Mapping[Key, Row], report: Report) -> dict[Key, Row]:
    """The rows that are not what stands, which are counted; a row of an older vintage than what stands is refused."""
    differing = {}
    for key, row in rows.items():
        counts, before = report.of(f"{code} {key.year}"), standing.get(key)
        if before == row:
            counts.unchanged += 1
            continue
        if before and before.vintage > row.vintage:
            said = (
                f"{key.year}, {key.department} : le millésime {before.vintage} est déjà là, le millésime {row.vintage} ne le remplace pas"
            )
            report.refuse(0, "", f"{said} ; si ce fichier est plus récent, donnez son année par --vintage")
        counts.created += before is None
        counts.changed += before is not None
        differing[key] = row
    return differing


async def _append(db: Database, code: ContextCode, key: Key, row: Row, at: datetime) -> None:
    series = {"code": code, **key._asdict(), "vintage": row.vintage, "source": row.source, "licence": row.licence, "recorded_at": at}
    (number,) = await db.fetch(insert(context_series).values(**series).returning(context_series.c.id))
    for place, value in row.values.items():
        values = {"series": number, **place._asdict(), **value._asdict()}
        await db.fetch(insert(context_value).values(**values).returning(context_value.c.series))
