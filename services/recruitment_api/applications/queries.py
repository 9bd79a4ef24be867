"""Statements on applications."""

from uuid import UUID

from sqlalchemy import Date, and_, bindparam, literal_column, not_
from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from services.contracts.codes import Role
from services.contracts.recruitment import ApplicationStatus
from services.kernel.paging import Listing
from services.kernel.principals import Principal
from services.kernel.records import versions_of
from services.kernel.resources import document_by_id
from services.recruitment_api.applications.tables import Application
from services.recruitment_api.visibility import concerning, concerns, filters

APPLICATION_HISTORY = versions_of(Application)

SUBMITTED = col(Application.status) == literal_column(f"'{ApplicationStatus.submitted}'")
"""As the index of unanswered applications says it: a bound value would not find it."""
OVERDUE = and_(SUBMITTED, col(Application.respond_by) < bindparam("today", type_=Date()))

DOCUMENT = document_by_id(Application)
OWN_DOCUMENT = document_by_id(Application, concerns(Application))

LISTING = Listing(
    Application,
    {
        "need_id": lambda value: col(Application.need_id) == value,
        "organisation_id": lambda value: col(Application.organisation_id) == value,
        "department": lambda value: col(Application.department) == value,
        "status": lambda value: col(Application.status) == value,
        "late": lambda _value: OVERDUE,
        "not_late": lambda _value: not_(OVERDUE),
        **filters(Application),
    },
)


def document(caller: Principal) -> Select[str, int]:
    """(document, version) by `id` and the binds of `visibility.scope`, of what the caller may see."""
    return DOCUMENT if caller.has(Role.steering) else OWN_DOCUMENT


def application(application_id: UUID, caller: Principal) -> SelectOfScalar[Application]:
    """One application, if the caller may see it."""
    statement = select(Application).where(Application.id == application_id)
    return statement if caller.has(Role.steering) else statement.where(concerning(Application, caller))
