"""The axes of the plan side by side: a row each, and what the plan's indicators count in it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from services.contracts.codes import Axis
from services.observatory_api.indicators.model import Figure, Indicator
from services.observatory_api.indicators.nouns import number
from services.observatory_api.indicators.telling import Says
from services.observatory_api.pages import words
from services.observatory_api.pages.operations import Overview

NONE = "—"


class Column(NamedTuple):
    """A heading, the indicator that it is read from, and how a figure of it is said; a figure that counts nothing is not."""

    indicator: Indicator
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


SAYS: Mapping[Says, Callable[[Figure], str]] = {Says.above: _above, Says.below: _below, Says.out_of: _out_of}
"""How a part of a figure is said; its value is said with the indicator's unit."""


def axes_table(overview: Overview) -> AxesTable | None:
    """The table; none for who reads no breakdowns, nor before the plan has anything to count."""
    columns = list(_columns(overview.definitions.values()))
    lines = [
        _line(columns, axis, axis.label, {code: found.get(axis, Figure(None)) for code, found in overview.axes.items()}) for axis in Axis
    ]
    if all(cell == NONE for line in lines for cell in line.cells):
        return None
    whole = {item.code: Figure(item.value, item.numerator, item.denominator, item.samples, item.p90) for item in overview.figures.items}
    return AxesTable(columns, lines, _line(columns, "", "Tous les axes", whole))


def _columns(indicators: Iterable[Indicator]) -> Iterator[Column]:
    for one in indicators:
        for title, says in one.columns:
            yield Column(one, title, SAYS.get(says) or partial(_value, one))


def _value(indicator: Indicator, one: Figure) -> str:
    return words.amount(one.value, indicator.unit)


def _line(columns: Sequence[Column], axis: str, name: str, figures: Mapping[str, Figure]) -> Line:
    return Line(axis, name, [_cell(column, figures.get(column.indicator.code, Figure(None))) for column in columns])


def _cell(column: Column, one: Figure) -> str:
    counted = one.value is not None and (one.value or one.denominator or one.samples)
    return column.say(one) if counted else NONE
