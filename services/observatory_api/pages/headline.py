"""What is late, and why, in a few sentences at the top of the page: the worst first, each with the figure that it is read from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.contracts.codes import Axis
from services.observatory_api.indicators.kinds import Better, Period, Reading
from services.observatory_api.indicators.model import Figure, Indicator
from services.observatory_api.indicators.nouns import number
from services.observatory_api.pages import words
from services.observatory_api.pages.operations import Overview
from services.observatory_api.values.schemas import IndicatorValue

NEARLY_SPENT = 11 / 12
"""Ceilings are of a fiscal year: beyond eleven twelfths, what is left is less than an even month of it takes."""


class Clause(NamedTuple):
    """What one figure says: the words that lead to it, and what follows them. `weight` says how bad it is."""

    code: str
    words: str
    rest: str
    weight: float


class Part(NamedTuple):
    """So many that are late, out of so many."""

    late: int
    of: int


@dataclass(frozen=True)
class Headline:
    """What is late, or a sentence that says that nothing is, or that nothing is known; what waits, and what is nearly spent."""

    late: Sequence[Clause]
    otherwise: str
    waiting: Sequence[Clause]
    spent: Sequence[Clause]
    hidden: bool
    """Whether some of it is not published, since it counts fewer than five."""


def headline(overview: Overview) -> Headline:
    """The headline of a page, from its figures alone."""
    items = {item.code: item for item in overview.figures.items}
    due = [one for one in overview.definitions.values() if one.late]
    parts = {one.code: part for one in due if (part := _part(one, items[one.code])) is not None}
    late = [_late(one, items[one.code], parts, overview) for one in due if one.code in parts and parts[one.code].late]
    waits = [(one.code, one.waiting, items[one.code].value or 0) for one in overview.definitions.values() if one.waiting]
    return Headline(
        late=_worst_first(late),
        otherwise="" if late else _otherwise(due, items, parts, overview),
        waiting=_worst_first([Clause(code, noun.counted(int(value)), "", value) for code, noun, value in waits if value]),
        spent=_worst_first(list(_spent(overview))),
        hidden=not overview.hidden.isdisjoint({*(one.code for one in due), *(code for code, _, _ in waits)}),
    )


def _worst_first(clauses: Sequence[Clause]) -> Sequence[Clause]:
    return sorted(clauses, key=lambda clause: -clause.weight)


def _part(about: Indicator, item: IndicatorValue) -> Part | None:
    """How much is late, of how much; nothing where there is nothing that could be, or where it is hidden."""
    above, below = item.numerator or 0, item.denominator or 0
    if about.period is Period.twelve_months:  # the months shown: what was due years ago is no news
        above, below = sum(one.numerator or 0 for one in item.series or ()), sum(one.denominator or 0 for one in item.series or ())
    elif item.value is None:
        return None
    return Part(above if about.better is Better.down else below - above, below) if below else None


def _late(about: Indicator, item: IndicatorValue, parts: Mapping[str, Part], overview: Overview) -> Clause:
    assert about.late is not None
    part = parts[about.code]
    said = about.late.counted(part.late).format(of=number(part.of))
    return Clause(about.code, said, _before(item) + _why(about, parts, overview), part.late / part.of)


def _before(item: IndicatorValue) -> str:
    """How many there were at the end of the last month, where that differs."""
    series = item.series or []
    if item.reading is Reading.flow or len(series) < 2:
        return ""
    before = series[-2]
    if not before.tracked or before.numerator == item.numerator:
        return ""
    return f" ({number(before.numerator or 0)} fin {words.month(before.period)})"


def _why(about: Indicator, parts: Mapping[str, Part], overview: Overview) -> str:
    """Where most of it is; and its cause, where no other is left."""
    cause = about.cause
    only = cause is not None and cause.unless not in overview.hidden and not parts.get(cause.unless, Part(0, 0)).late
    return _where(overview.axes.get(about.code, {})) + (f" : {cause.words}" if cause and only else "")


def _where(by_axis: Mapping[str, Figure]) -> str:
    counts = {axis: one.numerator for axis, one in sorted(by_axis.items()) if one.numerator}
    most = [axis for axis, amount in counts.items() if amount == max(counts.values())]
    if not counts:
        return ""
    if len(most) > 2:
        return f", sur {len(counts)} axes"
    mostly = ", surtout" if len(counts) > len(most) else ","
    if len(most) == 2:
        return f"{mostly} sur les axes {most[0]} et {most[1]} ({number(counts[most[0]])} chacun)"
    named = f"{mostly} sur l’axe {most[0]}, {Axis(most[0]).label}"
    return f"{named} ({number(counts[most[0]])})" if len(counts) > 1 else named


def _otherwise(due: Sequence[Indicator], items: Mapping[str, IndicatorValue], parts: Mapping[str, Part], overview: Overview) -> str:
    """What is said where nothing late is shown."""
    nouns = {one.code: one.among for one in due if one.among}
    if parts:
        return f"Rien n’est en retard parmi {words.listed([nouns[code].counted(part.of) for code, part in parts.items()])}."
    if not overview.hidden.isdisjoint(nouns):
        return "Rien de ce qui est publié n’est en retard."
    if any(point.tracked for code in nouns for point in items[code].series or ()):
        return f"Rien ne peut être en retard : il n’y a {', '.join(f'ni {noun.one}' for noun in nouns.values())} ces douze mois."
    return "On ne sait pas encore ce qui est en retard : rien de ce qui peut l’être n’est suivi."


def _spent(overview: Overview) -> Iterator[Clause]:
    """What nearly all is committed of, this year or for a year to come."""
    for code, found in overview.spending.items():
        indicator = overview.definitions[code]
        assert indicator.spent is not None
        for group, one in found.items():
            if one.value is not None and one.value >= NEARLY_SPENT and int(group[-1] or 0) >= overview.figures.as_of.year:
                named = dict(zip((each.name for each in indicator.spent.by), group, strict=True))
                share = indicator.divided(one.numerator, one.denominator)
                yield Clause(code, indicator.spent.words.format(**named), f" ({share})", one.value)
