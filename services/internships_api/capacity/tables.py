"""Where the weekly capacity of units lives: what a unit can host, has offered, has given, in tenths of a full-time seat."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UUID as SaUuid, CheckConstraint, Date, DateTime, Integer, Text
from sqlmodel import SQLModel

from services.internships_api.base import METADATA
from services.kernel.data.columns import internal, personal


class CapacityWeek(SQLModel, table=True):
    """A unit's week. Offers and placements move `offered_tenths` and `taken_tenths`, the host sets `capacity_tenths`."""

    __tablename__ = "capacity_week"
    __table_args__ = (
        CheckConstraint("0 <= taken_tenths AND taken_tenths <= offered_tenths AND offered_tenths <= capacity_tenths", "counters"),
        CheckConstraint("extract(isodow FROM week) = 1", "monday"),
    )
    metadata = METADATA

    unit_id: UUID = internal(SaUuid, primary_key=True, references="placement_unit.id")
    week: date = internal(Date, primary_key=True)
    capacity_tenths: int = internal(Integer)
    offered_tenths: int = internal(Integer, default=0)
    taken_tenths: int = internal(Integer, default=0)
    updated_at: datetime = internal(DateTime(timezone=True))
    updated_by: str = personal(Text)
