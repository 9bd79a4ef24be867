"""Statements on actions."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Date, and_, bindparam, func, literal_column, or_
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.actions_api.actions.schemas import ActionQuery
from services.actions_api.actions.tables import Action
from services.actions_api.milestones.tables import Milestone
from services.actions_api.parties import OTHERS, PLANNERS, check_planner_or_lead
from services.contracts.actions import LIVE, ActionStatus, MilestoneStatus
from services.kernel.api.reading import Audience, Reading, equal_to, visible_to
from services.kernel.data.conditions import among, holds

SHARED = col(Action.status) != ActionStatus.draft
"""A draft, and its milestones, are seen by those who prepare the plan and by its lead organisation, and by nobody else."""

TODAY: BindParameter[Any] = bindparam("today", type_=Date())
MILESTONE_PAST_DUE = (
    select(Milestone.id)
    .where(
        col(Milestone.action_id) == col(Action.id),
        col(Milestone.status) == literal_column(f"'{MilestoneStatus.planned}'"),  # as the index of due dates says it
        col(Milestone.due) < TODAY,
    )
    .exists()
)
END_PASSED = and_(col(Action.ends_on).is_not(None), col(Action.ends_on) <= TODAY)
"""False, and not null, for an action that does not say its end: the list asks for the contrary too."""
LATE = and_(among(Action.status, LIVE), or_(END_PASSED, MILESTONE_PAST_DUE))
"""As `health` says it of one action, and K05 of all."""


ACTIONS = Reading(
    Action,
    ActionQuery,
    {
        **equal_to(Action, "axis", "status", "lead_organisation_id"),
        "objective": lambda value: holds(Action.objectives, value),
        "department": lambda value: or_(holds(Action.departments, value), func.cardinality(col(Action.departments)) == 0),
        "flagship": and_(col(Action.flagship)),
        "overdue": LATE,
    },
    visible=visible_to(region=PLANNERS, organisation=dict.fromkeys(OTHERS, Action.lead_organisation_id), shared=SHARED),
    check_change=lambda caller, action: check_planner_or_lead(caller, action.departments, action.lead_organisation_id),
    history=Audience.editors,
    answered=("live",),
)


def actions(action_ids: Sequence[UUID]) -> SelectOfScalar[Action]:
    """Several actions."""
    return select(Action).where(among(Action.id, action_ids))


def milestones_of(action_ids: Sequence[UUID]) -> SelectOfScalar[Milestone]:
    """The milestones of actions, by due date."""
    return select(Milestone).where(among(Milestone.action_id, action_ids)).order_by(col(Milestone.due), col(Milestone.id))
