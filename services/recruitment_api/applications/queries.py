"""Statements on applications."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Date, and_, bindparam, exists, literal_column
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.recruitment import ApplicationStatus, NeedEnding
from services.kernel.api.reading import Reading
from services.kernel.base.principals import Principal
from services.kernel.data.conditions import among
from services.recruitment_api.applications.schemas import ApplicationQuery
from services.recruitment_api.applications.tables import Application
from services.recruitment_api.needs.tables import StaffingNeed
from services.recruitment_api.visibility import check_acts_for, own_or_followed

SUBMITTED = col(Application.status) == literal_column(f"'{ApplicationStatus.submitted}'")
"""As the index of unanswered applications says it: a bound value would not find it."""
OVERDUE = and_(SUBMITTED, col(Application.respond_by) < bindparam("today", type_=Date()))


def check_change(caller: Principal, application: Application) -> None:
    """Raises `Forbidden` unless the caller recruits for the application's organisation."""
    check_acts_for(caller, application.organisation_id)


APPLICATIONS = Reading(
    Application,
    ApplicationQuery,
    {
        "need_id": lambda value: col(Application.need_id) == value,
        "organisation_id": lambda value: col(Application.organisation_id) == value,
        "department": lambda value: col(Application.department) == value,
        "status": lambda value: col(Application.status) == value,
        "overdue": OVERDUE,
    },
    visible=own_or_followed(Application),
    check_change=check_change,
)


def pending_of(need_ids: Sequence[UUID]) -> SelectOfScalar[Application]:
    """The applications that wait for needs, locked in order. Their needs are held before."""
    return (
        select(Application)
        .where(SUBMITTED, among(Application.need_id, need_ids))
        .order_by(col(Application.id))
        .with_for_update(key_share=True)
    )


def waited_for_in_vain(limit: int) -> SelectOfScalar[StaffingNeed]:
    """Needs that have ended and for which an application still waits, locked in order, without those that somebody is changing."""
    waits = exists().where(SUBMITTED, col(Application.need_id) == col(StaffingNeed.id))
    return (
        select(StaffingNeed)
        .where(among(StaffingNeed.status, list(NeedEnding)), waits)
        .order_by(col(StaffingNeed.id))
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
