"""What the API takes and gives of an assignment."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.codes import Department, Profession
from services.contracts.envelope import StatusChange
from services.contracts.recruitment import AssignmentState, AssignmentStatus, NeedUrgency
from services.kernel.api.paging import ListQuery
from services.kernel.base.fields import Day
from services.kernel.data.nouns import CREATED, Noun, Resource, shown
from services.recruitment_api.assignments.tables import Assignment, AssignmentCancelReason
from services.recruitment_api.needs.schemas import EXAMPLE as NEED
from services.recruitment_api.needs.tables import LegalForm
from services.recruitment_api.parties import WALL

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a36",
    need_id=NEED["id"],
    application_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a35",
    organisation_id=NEED["organisation_id"],
    organisation_name=NEED["organisation_name"],
    site_name=NEED["site_name"],
    commune=NEED["commune"],
    department=NEED["department"],
    profession=NEED["profession"],
    urgency=NEED["urgency"],
    candidate_ref="C7F3A9K2",
    legal_form="cdi",
    starts_on=NEED["starts_on"],
    ends_on=None,
    need_published_at=CREATED,
    confirmed_at=CREATED,
    cancelled_on=None,
    cancel_reason=None,
    status="confirmed",
    history=[{"status": "confirmed", "at": CREATED}],
)


class Acceptance(BaseModel):
    """L'affectation qui répond à la candidature."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"legal_form": "cdi", "starts_on": "2027-01-04"}]})

    legal_form: LegalForm = Field(description="Forme de contrat, parmi celles du besoin.")
    starts_on: Day | None = Field(None, description="Prise de poste, dans les dates du besoin ; celle du besoin si elle n'est pas dite.")
    ends_on: Day | None = Field(None, description="Fin prévue, exclue, dans les dates du besoin ; celle du besoin si elle n'est pas dite.")


class AssignmentCancellation(BaseModel):
    """Pourquoi l'affectation est annulée."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "candidate_withdrew"}]})

    reason: AssignmentCancelReason = Field(description="Motif, obligatoire.")


class AssignmentRead(Resource):
    """Une affectation : un poste d'un besoin pourvu par une personne."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    need_id: UUID = Field(description="Le besoin.")
    application_id: UUID = Field(description="La candidature acceptée.")
    organisation_id: UUID = Field(description="L'employeur.")
    organisation_name: str | None = Field(description="Son nom ; null tant que ce service ne l'a pas appris.")
    site_name: str | None = Field(description="Nom du site du besoin.")
    commune: str | None = Field(description="Commune de ce site, par son nom.")
    department: Department = Field(description="Département.")
    profession: Profession = Field(description="Métier.")
    urgency: NeedUrgency = Field(description="Urgence du besoin.")
    candidate_ref: str = Field(description="Code opaque de la personne.")
    legal_form: LegalForm = Field(description="Forme de contrat.")
    starts_on: date = Field(description="Prise de poste.")
    ends_on: date | None = Field(description="Fin prévue, exclue.")
    need_published_at: datetime = Field(description="Première publication du besoin (UTC).")
    confirmed_at: datetime = Field(description="Confirmation (UTC).")
    cancelled_on: date | None = Field(description="Jour de l'annulation.")
    cancel_reason: AssignmentCancelReason | None = Field(description="Motif de l'annulation.")
    status: AssignmentStatus = Field(description="Statut.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class AssignmentQuery(ListQuery):
    """Les filtres de la liste des affectations."""

    need_id: UUID | None = Field(None, description="Besoin.")
    application_id: UUID | None = Field(None, description="Candidature.")
    organisation_id: UUID | None = Field(None, description="Employeur.")
    department: Department | None = Field(None, description="Département.")
    status: AssignmentStatus | None = Field(None, description="Statut.")


ASSIGNMENT = Noun(Assignment, AssignmentRead, AssignmentState, document_schema=2, personal=True, wall=WALL)
