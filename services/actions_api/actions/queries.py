"""Statements on actions."""

from uuid import UUID

from sqlalchemy import Date, and_, bindparam, func, literal_column, not_, or_
from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from services.actions_api.actions.schemas import ActionQuery
from services.actions_api.actions.tables import Action
from services.actions_api.milestones.tables import Milestone
from services.actions_api.organisations.tables import OrganisationCopy
from services.contracts.access import OrganisationStatus
from services.contracts.actions import ActionStatus, MilestoneStatus
from services.contracts.codes import Role
from services.kernel.paging import Listing
from services.kernel.principals import Principal
from services.kernel.records import among, holds, versions_of
from services.kernel.resources import document_by_id

ACTION_HISTORY = versions_of(Action)

SHARED = col(Action.status) != ActionStatus.draft
"""A draft is seen by those who prepare the plan, and by nobody else."""

DOCUMENT = document_by_id(Action)
SHARED_DOCUMENT = document_by_id(Action, SHARED)

LATE_MILESTONE = (
    select(Milestone.id)
    .where(
        col(Milestone.action_id) == col(Action.id),
        col(Milestone.status) == literal_column(f"'{MilestoneStatus.planned}'"),  # as the index of due dates says it
        col(Milestone.due) < bindparam("today", type_=Date()),
    )
    .exists()
)

LISTING = Listing(
    Action,
    ActionQuery,
    {
        "axis": lambda value: col(Action.axis) == value,
        "objective": lambda value: holds(Action.objectives, value),
        "department": lambda value: or_(holds(Action.departments, value), func.cardinality(col(Action.departments)) == 0),
        "status": lambda value: col(Action.status) == value,
        "lead_organisation_id": lambda value: col(Action.lead_organisation_id) == value,
    },
    scope={
        "flagships": lambda _value: and_(col(Action.flagship)),
        "not_flagships": lambda _value: not_(col(Action.flagship)),
        "late": lambda _value: LATE_MILESTONE,
        "not_late": lambda _value: not_(LATE_MILESTONE),
        "shared": lambda _value: SHARED,
    },
    answered=("flagship", "overdue", "live"),
)


def sees_drafts(caller: Principal) -> bool:
    """Whether a caller may see actions that are not yet shared."""
    return caller.has(Role.steering, Role.committee)


def document(caller: Principal) -> Select[str, int]:
    """(document, version) by `id`, of what the caller may see."""
    return DOCUMENT if sees_drafts(caller) else SHARED_DOCUMENT


def action(action_id: UUID, caller: Principal) -> SelectOfScalar[Action]:
    """One action, if the caller may see it."""
    statement = select(Action).where(Action.id == action_id)
    return statement if sees_drafts(caller) else statement.where(SHARED)


def actions(action_ids: list[UUID]) -> SelectOfScalar[Action]:
    """Several actions."""
    return select(Action).where(among(Action.id, action_ids))


def lead(organisation_id: UUID) -> SelectOfScalar[OrganisationCopy]:
    """An active organisation, to lead an action."""
    return select(OrganisationCopy).where(OrganisationCopy.id == organisation_id, OrganisationCopy.status == OrganisationStatus.active)
