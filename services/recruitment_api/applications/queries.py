"""Statements on applications."""

from uuid import UUID

from sqlalchemy import Date, and_, bindparam
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

OVERDUE = and_(col(Application.status) == ApplicationStatus.submitted, col(Application.respond_by) < bindparam("today", type_=Date()))

DOCUMENT = document_by_id(Application)
OWN_DOCUMENT = document_by_id(Application, concerns(Application))

LISTING = Listing(
    Application,
    {
        "need_id": lambda value: col(Application.need_id) == value,
        "organisation_id": lambda value: col(Application.organisation_id) == value,
        "department": lambda value: col(Application.department) == value,
        "status": lambda value: col(Application.status) == value,
        "overdue": lambda value: value == OVERDUE,
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
