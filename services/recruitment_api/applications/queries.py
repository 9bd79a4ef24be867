"""Statements on applications."""

from sqlalchemy import Date, and_, bindparam
from sqlmodel import col

from services.kernel.api.reading import Reading
from services.recruitment_api.applications.schemas import ApplicationQuery
from services.recruitment_api.applications.tables import PENDING, Application
from services.recruitment_api.parties import check_employer, visible_to_parties

OVERDUE = and_(PENDING, col(Application.respond_by) < bindparam("today", type_=Date()))


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
    visible=visible_to_parties(Application),
    check_change=lambda caller, application: check_employer(caller, application.organisation_id),
)
