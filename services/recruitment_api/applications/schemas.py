"""What the API takes and gives of an application."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from services.contracts.codes import Department, Profession
from services.contracts.envelope import StatusChange
from services.contracts.recruitment import ApplicationState, ApplicationStatus, NeedEnding, NeedUrgency
from services.contracts.standing import Concealment, Owner
from services.kernel.api.allowed_operations import Live
from services.kernel.api.paging import ListQuery
from services.kernel.base.fields import without_nir
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown
from services.recruitment_api.applications.tables import Application, ApplicationDeclineReason
from services.recruitment_api.needs.schemas import EXAMPLE as NEED
from services.recruitment_api.parties import WALL

# at least a letter and a digit: neither a name nor a telephone number
OPAQUE = r"^[A-Za-z0-9_-]*([A-Za-z][A-Za-z0-9_-]*[0-9]|[0-9][A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]*$"
CandidateRef = Annotated[str, StringConstraints(min_length=6, max_length=40, pattern=OPAQUE), AfterValidator(without_nir)]


EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a35",
    need_id=NEED["id"],
    organisation_id=NEED["organisation_id"],
    organisation_name=NEED["organisation_name"],
    site_name=NEED["site_name"],
    commune=NEED["commune"],
    department=NEED["department"],
    profession=NEED["profession"],
    urgency=NEED["urgency"],
    candidate_ref="C7F3A9K2",
    submitted_at=CREATED,
    respond_by="2026-10-02",
    answered_at=None,
    status="submitted",
    decline_reason=None,
    ended_on=None,
    why=None,
    owners=[],
    concealed=[],
    history=[{"status": "submitted", "at": CREATED}],
)


class ApplicationCreate(BaseModel):
    """Une nouvelle candidature."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    need_id: UUID = Field(description="Le besoin.")
    candidate_ref: CandidateRef = Field(
        description="Code opaque de la personne (lettres et chiffres mêlés) : jamais son nom ni aucune donnée personnelle.",
        examples=["C7F3A9K2"],
    )


class ApplicationDecline(BaseModel):
    """Pourquoi la candidature n'est pas retenue."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "incompatible_schedule"}]})

    reason: ApplicationDeclineReason = Field(description="Motif, obligatoire.")


class ApplicationRead(Resource):
    """Une candidature à un besoin."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    need_id: UUID = Field(description="Le besoin.")
    organisation_id: UUID = Field(description="L'employeur.")
    organisation_name: str | None = Field(description="Son nom ; null tant que ce service ne l'a pas appris.")
    site_name: str | None = Field(description="Nom du site du besoin.")
    commune: str | None = Field(description="Commune de ce site, par son nom.")
    department: Department = Field(description="Département.")
    profession: Profession = Field(description="Métier.")
    urgency: NeedUrgency = Field(description="Urgence du besoin au dépôt, qui donne le délai de réponse.")
    candidate_ref: str = Field(description="Code opaque de la personne.")
    submitted_at: datetime = Field(description="Dépôt (UTC).")
    respond_by: date = Field(description="Dernier jour pour répondre : un jour ouvré.")
    answered_at: datetime | None = Field(description="Réponse de l'employeur (UTC).")
    status: ApplicationStatus = Field(description="Statut.")
    decline_reason: ApplicationDeclineReason | None = Field(description="Motif du refus.")
    ended_on: date | None = Field(description="Jour où elle a pris fin avec le besoin, sans réponse.")
    why: NeedEnding | None = Field(description="Comment le besoin a cessé de chercher : pourvu, expiré, annulé.")
    owners: list[Owner] = Field(description="Organisations qui l'ont reçue ; vide : la même depuis l'origine.")
    concealed: list[Concealment] = Field(description="Périodes où rien n'en est montré ni répondu ; vide : jamais.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class ApplicationLive(Live):
    """Ce qui dépend du jour."""

    overdue: bool = Field(description="Sans réponse alors que le délai est passé, et qu'une réponse est possible.")
    days_left: int | None = Field(
        description="Jours restants pour répondre, négatif s'il est passé ; null une fois répondue, retirée ou finie, ou dissimulée.",
        examples=[2],
    )


class ApplicationQuery(ListQuery):
    """Les filtres de la liste des candidatures."""

    need_id: UUID | None = Field(None, description="Besoin.")
    organisation_id: UUID | None = Field(None, description="Employeur.")
    department: Department | None = Field(None, description="Département.")
    status: ApplicationStatus | None = Field(None, description="Statut.")
    overdue: bool | None = Field(None, description="Sans réponse alors que le délai est passé, ou non.")


APPLICATION = Noun(Application, ApplicationRead, ApplicationState, document_schema=4, personal=True, wall=WALL)
