"""What can be done with an application. Locks are taken in one order: need, applications by their ids, assignments by their ids."""

from collections.abc import Collection
from uuid import UUID

from services.contracts.recruitment import ApplicationStatus
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.base import clock
from services.kernel.base.principals import Principal
from services.kernel.data.database import Database
from services.kernel.data.standing import refuse_concealed
from services.recruitment_api.applications.deadlines import respond_by
from services.recruitment_api.applications.lifecycle import OPERATIONS, move
from services.recruitment_api.applications.queries import APPLICATIONS
from services.recruitment_api.applications.schemas import ApplicationCreate, ApplicationLive
from services.recruitment_api.applications.tables import Application, ApplicationDeclineReason
from services.recruitment_api.assignments import operations as assignments
from services.recruitment_api.assignments.schemas import Acceptance
from services.recruitment_api.names import NEED_NAMES
from services.recruitment_api.needs import operations as needs
from services.recruitment_api.parties import check_employer_or_hr_partner

COPIED = ("organisation_id", "department", "profession", "urgency")
"""What an application says as its need does."""


async def submit(db: Database, body: ApplicationCreate, *, by: Principal) -> Application:
    """Answers a need that seeks.

    Raises `NeedNotOpen`, `Concealed`, `AlreadyAssigned` for a person who has a post of it, and `AlreadyExists` while they have one pending
    for it.
    """
    need = await needs.load_seeking(db, body.need_id, by=by)
    check_employer_or_hr_partner(by, need.organisation_id, need.department)
    await assignments.check_not_assigned(db, need.id, body.candidate_ref, by=by)
    copies = NEED_NAMES.borne_by(need) | {name: getattr(need, name) for name in COPIED}
    deadline = respond_by(clock.today(), need.urgency)
    application = Application(**body.model_dump(), **copies, submitted_at=clock.now(), respond_by=deadline)
    return await db.save(application, event="recruitment.application.submitted", by=by)


async def accept(db: Database, application_id: UUID, body: Acceptance, *, by: Principal, version: int) -> Application:
    """Accepts an application: one post of its need is filled by an assignment; the last one ends those that still wait.

    Raises `NoPostLeft`, `NeedNotOpen` or `Concealed`.
    """
    application = await APPLICATIONS.load_for_change(db, application_id, by=by, version=version)
    move(application, ApplicationStatus.accepted)
    async with needs.take_post(db, application.need_id, by=by) as need:
        await assignments.confirm(db, need, application, body, by=by)
        application.answered_at = clock.now()
        return await db.save(application, event="recruitment.application.accepted", by=by)


async def decline(db: Database, application_id: UUID, reason: ApplicationDeclineReason, *, by: Principal, version: int) -> Application:
    """Declines an application, with a reason. Raises `Concealed`: what nobody can accept, nobody declines."""
    application = await APPLICATIONS.load_for_change(db, application_id, by=by, version=version)
    move(application, ApplicationStatus.declined)
    refuse_concealed(await needs.concealment(db, await needs.load(db, application.need_id)))
    application.answered_at, application.decline_reason = clock.now(), reason
    return await db.save(application, event="recruitment.application.declined", by=by)


async def withdraw(db: Database, application_id: UUID, *, by: Principal, version: int) -> Application:
    """Withdraws an application, as its candidate wishes."""
    application = await APPLICATIONS.one(db, application_id, by=by, version=version)
    move(application, ApplicationStatus.withdrawn)
    return await db.save(application, event="recruitment.application.withdrawn", by=by)


async def read_live(db: Database, application_id: UUID, *, by: Principal) -> ApplicationLive:
    """Days left to answer, and what the caller may do today."""
    application = await APPLICATIONS.one(db, application_id, by=by)
    is_shown = await needs.concealment(db, await needs.load(db, application.need_id)) is None
    pending = application.status is ApplicationStatus.submitted and is_shown
    left = (application.respond_by - clock.today()).days
    return ApplicationLive(
        overdue=pending and left < 0,
        days_left=left if pending else None,
        allowed_operations=await ALLOWED.now(db, application, by=by),
    )


def _is_seen(_by: Principal, _application: Application) -> None:
    """Whoever sees an application may withdraw it, as its candidate wishes."""


async def _refused_now(db: Database, application: Application) -> Collection[str]:
    """Nothing is answered about a concealed need, nor accepted for one that seeks nobody."""
    need = await needs.load(db, application.need_id)
    if await needs.concealment(db, need):
        return "acceptApplication", "declineApplication"
    return () if needs.seeks(need) else ("acceptApplication",)


ALLOWED = AllowedOperations(APPLICATIONS, OPERATIONS, theirs={"withdrawApplication": _is_seen}, refused=_refused_now)
