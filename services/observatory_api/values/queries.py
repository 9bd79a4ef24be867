"""The statements that sum contributions: over the roll-up where it suffices, over the entries otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement, any_, cast, func, select
from sqlalchemy.sql.selectable import Select

from services.contracts.codes import REGION
from services.kernel.base import clock
from services.kernel.base.periods import Step, span_of, start_before
from services.observatory_api.indicators.dimensions import DEPARTMENT, REGIONAL
from services.observatory_api.indicators.kinds import Kind
from services.observatory_api.indicators.model import Indicator
from services.observatory_api.ledger.tables import batch, closed_month, entry, rollup, series, touched_month
from services.observatory_api.values.departments import kept_as


@dataclass(frozen=True)
class Question:
    """Which sums: from a day (or the origin) to a day excluded, by groups, under filters, by point of a series, as known then."""

    end: date
    start: date | None = None
    by: tuple[str, ...] = ()
    filters: dict[str, str] = field(default_factory=dict)
    starts: tuple[date, ...] = ()
    """The first days of the points of a series, without gaps."""
    known_at: datetime | None = None

    @property
    def later(self) -> int:
        """The number of what comes after the last point."""
        return len(self.starts) + 1


class Range(NamedTuple):
    """Rows of the roll-up at one grain, or entries, from a day to a day excluded (none: to the last)."""

    grain: str
    start: date
    end: date | None
    less: date | None = None
    """Of rows that are taken away again: a day of the point that they are taken from."""


def newest_stamp() -> Select[Any]:
    """The stamp of the newest batch."""
    return select(func.max(batch.c.recorded_at))


def known_names(dimension: str) -> Select[Any]:
    """The values of a dimension that facts have given."""
    value = series.c.dimensions[dimension].astext
    return select(value).where(value.is_not(None)).distinct().order_by(value)


def rolled_up(question: Question) -> bool:
    """Whether the roll-up can answer: what is split by nothing but departments."""
    return {*question.by, *question.filters} <= {DEPARTMENT.name}


def ranges(question: Question, kind: Kind) -> list[Range]:
    """The fewest rows that answer: a month where no point begins or ends within it, days elsewhere.

    Of what is not a sum, days are in the entries alone; of cells, months too. From the origin, it is all of ever less what comes later:
    reading goes on to the last day, and `Question.later` is taken away. Of a month that goes on, all is read, less the days to come.
    A period without a day is one range, of no rows.
    """
    first = question.start or (question.starts[0] if question.starts else question.end)
    bounds = [first, *(start for start in question.starts if start > first), question.end]
    found: list[Range] = []
    for start, end in zip(bounds, [*bounds[1:], None], strict=True):
        if end is None and question.start is not None:
            break
        for part in _parts(start, end, kind):
            if found and (found[-1].grain, found[-1].end, found[-1].less) == (part.grain, part.start, part.less):
                found[-1] = found[-1]._replace(end=part.end)
            else:
                found.append(part)
    return found or [Range("day", first, question.end)]


def _parts(start: date, end: date | None, kind: Kind) -> list[Range]:
    """A period cut into the days before its whole months, these, and the days after them."""
    days = "day" if kind is Kind.sum else "entry"
    if kind is Kind.cell:
        return [Range("entry", start, end)]
    first_whole = start if start.day == 1 else span_of(Step.month, start).end
    if end is None:
        parts = [Range(days, start, first_whole), Range("month", first_whole, None)]
    elif (after_whole := end.replace(day=1)) < first_whole:
        parts = [Range(days, start, end)]
    elif days == "entry" and end > clock.today() and end != after_whole:
        following = span_of(Step.month, after_whole).end
        parts = [Range(days, start, first_whole), Range("month", first_whole, following), Range(days, end, following, after_whole)]
    else:
        parts = [Range(days, start, first_whole), Range("month", first_whole, after_whole), Range(days, after_whole, end)]
    return [part for part in parts if part.start != part.end]


def rollup_sums(indicators: Sequence[Indicator], question: Question) -> Select[Any]:
    """Sums of the roll-up: (measure key, detail, point, amount, and g0 when grouped by department, as the ledger keeps it).

    The points are those of the question, `later` what comes after them. From the origin, point 0 has the sums of ever, whatever the day.
    """
    parts: list[Select[Any]] = []
    for kind in Kind:
        if some := [one for one in indicators if one.kind is kind]:
            if question.start is None:
                parts.append(_of_rollup(some, question, Range("ever", date.min, None)))
            parts += [(_of_entries if each.grain == "entry" else _of_rollup)(some, question, each) for each in ranges(question, kind)]
    rows = sa.union_all(*parts).subquery()
    point = func.width_bucket(rows.c.start, sa.literal([*question.starts, question.end], sa.ARRAY(sa.Date))).label("point")
    statement = select(rows.c.measure, rows.c.detail, point, _total(rows.c.amount)).group_by("measure", "detail", "point")
    return statement.add_columns(rows.c.department.label("g0")).group_by("g0") if question.by else statement


def _of_rollup(indicators: Sequence[Indicator], question: Question, part: Range) -> Select[Any]:
    c = rollup.c
    statement = select(c.measure, c.department, c.detail, c.start, c.amount).where(
        c.measure == any_(_texts(indicators)), c.grain == part.grain
    )
    statement = statement.where(*_in_departments(c.measure, c.department, indicators, question))
    return _within(statement, c.start, part) if part.grain != "ever" else statement


def _of_entries(indicators: Sequence[Indicator], question: Question, part: Range) -> Select[Any]:
    measure = series.c.indicator + "/" + cast(series.c.definition, sa.Text) + "/" + series.c.measure
    detail = func.coalesce(series.c.dimensions["value"].astext, series.c.dimensions["key"].astext, "")
    less = part.less is not None
    statement = (
        select(
            measure.label("measure"),
            series.c.department,
            detail.label("detail"),
            (sa.literal(part.less, sa.Date) if less else entry.c.on).label("start"),
            (-entry.c.amount if less else entry.c.amount).label("amount"),
        )
        .join_from(series, entry, entry.c.series == series.c.id)
        .where(series.c.indicator == any_(_array([one.code for one in indicators])), measure == any_(_texts(indicators)))
        .where(series.c.department.is_not(None), *_in_departments(measure, series.c.department, indicators, question))
    )
    return _within(statement, entry.c.on, part)


def _within(statement: Select[Any], day: ColumnElement[date], part: Range) -> Select[Any]:
    statement = statement.where(day >= part.start)
    return statement if part.end is None else statement.where(day < part.end)


def first_days(indicators: Sequence[Indicator], question: Question) -> Select[Any]:
    """The first day on which the sums of a measure are not nothing: (measure key, day)."""
    asked = func.unnest(_texts(indicators)).table_valued("measure", name="asked").render_derived()
    first = (
        select(rollup.c.start)
        .where(rollup.c.grain == "day", rollup.c.amount != 0, rollup.c.start < question.end)
        .where(rollup.c.measure == asked.c.measure, *_in_departments(rollup.c.measure, rollup.c.department, indicators, question))
        .order_by(rollup.c.start)
        .limit(1)
        .lateral()
    )
    return select(asked.c.measure, first.c.start.label("day")).join_from(asked, first, sa.true())


def first_day_of_entries(indicator: Indicator, question: Question) -> Select[Any]:
    """The same of one indicator, from its entries: the day alone."""
    columns = [series.c.measure, series.c.dimensions[DEPARTMENT.name].astext, entry.c.on]
    days = _entries(select(entry.c.on), indicator, question).group_by(*columns).having(func.sum(entry.c.amount) != 0).subquery()
    return select(func.min(days.c.on))


def entry_sums(indicator: Indicator, question: Question) -> Select[Any]:
    """Sums of the entries: (measure, point, amount, detail when the kind has one, g0…, departments as the ledger keeps them).

    One `many` dimension of the states at the most is used. All but what a share divides has no dimension of `numerator_by`: its
    group is null there.
    """
    columns: list[ColumnElement[Any]] = [series.c.measure, _point(entry.c.on, question), _total(entry.c.amount)]
    names = ["measure", "point"]
    if indicator.detail:
        columns.append(series.c.dimensions[indicator.detail].astext.label("detail"))
        names.append("detail")
    for position, name in enumerate(question.by):
        columns.append(series.c.dimensions[name].astext.label(f"g{position}"))
        names.append(f"g{position}")
    return _entries(select(*columns), indicator, question).group_by(*names)


def touches(indicators: Sequence[Indicator], first: date, end: date) -> Select[Any]:
    """The last stamp of each month that somebody wrote into, up to the one before a day: (indicator, definition, month, recorded_at).

    Months before the first are told together, as the one before it.
    """
    before = start_before(Step.month, first, 1)
    month = func.greatest(touched_month.c.month, sa.literal(before, sa.Date)).label("month")
    return (
        select(touched_month.c.indicator, touched_month.c.definition, month, func.max(batch.c.recorded_at).label("recorded_at"))
        .join_from(touched_month, batch, batch.c.id == touched_month.c.batch)
        .where(touched_month.c.indicator == any_(_array([one.code for one in indicators])), touched_month.c.month < end)
        .group_by(touched_month.c.indicator, touched_month.c.definition, month)
    )


def closed_months(indicators: Sequence[Indicator], department: str, months: Sequence[date]) -> Select[Any]:
    """The figures that months keep, for who knows whether they are still good."""
    return select(closed_month).where(
        closed_month.c.indicator == any_(_array([one.code for one in indicators])),
        closed_month.c.department == department,
        closed_month.c.month == any_(sa.literal(list(months), sa.ARRAY(sa.Date))),
    )


def _entries(statement: Select[Any], indicator: Indicator, question: Question) -> Select[Any]:
    """Of the entries that answer."""
    used = {*question.by, *question.filters}
    statement = statement.join_from(series, entry, entry.c.series == series.c.id).where(
        series.c.indicator == indicator.code, series.c.definition == indicator.definition
    )
    without = {each.name: series.c.measure != "numerator" for each in indicator.numerator_by}
    for name in indicator.many:
        present = series.c.dimensions.has_key(name)
        statement = statement.where(sa.or_(present, without.get(name, sa.false())) if name in used else ~present)
    for name, value in question.filters.items():
        kept = kept_as(indicator, value) if name == DEPARTMENT.name else [value]
        asked = series.c.dimensions[name].astext == any_(_array(kept))
        statement = statement.where(sa.or_(asked, without.get(name, sa.false())))
    if question.known_at is not None:
        statement = statement.join(batch, batch.c.id == entry.c.batch).where(batch.c.recorded_at <= question.known_at)
    statement = statement.where(entry.c.on < question.end)
    return statement.where(entry.c.on >= question.start) if question.start else statement


def _in_departments(
    measure: ColumnElement[str], department: ColumnElement[str], indicators: Sequence[Indicator], question: Question
) -> list[ColumnElement[bool]]:
    """Which rows, of the indicators' measures.

    Where an entity has several departments, the region's sum stands in rows of its own: departments are not added up. What is of every
    department is kept once, and is in each.
    """
    apart = measure == any_(_texts([one for one in indicators if DEPARTMENT.name in one.many]))
    split = bool(question.by or question.filters)
    found: list[ColumnElement[bool]] = [sa.or_(department != REGION.code if split else department == REGION.code, ~apart)]
    if asked := question.filters.get(DEPARTMENT.name):
        of_every_one = measure == any_(_texts([one for one in indicators if one.everywhere]))
        found.append(sa.or_(department == asked, sa.and_(department == REGIONAL, of_every_one)))
    return found


def _texts(indicators: Sequence[Indicator]) -> ColumnElement[Any]:
    """Measures, as the roll-up names them."""
    return _array([f"{one.code}/{one.definition}/{measure}" for one in indicators for measure in one.measures])


def _array(values: Sequence[str]) -> ColumnElement[Any]:
    return sa.literal(list(values), sa.ARRAY(sa.Text))


def _total(amount: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.sum(amount), sa.BigInteger).label("amount")


def _point(on: ColumnElement[date], question: Question) -> ColumnElement[Any]:
    """The number of a day's point, from 1; 0 before the first, and where no series is asked for."""
    if not question.starts:
        return sa.literal(0).label("point")
    return func.width_bucket(on, sa.literal(list(question.starts), sa.ARRAY(sa.Date))).label("point")
