"""The seven axes of the plan side by side: a row each, and what the plan's indicators count in it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from services.observatory_api.indicators.kinds import Unit
from services.observatory_api.indicators.model import Figure
from services.observatory_api.indicators.nouns import number
from services.observatory_api.pages import words
from services.observatory_api.pages.operations import Overview

NONE = "—"


class Column(NamedTuple):
    """A heading, the indicator that it is read from, and how a figure of it is said; a figure that counts nothing is not."""

    code: str
    title: str
    say: Callable[[Figure], str]


class Line(NamedTuple):
    """An axis, or all of them."""

    code: str
    name: str
    cells: Sequence[str]


class AxesTable(NamedTuple):
    """A row an axis; the last is the whole plan's."""

    columns: Sequence[Column]
    lines: Sequence[Line]
    total: Line


def _above(one: Figure) -> str:
    return number(one.numerator or 0)


def _below(one: Figure) -> str:
    return number(one.denominator or 0)


def _out_of(one: Figure) -> str:
    return f"{_above(one)} sur {_below(one)}"


COLUMNS = (
    Column("K05", "Actions vivantes", _below),
    Column("K05", "En retard", _above),
    Column("K08", "Jalons en souffrance", _out_of),
    Column("K06", "Jalons tenus", lambda one: words.amount(one.value, Unit.share)),
    Column("K07", "Décalage médian", lambda one: words.amount(one.value, Unit.days)),
    Column("K04", "Phares lancées", _out_of),
    Column("K32", "En préparation", _above),
)


def axes_table(overview: Overview) -> AxesTable | None:
    """The table; none for who reads no breakdowns, nor before the plan has anything to count."""
    lines = [
        _line(axis, name, {code: found.get(axis, Figure(None)) for code, found in overview.axes.items()})
        for axis, name in words.AXES.items()
    ]
    if all(cell == NONE for line in lines for cell in line.cells):
        return None
    whole = {item.code: Figure(item.value, item.numerator, item.denominator, item.samples, item.p90) for item in overview.figures.items}
    return AxesTable(COLUMNS, lines, _line("", "Tous les axes", whole))


def _line(axis: str, name: str, figures: dict[str, Figure]) -> Line:
    return Line(axis, name, [_cell(column, figures.get(column.code, Figure(None))) for column in COLUMNS])


def _cell(column: Column, one: Figure) -> str:
    counted = one.value is not None and (one.value or one.denominator or one.samples)
    return column.say(one) if counted else NONE
