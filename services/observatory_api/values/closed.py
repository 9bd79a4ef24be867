"""Figures that months keep: of what cannot be added up, each is made once, and is good for as long as nobody writes into its months.

A month is whole, or under way: then it keeps the figure of today, until tomorrow's.

Nothing is taken away by who writes: a month remembers its last batch, and a figure what was known when it was made. A figure answers for
an instant when its months were last written into before both. So a reader of an older snapshot harms nobody, and a figure served long ago
is found again as well.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
import structlog

from services.contracts.codes import REGION
from services.kernel.base import clock
from services.kernel.base.periods import Step, last_day, span_of
from services.kernel.data.database import Database
from services.kernel.data.database_errors import UNREACHABLE
from services.observatory_api.indicators.dimensions import DEPARTMENT
from services.observatory_api.indicators.kinds import Kind, Reading
from services.observatory_api.indicators.model import Coverage, Figure, Indicator
from services.observatory_api.values import queries
from services.observatory_api.values.figures import figure
from services.observatory_api.values.queries import Question

log = structlog.get_logger(__name__)

KEEP = """
INSERT INTO closed_month AS c (indicator, definition, department, month, until, figure, known_at)
SELECT i, d, $6, m, u, f, $7 FROM unnest($1::text[], $2::smallint[], $3::date[], $4::date[], $5::text[]) AS t (i, d, m, u, f)
 WHERE NOT EXISTS (SELECT FROM batch WHERE reason = 'rebuild' AND recorded_at > $8)
ON CONFLICT (indicator, definition, department, month)
DO UPDATE SET until = excluded.until, figure = excluded.figure, known_at = excluded.known_at
 WHERE (c.until, c.known_at) < (excluded.until, excluded.known_at)
"""
"""Not what was made of a roll-up that a rebuild has set right since."""
WAIT = 0.25
"""Seconds that a reading takes to keep what it made, at the most: for a connection, and for the table, which a rebuild may hold."""
KEEPING = asyncio.Lock()
"""Held by the one reading of a process that keeps what it made: it takes one connection more than those that answer."""


class Month(NamedTuple):
    """A month by its first day, up to a day excluded: that of the next one, or tomorrow."""

    first: date
    until: date


@dataclass(frozen=True)
class ClosedMonths:
    """What a snapshot knows of months: when each was last written into, and the figures that they keep."""

    known_at: datetime
    question: Question
    stamps: Mapping[tuple[str, int], Mapping[date, datetime]]
    kept: Mapping[tuple[str, int, Month], tuple[Figure, datetime]]

    def moved(self, indicator: Indicator) -> bool:
        """Whether somebody wrote into the days asked for after what is known: then the roll-up says more than was known."""
        start = self.question.start
        stamps = self.stamps.get((indicator.code, indicator.definition), {})
        return any(at > self.known_at for month, at in stamps.items() if start is None or month >= start.replace(day=1))

    def figures(self, indicator: Indicator, first_day: date | None) -> list[Figure]:
        """The points that need not be made again: the first ones, up to one that no figure answers.

        Before the first day on which anything counted there is nothing to make.
        """
        found: list[Figure] = []
        nothing = figure(indicator, {})
        for month in months_of(indicator, self.question):
            kept = self.figure(indicator, month) if month else None
            if month and (first_day is None or month.until <= first_day):
                kept = nothing
            if kept is None:
                break
            found.append(kept)
        return found

    def figure(self, indicator: Indicator, month: Month) -> Figure | None:
        """The figure that a month keeps, where it is good."""
        kept, made_at = self.kept.get((indicator.code, indicator.definition, month), (None, self.known_at))
        stamps = self.stamps.get((indicator.code, indicator.definition), {})
        touched = [
            at for first, at in stamps.items() if first == month.first or (first < month.first and indicator.reading is Reading.stock)
        ]
        return kept if all(at <= min(self.known_at, made_at) for at in touched) else None


def months_of(indicator: Indicator, question: Question) -> list[Month | None]:
    """The month whose figure each point is, or the one figure where no series is asked for; none of what is no month, or is to come.

    What stands at the end of a month is its figure, whatever the step; what happened is, in that month alone.
    """
    if indicator.kind is Kind.sum or question.by or not queries.rolled_up(question):
        return []
    starts = question.starts or (question.start,)
    found: list[Month | None] = []
    for start, end in zip(starts, [*starts[1:], question.end], strict=True):
        first = span_of(Step.month, last_day(end)).start
        begun = max(start, question.start or start) if start else None
        kept = last_day(end) == clock.today() or (end.day == 1 and end <= clock.today())
        found.append(Month(first, end) if kept and (indicator.reading is Reading.stock or first == begun) else None)
    return found


async def closed_months(db: Database, indicators: Sequence[Indicator], question: Question, known_at: datetime) -> ClosedMonths:
    """Reads the stamps of months, and the figures that they keep.

    Nothing is read where no month could answer, and nothing was recorded later than what is known.
    """
    months = sorted({month.first for one in indicators for month in months_of(one, question) if month})
    stamps: dict[tuple[str, int], dict[date, datetime]] = {}
    kept: dict[tuple[str, int, Month], tuple[Figure, datetime]] = {}
    if indicators and (months or question.known_at):
        first = min([*months, (question.start or question.end).replace(day=1)])
        for row in await db.fetch(queries.touches(indicators, first, question.end)):
            stamps.setdefault((row["indicator"], row["definition"]), {})[row["month"]] = row["recorded_at"]
    if months:
        for row in await db.fetch(queries.closed_months(indicators, _department(question), months)):
            place = row["indicator"], row["definition"], Month(row["month"], row["until"])
            kept[place] = (figure_from(row["figure"]), row["known_at"])
    return ClosedMonths(known_at, question, stamps, kept)


async def keep(
    db: Database, question: Question, made: Iterable[tuple[Indicator, Month, Figure]], known_at: datetime, newest: datetime
) -> None:
    """Keeps figures of months, of a snapshot whose newest stamp is given, on a connection of its own.

    A reading that cannot keep what it made is one all the same: the next one makes it again.
    """
    rows = sorted((one.code, one.definition, *month, as_text(told)) for one, month, told in made)
    if not rows or KEEPING.locked():
        return
    try:
        async with KEEPING, asyncio.timeout(WAIT), db.databases.borrowed(db.service, "worker", wait=WAIT) as connection:
            await connection.execute(KEEP, *zip(*rows, strict=True), _department(question), known_at, newest)
    except UNREACHABLE as error:
        log.warning("closed_months.not_kept", error=repr(error)[:200])


def as_text(one: Figure) -> str:
    """A figure as it is kept: what it has, by name."""
    return orjson.dumps({name: value for name, value in one._asdict().items() if value is not None}, default=list).decode()


def figure_from(text: str) -> Figure:
    """What `as_text` wrote."""
    said: dict[str, Any] = orjson.loads(text)
    known = {name: said.get(name) for name in Figure._fields}  # a later release may have said more
    return Figure(**known | {"coverage": Coverage(*said["coverage"]) if said.get("coverage") else None})


def _department(question: Question) -> str:
    return question.filters.get(DEPARTMENT.name, REGION.code)
