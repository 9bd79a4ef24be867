"""Statements on assignments."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.recruitment import AssignmentStatus
from services.kernel.api.reading import Reading
from services.kernel.base.principals import Principal
from services.recruitment_api.assignments.schemas import AssignmentQuery
from services.recruitment_api.assignments.tables import Assignment
from services.recruitment_api.visibility import check_acts_for, own_or_followed


def check_change(caller: Principal, assignment: Assignment) -> None:
    """Raises `Forbidden` unless the caller recruits for the assignment's organisation."""
    check_acts_for(caller, assignment.organisation_id)


ASSIGNMENTS = Reading(
    Assignment,
    AssignmentQuery,
    {
        "need_id": lambda value: col(Assignment.need_id) == value,
        "application_id": lambda value: col(Assignment.application_id) == value,
        "organisation_id": lambda value: col(Assignment.organisation_id) == value,
        "department": lambda value: col(Assignment.department) == value,
        "status": lambda value: col(Assignment.status) == value,
    },
    visible=own_or_followed(Assignment),
    check_change=check_change,
)


def standing(need_id: UUID, candidate_ref: str) -> SelectOfScalar[UUID]:
    """The assignment that a person already has of a need."""
    confirmed = col(Assignment.status) == AssignmentStatus.confirmed
    return select(Assignment.id).where(Assignment.need_id == need_id, Assignment.candidate_ref == candidate_ref, confirmed)
