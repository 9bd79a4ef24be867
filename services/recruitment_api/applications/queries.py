"""Statements on applications."""

from sqlalchemy import Date, and_, bindparam, not_
from sqlmodel import col

from services.kernel.api.reading import Reading, equal_to
from services.kernel.data.standing import concealed_now
from services.recruitment_api.applications.schemas import ApplicationQuery
from services.recruitment_api.applications.tables import PENDING, Application
from services.recruitment_api.parties import check_employer, visible_to_parties

OVERDUE = and_(PENDING, col(Application.respond_by) < bindparam("today", type_=Date()), not_(concealed_now(Application)))


APPLICATIONS = Reading(
    Application,
    ApplicationQuery,
    {
        **equal_to(Application, "need_id", "organisation_id", "department", "status"),
        "overdue": OVERDUE,
    },
    visible=visible_to_parties(Application),
    check_change=lambda caller, application: check_employer(caller, application.organisation_id),
)
