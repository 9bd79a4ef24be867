"""Where milestones live. The axis, the departments, the status and the lead of the action are copies, kept by its operations."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, CheckConstraint, Date, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB

from services.actions_api.base import ActionsRecord
from services.contracts.actions import ActionStatus, MilestoneStatus
from services.contracts.codes import Axis, Department
from services.contracts.labelled import Labelled
from services.kernel.data.columns import internal, one_of, page_index
from services.kernel.data.records import with_history


class RescheduleReason(Labelled):
    """Pourquoi une échéance est reportée : moyens, partenaire, réglementation, périmètre, autre."""

    resource = "resource", "Moyens"
    partner = "partner", "Partenaire"
    regulatory = "regulatory", "Réglementation"
    scope = "scope", "Périmètre"
    other = "other", "Autre"


class Milestone(ActionsRecord, table=True):
    """Un jalon."""

    __tablename__ = "milestone"
    __table_args__ = (
        CheckConstraint(one_of("status", MilestoneStatus), "status"),
        CheckConstraint("(status = 'reached') = (reached_on IS NOT NULL)", "reached"),
        CheckConstraint("(status = 'cancelled') = (cancelled_on IS NOT NULL)", "cancelled"),
        CheckConstraint("weight BETWEEN 1 AND 100", "weight"),
        page_index("milestone_action_page", "action_id"),
        page_index("milestone_axis_page", "axis"),
        page_index("milestone_status_page", "status"),
        Index("milestone_due", "due", postgresql_where="status = 'planned'"),
    )

    action_id: UUID = internal(SaUuid, references="action.id")
    axis: Axis = internal(Text)
    departments: list[Department] = internal(ARRAY(Text))
    action_status: ActionStatus = internal(Text)
    lead_organisation_id: UUID | None = internal(SaUuid, default=None)
    title: str = internal(Text)
    deliverable: str | None = internal(Text, default=None)
    evidence: str | None = internal(Text, default=None)
    weight: int = internal(Integer, default=1)
    due_initial: date = internal(Date)
    due: date = internal(Date)
    reached_on: date | None = internal(Date, default=None)
    cancelled_on: date | None = internal(Date, default=None)
    reschedules: list[dict[str, Any]] = internal(JSONB, default_factory=list)
    status: MilestoneStatus = internal(Text, default=MilestoneStatus.planned)
    status_reason: str | None = internal(Text, default=None)


with_history(Milestone)
