"""Statements on assignments."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from services.contracts.codes import Role
from services.contracts.recruitment import AssignmentStatus
from services.kernel.paging import Listing
from services.kernel.principals import Principal
from services.kernel.records import versions_of
from services.kernel.resources import document_by_id
from services.recruitment_api.assignments.schemas import AssignmentQuery
from services.recruitment_api.assignments.tables import Assignment
from services.recruitment_api.visibility import concerning, concerns, filters

ASSIGNMENT_HISTORY = versions_of(Assignment)

DOCUMENT = document_by_id(Assignment)
OWN_DOCUMENT = document_by_id(Assignment, concerns(Assignment))

LISTING = Listing(
    Assignment,
    AssignmentQuery,
    {
        "need_id": lambda value: col(Assignment.need_id) == value,
        "application_id": lambda value: col(Assignment.application_id) == value,
        "organisation_id": lambda value: col(Assignment.organisation_id) == value,
        "department": lambda value: col(Assignment.department) == value,
        "status": lambda value: col(Assignment.status) == value,
    },
    scope=filters(Assignment),
)


def document(caller: Principal) -> Select[str, int]:
    """(document, version) by `id` and the binds of `visibility.scope`, of what the caller may see."""
    return DOCUMENT if caller.has(Role.steering) else OWN_DOCUMENT


def standing(need_id: UUID, candidate_ref: str) -> SelectOfScalar[UUID]:
    """The assignment that a person already has of a need."""
    confirmed = col(Assignment.status) == AssignmentStatus.confirmed
    return select(Assignment.id).where(Assignment.need_id == need_id, Assignment.candidate_ref == candidate_ref, confirmed)


def assignment(assignment_id: UUID, caller: Principal) -> SelectOfScalar[Assignment]:
    """One assignment, if the caller may see it."""
    statement = select(Assignment).where(Assignment.id == assignment_id)
    return statement if caller.has(Role.steering) else statement.where(concerning(Assignment, caller))
