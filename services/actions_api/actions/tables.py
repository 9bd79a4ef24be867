"""Where the plan's actions live."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, Boolean, CheckConstraint, Date, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from services.actions_api.base import ActionsRecord
from services.contracts.actions import ActionStatus
from services.contracts.codes import Axis, Department, Objective, Sector, Side
from services.contracts.labelled import Labelled
from services.kernel.data.columns import all_of, internal, one_of, page_index
from services.kernel.data.records import with_history


class Horizon(Labelled):
    """Quand l'action doit porter ses fruits : court, moyen ou long terme."""

    short = "short", "Court terme"
    medium = "medium", "Moyen terme"
    long = "long", "Long terme"


class Action(ActionsRecord, table=True):
    """Une fiche action."""

    __tablename__ = "action"
    __table_args__ = (
        UniqueConstraint("ref"),
        CheckConstraint(one_of("axis", Axis), "axis"),
        CheckConstraint(all_of("objectives", Objective) + " AND cardinality(objectives) BETWEEN 1 AND 4", "objectives"),
        CheckConstraint(all_of("departments", Department), "departments"),
        CheckConstraint(all_of("sectors", Sector), "sectors"),
        CheckConstraint(all_of("sides", Side), "sides"),
        CheckConstraint(one_of("horizon", Horizon), "horizon"),
        CheckConstraint(one_of("status", ActionStatus), "status"),
        CheckConstraint("weight BETWEEN 1 AND 100", "weight"),
        CheckConstraint("starts_on < ends_on", "period"),
        page_index("action_axis_page", "axis"),
        page_index("action_status_page", "status"),
        page_index("action_flagship_page", where="flagship"),
        page_index("action_lead_page", "lead_organisation_id"),
    )

    ref: str = internal(Text)
    title: str = internal(Text)
    description: str | None = internal(Text, default=None)
    expected_results: str | None = internal(Text, default=None)
    axis: Axis = internal(Text)
    objectives: list[Objective] = internal(ARRAY(Text))
    departments: list[Department] = internal(ARRAY(Text), default_factory=list)
    sectors: list[Sector] = internal(ARRAY(Text), default_factory=list)
    sides: list[Side] = internal(ARRAY(Text), default_factory=list)
    horizon: Horizon = internal(Text, default=Horizon.medium)
    flagship: bool = internal(Boolean, default=False)
    cohort: str | None = internal(Text, default=None)
    weight: int = internal(Integer, default=1)
    lead_organisation_id: UUID | None = internal(SaUuid, default=None)
    lead_organisation_name: str | None = internal(Text, default=None)
    starts_on: date | None = internal(Date, default=None)
    ends_on: date | None = internal(Date, default=None)
    ends_changes: list[dict[str, Any]] = internal(JSONB, default_factory=list, sa_column_kwargs={"server_default": "[]"})
    status: ActionStatus = internal(Text, default=ActionStatus.draft)
    status_reason: str | None = internal(Text, default=None)
    decision_ref: str | None = internal(Text, default=None)


with_history(Action)
