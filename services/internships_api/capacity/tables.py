"""Where the weekly capacity of units lives: what a unit can host, has offered, has given, in tenths of a full-time seat."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UUID as SaUuid, CheckConstraint, Date, DateTime, ForeignKey, Integer, Text
from sqlmodel import Field, SQLModel

from services.internships_api.base import METADATA
from services.kernel.data.columns import stored


class CapacityWeek(SQLModel, table=True):
    """A unit's week. Offers and placements move `offered` and `taken`, the host sets `capacity`."""

    __tablename__ = "capacity_week"
    __table_args__ = (
        CheckConstraint("0 <= taken AND taken <= offered AND offered <= capacity", "counters"),
        CheckConstraint("extract(isodow FROM week) = 1", "monday"),
    )
    metadata = METADATA

    unit_id: UUID = Field(primary_key=True, sa_type=SaUuid, sa_column_args=(ForeignKey("internships.placement_unit.id"),))
    week: date = Field(primary_key=True, sa_type=Date)
    capacity: int = stored(Integer)
    offered: int = stored(Integer, default=0)
    taken: int = stored(Integer, default=0)
    updated_at: datetime = stored(DateTime(timezone=True))
    updated_by: str = stored(Text)
