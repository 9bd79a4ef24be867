"""Statements on applications."""

from sqlalchemy import Date, and_, bindparam
from sqlmodel import col

from services.kernel.api.reading import Reading
from services.kernel.base.principals import Principal
from services.recruitment_api.applications.schemas import ApplicationQuery
from services.recruitment_api.applications.tables import PENDING, Application
from services.recruitment_api.visibility import check_acts_for, own_or_followed

OVERDUE = and_(PENDING, col(Application.respond_by) < bindparam("today", type_=Date()))


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
