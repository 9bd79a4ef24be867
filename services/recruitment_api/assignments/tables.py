"""Where assignments live: a post of a need, filled by a person, for whom a code stands."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UUID as SaUuid, CheckConstraint, Date, DateTime, Text, UniqueConstraint

from services.contracts.codes import Department, Profession
from services.contracts.labelled import Labelled
from services.contracts.recruitment import AssignmentStatus, NeedUrgency
from services.kernel.data.columns import one_of, page_index, personal
from services.kernel.data.records import with_history
from services.kernel.data.standing import Concealable
from services.recruitment_api.base import RecruitmentRecord
from services.recruitment_api.needs.tables import LegalForm


class AssignmentCancelReason(Labelled):
    """Pourquoi une affectation est annulée : un motif d'une liste, jamais des mots sur une personne."""

    candidate_withdrew = "candidate_withdrew", "Désistement du candidat"
    no_show = "no_show", "Ne s'est pas présenté"
    conditions_not_met = "conditions_not_met", "Conditions non remplies"
    employer_changed = "employer_changed", "Changement d'avis de l'employeur"
    entered_by_mistake = "entered_by_mistake", "Saisie par erreur"
    other = "other", "Autre"


class Assignment(Concealable, RecruitmentRecord, table=True):
    """Une affectation."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("application_id"),
        CheckConstraint(one_of("legal_form", LegalForm), "legal_form"),
        CheckConstraint(one_of("status", AssignmentStatus), "status"),
        CheckConstraint(one_of("cancel_reason", AssignmentCancelReason), "cancel_reason"),
        CheckConstraint("(status = 'cancelled') = (cancelled_on IS NOT NULL)", "cancelled"),
        CheckConstraint("(cancelled_on IS NULL) = (cancel_reason IS NULL)", "cancelled_for"),
        CheckConstraint("starts_on < ends_on", "period"),
        page_index("assignment_need_page", "need_id"),
        page_index("assignment_organisation_page", "organisation_id"),
        page_index("assignment_department_page", "department"),
        page_index("assignment_status_page", "status"),
    )

    need_id: UUID = personal(SaUuid, references="need.id")
    application_id: UUID = personal(SaUuid, references="application.id")
    organisation_id: UUID = personal(SaUuid)
    organisation_name: str | None = personal(Text, default=None)
    site_name: str | None = personal(Text, default=None)
    commune: str | None = personal(Text, default=None)
    department: Department = personal(Text)
    profession: Profession = personal(Text)
    urgency: NeedUrgency = personal(Text)
    candidate_ref: str = personal(Text)
    legal_form: LegalForm = personal(Text)
    starts_on: date = personal(Date)
    ends_on: date | None = personal(Date, default=None)
    need_published_at: datetime = personal(DateTime(timezone=True))
    confirmed_at: datetime = personal(DateTime(timezone=True))
    cancelled_on: date | None = personal(Date, default=None)
    cancel_reason: AssignmentCancelReason | None = personal(Text, default=None)
    status: AssignmentStatus = personal(Text, default=AssignmentStatus.confirmed)


with_history(Assignment)
