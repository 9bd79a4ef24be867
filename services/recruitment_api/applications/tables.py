"""Where applications live: a code stands for the person. What they copy of their need is as it was when they came: so is their deadline."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UUID as SaUuid, CheckConstraint, Date, DateTime, Index, Text, literal_column, text
from sqlmodel import col

from services.contracts.codes import Department, Profession
from services.contracts.labelled import Labelled
from services.contracts.recruitment import ApplicationStatus, NeedEnding, NeedUrgency
from services.kernel.data.columns import one_of, page_index, personal
from services.kernel.data.records import with_history
from services.kernel.data.standing import Concealable, Owned
from services.recruitment_api.base import RecruitmentRecord


class ApplicationDeclineReason(Labelled):
    """Pourquoi un employeur refuse : un motif d'une liste, jamais des mots sur une personne."""

    no_position = "no_position", "Plus de poste"
    lacking_skills = "lacking_skills", "Compétences insuffisantes"
    diploma_not_verified = "diploma_not_verified", "Diplôme non vérifié"
    incompatible_schedule = "incompatible_schedule", "Horaires incompatibles"
    not_mobile = "not_mobile", "Trop éloigné"
    non_eligible = "non_eligible", "Non éligible au dispositif"
    hired_elsewhere = "hired_elsewhere", "Recruté ailleurs"
    did_not_come = "did_not_come", "Absent à l'entretien"
    duplicate = "duplicate", "En double"
    other = "other", "Autre"


class Application(Owned, Concealable, RecruitmentRecord, table=True):
    """Une candidature à un besoin."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint(one_of("status", ApplicationStatus), "status"),
        CheckConstraint(one_of("decline_reason", ApplicationDeclineReason), "decline_reason"),
        CheckConstraint("(status = 'declined') = (decline_reason IS NOT NULL)", "declined"),
        CheckConstraint("(status IN ('accepted', 'declined')) = (answered_at IS NOT NULL)", "answered"),
        CheckConstraint(one_of("why", NeedEnding), "why"),
        CheckConstraint("(status = 'need_closed') = (ended_on IS NOT NULL)", "ended"),
        CheckConstraint("(ended_on IS NULL) = (why IS NULL)", "ended_for"),
        Index("application_pending", "need_id", "candidate_ref", unique=True, postgresql_where=text("status = 'submitted'")),
        page_index("application_need_page", "need_id"),
        page_index("application_organisation_page", "organisation_id"),
        page_index("application_department_page", "department"),
        page_index("application_status_page", "status"),
        Index("application_overdue", "respond_by", postgresql_where=text("status = 'submitted'")),
    )

    need_id: UUID = personal(SaUuid, references="need.id")
    organisation_id: UUID = personal(SaUuid)
    organisation_name: str | None = personal(Text, default=None)
    site_name: str | None = personal(Text, default=None)
    commune: str | None = personal(Text, default=None)
    department: Department = personal(Text)
    profession: Profession = personal(Text)
    urgency: NeedUrgency = personal(Text)
    candidate_ref: str = personal(Text)
    submitted_at: datetime = personal(DateTime(timezone=True))
    respond_by: date = personal(Date)
    answered_at: datetime | None = personal(DateTime(timezone=True), default=None)
    status: ApplicationStatus = personal(Text, default=ApplicationStatus.submitted)
    decline_reason: ApplicationDeclineReason | None = personal(Text, default=None)
    ended_on: date | None = personal(Date, default=None)
    why: NeedEnding | None = personal(Text, default=None)


with_history(Application)

PENDING = col(Application.status) == literal_column(f"'{ApplicationStatus.submitted}'")
"""The condition that an application waits for its answer, as the indexes say it: a bound value would not find them."""
