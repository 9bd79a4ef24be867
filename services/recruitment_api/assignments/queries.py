"""Statements on assignments."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.recruitment import AssignmentStatus
from services.kernel.api.reading import Reading, equal_to
from services.recruitment_api.assignments.schemas import AssignmentQuery
from services.recruitment_api.assignments.tables import Assignment
from services.recruitment_api.parties import check_employer, visible_to_parties

ASSIGNMENTS = Reading(
    Assignment,
    AssignmentQuery,
    equal_to(Assignment, "need_id", "application_id", "organisation_id", "department", "status"),
    visible=visible_to_parties(Assignment),
    check_change=lambda caller, assignment: check_employer(caller, assignment.organisation_id),
)


def confirmed(need_id: UUID, candidate_ref: str) -> SelectOfScalar[UUID]:
    """The assignment that a person already has of a need."""
    confirmed = col(Assignment.status) == AssignmentStatus.confirmed
    return select(Assignment.id).where(Assignment.need_id == need_id, Assignment.candidate_ref == candidate_ref, confirmed)
