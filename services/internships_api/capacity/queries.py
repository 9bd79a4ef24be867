"""Statements on the weeks of a unit. Whoever moves several takes them in the order of the weeks, so that nobody deadlocks."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, Date, DateTime, Integer, Text, and_, func, literal, select as select_columns
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.base import Executable
from sqlmodel import col, select, update
from sqlmodel.sql.expression import SelectOfScalar

from services.internships_api.capacity.tables import CapacityWeek


def _period(unit_id: UUID, start: date, end: date) -> Any:
    return and_(col(CapacityWeek.unit_id) == unit_id, col(CapacityWeek.week) >= start, col(CapacityWeek.week) < end)


def weeks_of(unit_id: UUID, start: date, end: date) -> SelectOfScalar[CapacityWeek]:
    """The weeks of a unit in a period, in order."""
    return select(CapacityWeek).where(_period(unit_id, start, end)).order_by(col(CapacityWeek.week))


def weeks_for_update(unit_id: UUID, start: date, end: date) -> SelectOfScalar[CapacityWeek]:
    """The same, locked one after the other in that order: to be run before any change of several weeks."""
    return weeks_of(unit_id, start, end).with_for_update()


def shift_counters(unit_id: UUID, start: date, end: date, offered_tenths: int, taken_tenths: int) -> Executable:
    """Adds to the counters of the weeks of a period, where they stay within bounds; gives the weeks that moved."""
    offered, taken = col(CapacityWeek.offered_tenths) + offered_tenths, col(CapacityWeek.taken_tenths) + taken_tenths
    within = and_(taken >= 0, taken <= offered, offered <= col(CapacityWeek.capacity_tenths))
    moved = update(CapacityWeek).where(_period(unit_id, start, end), within).values(offered_tenths=offered, taken_tenths=taken)
    return moved.returning(col(CapacityWeek.week))


def set_capacity(unit_id: UUID, weeks: Sequence[date], capacity_tenths: int, at: datetime, by: str) -> Executable:
    """Sets the capacity of weeks, given in order; those that nothing was said of begin with nothing offered."""
    values = select_columns(
        literal(unit_id, SaUuid()),
        func.unnest(literal(list(weeks), ARRAY(Date))),
        literal(capacity_tenths, Integer),
        literal(0, Integer),
        literal(0, Integer),
        literal(at, DateTime(timezone=True)),
        literal(by, Text),
    )
    statement = insert(CapacityWeek).from_select(
        ["unit_id", "week", "capacity_tenths", "offered_tenths", "taken_tenths", "updated_at", "updated_by"], values, include_defaults=False
    )
    new = {name: statement.excluded[name] for name in ("capacity_tenths", "updated_at", "updated_by")}
    return statement.on_conflict_do_update(index_elements=["unit_id", "week"], set_=new)
