"""The context series as a person reads them: their newest year, a line a measure, a column a department, and who says so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.contracts.codes import Department
from services.observatory_api.context.schemas import NO_DATA, ContextRowRead, ContextValueRead
from services.observatory_api.context.series import SERIES, ContextCode, Measure
from services.observatory_api.indicators.nouns import Noun, number


class Cell(NamedTuple):
    """A value in words; under it, how much of its source says it, where that is not all."""

    value: str
    known: bool
    note: str = ""


class ContextLine(NamedTuple):
    """A line of the table: the region last."""

    name: str
    year: int
    cells: Sequence[Cell]


@dataclass(frozen=True)
class ContextTable:
    """A table: its columns, its lines, and who says so."""

    columns: Sequence[str]
    lines: Sequence[ContextLine]
    sources: Sequence[str]
    categories: Sequence[ContextLine]
    """Of a series that has many categories, a line each, for who wants to know."""


COLUMNS = (*(each.label for each in Department), "Région")
UNITS: Mapping[Measure, str] = {Measure.fte_hundredths: "équivalents temps plein (ETP)", Measure.headcount: "personnes"}
"""What a line counts, where its name does not say it."""

ANSWERS = Noun("réponse", "réponses")


def context_table(context: Mapping[ContextCode, Sequence[ContextRowRead]]) -> ContextTable | None:
    """The table of the series that have values; none without any."""
    newest = {code: [row for row in rows if row.year == rows[0].year] for code, rows in context.items() if rows}
    if not newest:
        return None
    establishments = newest.get(ContextCode.establishments, [])
    return ContextTable(
        columns=COLUMNS,
        lines=[line for code, rows in newest.items() for line in _lines(code, rows)],
        sources=[_source(code, rows) for code, rows in newest.items()],
        categories=[_line(row.label, [row]) for row in establishments],
    )


def _lines(code: ContextCode, rows: Sequence[ContextRowRead]) -> Iterator[ContextLine]:
    label = SERIES[code].label
    if code is ContextCode.workforce:
        for row in rows:
            yield _line(f"{row.label} des établissements de santé, en {UNITS[row.measure]}", [row])
    else:
        yield _line(label, rows)


def _line(name: str, rows: Sequence[ContextRowRead]) -> ContextLine:
    """The line of a row, or of the sum of the rows of a series that is split into categories."""
    by_department = zip(*(row.departments for row in rows), strict=True)
    cells = [_cell(rows[0].measure, values) for values in by_department]
    regions = [row.region for row in rows if row.region is not None]
    region = sum(regions) if len(regions) == len(rows) else None
    return ContextLine(name, rows[0].year, [*cells, Cell(_said(rows[0].measure, region), region is not None)])


def _cell(measure: Measure, values: Sequence[ContextValueRead]) -> Cell:
    known = [each.value for each in values if each.value is not None]
    if len(known) != len(values):
        return Cell(NO_DATA, known=False)
    reported, lines = sum(each.reported or 0 for each in values), sum(each.lines or 0 for each in values)
    note = f"{ANSWERS.counted(reported)} sur {number(lines)}" if reported < lines else ""
    return Cell(_said(measure, sum(known)), known=True, note=note)


def _said(measure: Measure, value: int | None) -> str:
    if value is None:
        return NO_DATA
    return number((value + 50) // 100 if measure is Measure.fte_hundredths else value)


def _source(code: ContextCode, rows: Sequence[ContextRowRead]) -> str:
    """Who says so: departments may have it from different vintages."""
    found = [each.source for row in rows for each in row.departments if each.source]
    said = dict.fromkeys(f"{one.source}, millésime {one.vintage} ({one.licence})" for one in found)
    return f"{SERIES[code].label} : {' ; '.join(said)}."
