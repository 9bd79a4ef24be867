"""What can be done with an assignment."""

from uuid import UUID

from services.contracts.recruitment import AssignmentStatus
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.reading import Lock
from services.kernel.base import clock
from services.kernel.base.french import day_in_words
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import EXISTING, Conflict, NotFound, invalid
from services.kernel.data.database import Database
from services.recruitment_api.applications.tables import Application
from services.recruitment_api.assignments import queries
from services.recruitment_api.assignments.lifecycle import OPERATIONS, move
from services.recruitment_api.assignments.queries import ASSIGNMENTS
from services.recruitment_api.assignments.schemas import Acceptance
from services.recruitment_api.assignments.tables import Assignment, AssignmentCancelReason
from services.recruitment_api.names import NEED_NAMES
from services.recruitment_api.needs import operations as needs
from services.recruitment_api.needs.dates import check_assigned
from services.recruitment_api.needs.queries import NEEDS
from services.recruitment_api.needs.tables import StaffingNeed

COPIED = ("organisation_id", "department", "profession", "urgency")


class AlreadyAssigned(Conflict):
    """A person fills one post of a need: `existing_id` is their assignment's, where the caller may see it."""

    type = "already-assigned"
    title = "Cette personne a déjà un poste de ce besoin"
    advice = "Annulez d'abord l'affectation qu'elle a, ou refusez cette candidature."
    members = EXISTING


async def confirm(db: Database, need: StaffingNeed, application: Application, body: Acceptance, *, by: Principal) -> Assignment:
    """Assigns a post of the need, which was taken before, to the application's person. Raises `Invalid`, `AlreadyAssigned`."""
    if body.legal_form not in need.legal_forms:
        raise invalid("#/legal_form", "not_offered", f"Le besoin propose : {', '.join(need.legal_forms)}.")
    starts_on = body.starts_on or need.starts_on
    ends_on = body.ends_on if "ends_on" in body.model_fields_set else need.ends_on  # null, if it is said: without an end
    check_assigned(need, starts_on, ends_on)
    await check_not_assigned(db, need.id, application.candidate_ref, by=by)  # the need's row is held: nobody else confirms one
    assert need.published_at is not None
    copies = NEED_NAMES.borne_by(need) | {name: getattr(need, name) for name in COPIED}
    assignment = Assignment(
        **copies,
        need_id=need.id,
        application_id=application.id,
        candidate_ref=application.candidate_ref,
        legal_form=body.legal_form,
        starts_on=starts_on,
        ends_on=ends_on,
        need_published_at=need.published_at,
        confirmed_at=clock.now(),
    )
    return await db.save(assignment, event="recruitment.assignment.confirmed", by=by)


async def check_not_assigned(db: Database, need_id: UUID, candidate_ref: str, *, by: Principal) -> None:
    """Raises `AlreadyAssigned` for a person who has a post of a need. Call it once the need is held."""
    with db.as_service():  # it may be with who had the need before
        found = await db.fetch(queries.confirmed(need_id, candidate_ref))
    if not found:
        return
    try:
        assignment = await ASSIGNMENTS.one(db, found[0], by=by)
    except NotFound:
        raise AlreadyAssigned("Elle est affectée chez l'employeur qui avait ce besoin : voyez avec lui.") from None
    raise AlreadyAssigned(
        f"Elle prend son poste le {day_in_words(assignment.starts_on)} : l'identifiant de son affectation est dans `existing_id`. Si elle "
        "ne vient plus, annulez d'abord cette affectation.",
        existing_id=str(assignment.id),
    )


async def cancel(db: Database, assignment_id: UUID, reason: AssignmentCancelReason, *, by: Principal, version: int) -> Assignment:
    """Cancels an assignment, with a reason: its post is free again."""
    found = await ASSIGNMENTS.load_for_change(db, assignment_id, by=by, version=version)
    await NEEDS.one(db, found.need_id, by=SYSTEM, lock=Lock.no_key_update)  # before the assignment, as locks are ordered
    assignment = await ASSIGNMENTS.one(db, assignment_id, by=by, version=version, lock=Lock.update)
    move(assignment, AssignmentStatus.cancelled)
    assignment.cancelled_on, assignment.cancel_reason = clock.today(), reason
    await db.save(assignment, event="recruitment.assignment.cancelled", by=by)
    await needs.free_post(db, assignment.need_id, by=by)
    return assignment


ALLOWED = AllowedOperations(ASSIGNMENTS, OPERATIONS)
