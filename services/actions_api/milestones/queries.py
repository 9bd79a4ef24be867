"""Statements on milestones."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Date, and_, bindparam, literal_column, not_
from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from services.actions_api.actions.queries import sees_drafts
from services.actions_api.actions.tables import Action
from services.actions_api.milestones.schemas import MilestoneQuery
from services.actions_api.milestones.tables import Milestone
from services.contracts.actions import ActionStatus, MilestoneStatus
from services.kernel.paging import Listing
from services.kernel.principals import Principal
from services.kernel.records import among, versions_of
from services.kernel.resources import document_by_id

MILESTONE_HISTORY = versions_of(Milestone)

SHARED = col(Milestone.action_status) != ActionStatus.draft
PLANNED = col(Milestone.status) == literal_column(f"'{MilestoneStatus.planned}'")
"""As the index of due dates says it: a bound value would not find it."""
OVERDUE = and_(PLANNED, col(Milestone.due) < bindparam("today", type_=Date()))

DOCUMENT = document_by_id(Milestone)
SHARED_DOCUMENT = document_by_id(Milestone, SHARED)

LISTING = Listing(
    Milestone,
    MilestoneQuery,
    {
        "action_id": lambda value: col(Milestone.action_id) == value,
        "axis": lambda value: col(Milestone.axis) == value,
        "status": lambda value: col(Milestone.status) == value,
    },
    scope={
        "late": lambda _value: OVERDUE,
        "not_late": lambda _value: not_(OVERDUE),
        "shared": lambda _value: SHARED,
    },
    answered=("overdue", "live"),
)


def document(caller: Principal) -> Select[str, int]:
    """(document, version) by `id`, of what the caller may see."""
    return DOCUMENT if sees_drafts(caller) else SHARED_DOCUMENT


def milestone(milestone_id: UUID, caller: Principal) -> SelectOfScalar[Milestone]:
    """One milestone, if the caller may see it."""
    statement = select(Milestone).where(Milestone.id == milestone_id)
    return statement if sees_drafts(caller) else statement.where(SHARED)


def of_action(action_id: UUID) -> SelectOfScalar[Milestone]:
    """The milestones of an action, by due date."""
    return select(Milestone).where(Milestone.action_id == action_id).order_by(col(Milestone.due), col(Milestone.id))


def of_actions(action_ids: Sequence[UUID]) -> SelectOfScalar[Milestone]:
    """The milestones of several actions, by due date."""
    return select(Milestone).where(among(Milestone.action_id, action_ids)).order_by(col(Milestone.due), col(Milestone.id))


def those(milestone_ids: Sequence[UUID]) -> SelectOfScalar[Milestone]:
    """Several milestones."""
    return select(Milestone).where(among(Milestone.id, milestone_ids))


def parent(action_id: UUID) -> SelectOfScalar[Action]:
    """The action of a new milestone, held as it is until the milestone is there: what it copies must not change meanwhile."""
    return select(Action).where(Action.id == action_id).with_for_update(read=True)
