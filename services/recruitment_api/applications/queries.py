"""Statements on applications."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Date, and_, bindparam, exists, literal_column, not_
from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from services.contracts.codes import Role
from services.contracts.recruitment import ApplicationStatus, NeedEnding
from services.kernel.paging import Listing
from services.kernel.principals import Principal
from services.kernel.records import among, versions_of
from services.kernel.resources import document_by_id
from services.recruitment_api.applications.schemas import ApplicationQuery
from services.recruitment_api.applications.tables import Application
from services.recruitment_api.needs.tables import StaffingNeed
from services.recruitment_api.visibility import concerning, concerns, filters

APPLICATION_HISTORY = versions_of(Application)

SUBMITTED = col(Application.status) == literal_column(f"'{ApplicationStatus.submitted}'")
"""As the index of unanswered applications says it: a bound value would not find it."""
OVERDUE = and_(SUBMITTED, col(Application.respond_by) < bindparam("today", type_=Date()))

DOCUMENT = document_by_id(Application)
OWN_DOCUMENT = document_by_id(Application, concerns(Application))

LISTING = Listing(
    Application,
    ApplicationQuery,
    {
        "need_id": lambda value: col(Application.need_id) == value,
        "organisation_id": lambda value: col(Application.organisation_id) == value,
        "department": lambda value: col(Application.department) == value,
        "status": lambda value: col(Application.status) == value,
    },
    scope={
        "late": lambda _value: OVERDUE,
        "not_late": lambda _value: not_(OVERDUE),
        **filters(Application),
    },
    answered=("overdue",),
)


def document(caller: Principal) -> Select[str, int]:
    """(document, version) by `id` and the binds of `visibility.scope`, of what the caller may see."""
    return DOCUMENT if caller.has(Role.steering) else OWN_DOCUMENT


def application(application_id: UUID, caller: Principal) -> SelectOfScalar[Application]:
    """One application, if the caller may see it."""
    statement = select(Application).where(Application.id == application_id)
    return statement if caller.has(Role.steering) else statement.where(concerning(Application, caller))


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
