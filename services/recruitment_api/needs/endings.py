"""What waits for a need ends with it: dated, with a reason of its own that is never the employer's fault."""

from collections.abc import Sequence

from services.contracts.recruitment import ApplicationStatus, NeedEnding
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.database import Database
from services.kernel.data.service import MOST, in_parts
from services.recruitment_api.applications.lifecycle import move
from services.recruitment_api.needs import queries
from services.recruitment_api.needs.tables import StaffingNeed

AT_ONCE = 50
"""Needs whose applications one transaction ends, where they were left behind."""


async def end_applications(db: Database, needs: Sequence[StaffingNeed], *, by: Principal) -> int:
    """Ends the applications that wait for needs, `MOST` of them; the job ends the others. How many they were.

    This transaction holds the needs, and they have ended in it or before.
    """
    ended = {need.id: need for need in needs}
    with db.as_service():  # some still wait for who had the need before
        applications = await db.fetch(queries.pending_applications(list(ended), MOST))
        for application in applications:
            need = ended[application.need_id]
            move(application, ApplicationStatus.need_closed)
            application.ended_on, application.why = need.ended_on, NeedEnding(need.status)
        await db.save_many(applications, event="recruitment.application.ended", by=by)
    return len(applications)


async def end_applications_left_pending(db: Database) -> None:
    """Ends what still waits for needs that ended and that their own transaction left, at the day on which they did."""
    await in_parts(db, _end_some, AT_ONCE)


async def _end_some(db: Database) -> int:
    needs = await db.fetch(queries.ended_with_pending_applications(AT_ONCE))
    done = await end_applications(db, needs, by=SYSTEM)
    return AT_ONCE if done == MOST else len(needs)
