"""The statements that sum contributions: over the roll-up where it suffices, over the entries otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, any_, cast, func, select
from sqlalchemy.sql.selectable import Select

from services.contracts.codes import REGION
from services.observatory_api.indicators.dimensions import DEPARTMENT, REGIONAL
from services.observatory_api.indicators.kinds import Kind
from services.observatory_api.indicators.model import Indicator
from services.observatory_api.ledger.tables import batch, daily, entry, series
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


def newest_stamp() -> Select[Any]:
    """The stamp of the newest batch."""
    return select(func.max(batch.c.recorded_at))


def known_names(dimension: str) -> Select[Any]:
    """The values of a dimension that facts have given."""
    value = series.c.dimensions[dimension].astext
    return select(value).where(value.is_not(None)).distinct().order_by(value)


def rolled_up(indicator: Indicator, question: Question) -> bool:
    """Whether the roll-up can answer: a sum as known now, split by nothing but departments."""
    return indicator.kind is Kind.sum and question.known_at is None and {*question.by, *question.filters} <= {DEPARTMENT.name}


def measure_keys(indicator: Indicator) -> list[str]:
    """An indicator's measures, as the roll-up names them."""
    return [f"{indicator.code}/{indicator.definition}/{measure}" for measure in indicator.measures]


def daily_sums(indicators: Sequence[Indicator], question: Question) -> Select[Any]:
    """Sums of the roll-up: (measure key, point, amount, and g0 when grouped by department, as the ledger keeps it).

    Where an entity has several departments, the region's sum stands in rows of its own: departments are not added up. What is of every
    department is kept once, and is in each.
    """
    columns: list[ColumnElement[Any]] = [daily.c.measure, _point(daily.c.on, question), _total(daily.c.amount)]
    statement = select(*columns).where(daily.c.measure == any_(_texts(indicators)))
    apart = daily.c.measure == any_(_texts([one for one in indicators if DEPARTMENT.name in one.many]))
    if question.by:
        statement = statement.add_columns(daily.c.department.label("g0")).group_by("g0")
    if question.by or question.filters:
        statement = statement.where(sa.or_(daily.c.department != REGION.code, ~apart))
    else:
        statement = statement.where(sa.or_(daily.c.department == REGION.code, ~apart))
    if department := question.filters.get(DEPARTMENT.name):
        of_every_one = daily.c.measure == any_(_texts([one for one in indicators if one.everywhere]))
        asked = daily.c.department == department
        statement = statement.where(sa.or_(asked, sa.and_(daily.c.department == REGIONAL, of_every_one)))
    return _between(statement, daily.c.on, question).group_by("measure", "point")


def entry_sums(indicator: Indicator, question: Question) -> Select[Any]:
    """Sums of the entries: (measure, point, amount, detail when the kind has one, g0…, departments as the ledger keeps them).

    One `many` dimension of the states at the most is used. All but what a share divides has no dimension of `numerator_by`: its
    group is null there.
    """
    used = {*question.by, *question.filters}
    columns: list[ColumnElement[Any]] = [series.c.measure, _point(entry.c.on, question), _total(entry.c.amount)]
    names = ["measure", "point"]
    if indicator.detail:
        columns.append(series.c.dimensions[indicator.detail].astext.label("detail"))
        names.append("detail")
    for position, name in enumerate(question.by):
        columns.append(series.c.dimensions[name].astext.label(f"g{position}"))
        names.append(f"g{position}")
    statement = (
        select(*columns)
        .join_from(series, entry, entry.c.series == series.c.id)
        .where(series.c.indicator == indicator.code, series.c.definition == indicator.definition)
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
    return _between(statement, entry.c.on, question).group_by(*names)


def _texts(indicators: Sequence[Indicator]) -> ColumnElement[Any]:
    return _array([key for one in indicators for key in measure_keys(one)])


def _array(values: Sequence[str]) -> ColumnElement[Any]:
    return sa.literal(list(values), sa.ARRAY(sa.Text))


def _total(amount: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.sum(amount), sa.BigInteger).label("amount")


def _point(on: ColumnElement[date], question: Question) -> ColumnElement[Any]:
    """The number of a day's point, from 1; 0 before the first; null where no series is asked for."""
    if not question.starts:
        return sa.null().label("point")
    return func.width_bucket(on, sa.literal(list(question.starts), sa.ARRAY(sa.Date))).label("point")


def _between(statement: Select[Any], on: ColumnElement[date], question: Question) -> Select[Any]:
    statement = statement.where(on < question.end)
    return statement.where(on >= question.start) if question.start else statement
