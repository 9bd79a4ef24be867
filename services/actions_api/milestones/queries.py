"""Statements on milestones."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Date, and_, bindparam, literal_column
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.actions_api.actions.queries import sees_drafts
from services.actions_api.milestones.schemas import MilestoneQuery
from services.actions_api.milestones.tables import Milestone
from services.contracts.actions import ActionStatus, MilestoneStatus
from services.kernel.api.reading import REGION, Reading, Scope
from services.kernel.base.principals import Principal
from services.kernel.data.conditions import among

SHARED = col(Milestone.action_status) != ActionStatus.draft
PLANNED = col(Milestone.status) == literal_column(f"'{MilestoneStatus.planned}'")
"""As the index of due dates says it: a bound value would not find it."""
OVERDUE = and_(PLANNED, col(Milestone.due) < bindparam("today", type_=Date()))


def visible(caller: Principal) -> Scope:
    """What a caller sees of milestones: those of the actions that they see."""
    return REGION if sees_drafts(caller) else Scope("shared", SHARED)


def check_change(caller: Principal, milestone: Milestone) -> None:
    """Raises `Forbidden` for a milestone outside the caller's departments."""
    caller.check_covers(milestone.departments)


MILESTONES = Reading(
    Milestone,
    MilestoneQuery,
    {
        "action_id": lambda value: col(Milestone.action_id) == value,
        "axis": lambda value: col(Milestone.axis) == value,
        "status": lambda value: col(Milestone.status) == value,
        "overdue": OVERDUE,
    },
    visible=visible,
    check_change=check_change,
    answered=("live",),
)


def milestones(milestone_ids: Sequence[UUID]) -> SelectOfScalar[Milestone]:
    """Several milestones."""
    return select(Milestone).where(among(Milestone.id, milestone_ids))
