"""Statements on milestones."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, literal_column
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.actions_api.actions.queries import TODAY
from services.actions_api.milestones.schemas import MilestoneQuery
from services.actions_api.milestones.tables import Milestone
from services.actions_api.parties import OTHERS, PLANNERS, check_keeper
from services.contracts.actions import LIVE, ActionStatus, MilestoneStatus
from services.kernel.api.reading import Audience, Reading, equal_to, visible_to
from services.kernel.data.conditions import among

SHARED = col(Milestone.action_status) != ActionStatus.draft
PLANNED = col(Milestone.status) == literal_column(f"'{MilestoneStatus.planned}'")
"""As the index of due dates says it: a bound value would not find it."""
OVERDUE = and_(PLANNED, col(Milestone.due) < TODAY, among(Milestone.action_status, LIVE))


MILESTONES = Reading(
    Milestone,
    MilestoneQuery,
    {
        **equal_to(Milestone, "action_id", "axis", "status"),
        "overdue": OVERDUE,
    },
    visible=visible_to(region=PLANNERS, organisation=dict.fromkeys(OTHERS, Milestone.lead_organisation_id), shared=SHARED),
    check_change=lambda caller, milestone: check_keeper(caller, milestone.departments, milestone.lead_organisation_id),
    history=Audience.editors,
    answered=("live",),
)


def milestones(milestone_ids: Sequence[UUID]) -> SelectOfScalar[Milestone]:
    """Several milestones."""
    return select(Milestone).where(among(Milestone.id, milestone_ids))
