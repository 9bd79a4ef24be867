"""What the API takes and gives of a request for seats."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.codes import Department, Profession
from services.contracts.envelope import StatusChange
from services.contracts.internships import OfferEnding, RequestDeclineReason, RequestState, RequestStatus
from services.contracts.standing import Concealment, Owner
from services.internships_api.parties import WALL
from services.internships_api.placements.schemas import EXAMPLE as PLACEMENT
from services.internships_api.requests.tables import PlacementRequest
from services.kernel.api.paging import ListQuery
from services.kernel.base.fields import Paragraphs, count
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a23",
    offer_id=PLACEMENT["offer_id"],
    unit_name=PLACEMENT["unit_name"],
    organisation_id=PLACEMENT["organisation_id"],
    organisation_name=PLACEMENT["organisation_name"],
    site_name=PLACEMENT["site_name"],
    commune=PLACEMENT["commune"],
    department=PLACEMENT["department"],
    institute_id=PLACEMENT["institute_id"],
    institute_name=PLACEMENT["institute_name"],
    profession=PLACEMENT["profession"],
    learners=2,
    message="Deux étudiantes de deuxième année, la première fois en médecine.",
    submitted_at=CREATED,
    answered_at=None,
    decline_reason=None,
    ended_on=None,
    why=None,
    status="submitted",
    owners=[],
    concealed=[],
    history=[{"status": "submitted", "at": CREATED}],
)


class RequestCreate(BaseModel):
    """Une demande de places sur une offre publiée."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    offer_id: UUID = Field(description="Offre.")
    profession: Profession = Field(description="Profession préparée, parmi celles de l'offre.")
    learners: count(1, 50) = Field(description="Nombre d'apprenants.")  # type: ignore[valid-type]  # a type made by a function
    institute_id: UUID | None = Field(None, description="Institut ; celui de l'appelant si rien n'est dit.")
    message: Paragraphs | None = Field(None, description="Mot au terrain, sans nom de personne.")


class RequestDecline(BaseModel):
    """Un refus."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "no_tutor"}]})

    reason: RequestDeclineReason = Field(description="Motif : plus de place, pas de tuteur, niveau, dates, terrain indisponible, autre.")


class RequestRead(Resource):
    """Une demande de places faite par un institut, et la réponse du terrain."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    offer_id: UUID = Field(description="Offre.")
    unit_name: str | None = Field(description="Nom du terrain de stage.")
    site_name: str | None = Field(description="Nom du site.")
    commune: str | None = Field(description="Commune du site, par son nom.")
    organisation_id: UUID = Field(description="Organisation d'accueil.")
    organisation_name: str | None = Field(description="Son nom ; null tant que ce service ne l'a pas appris.")
    institute_id: UUID = Field(description="Institut.")
    institute_name: str | None = Field(description="Son nom ; null tant que ce service ne l'a pas appris.")
    department: Department = Field(description="Département du terrain.")
    profession: Profession = Field(description="Profession préparée.")
    learners: int = Field(description="Nombre d'apprenants.")
    message: str | None = Field(description="Mot au terrain.")
    submitted_at: datetime = Field(description="Dépôt (UTC).")
    answered_at: datetime | None = Field(description="Réponse du terrain (UTC).")
    decline_reason: RequestDeclineReason | None = Field(description="Motif du refus.")
    ended_on: date | None = Field(description="Jour où elle a pris fin avec l'offre, sans réponse.")
    why: OfferEnding | None = Field(description="Comment l'offre a pris fin : close, dernière semaine passée, annulée.")
    status: RequestStatus = Field(description="Statut.")
    owners: list[Owner] = Field(description="Organisations qui l'ont reçue ; vide : la même depuis l'origine.")
    concealed: list[Concealment] = Field(description="Périodes où rien n'en est montré ni répondu ; vide : jamais.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class RequestQuery(ListQuery):
    """Les filtres de la liste des demandes."""

    offer_id: UUID | None = Field(None, description="Offre.")
    organisation_id: UUID | None = Field(None, description="Organisation d'accueil.")
    institute_id: UUID | None = Field(None, description="Institut.")
    department: Department | None = Field(None, description="Département.")
    profession: Profession | None = Field(None, description="Profession.")
    status: RequestStatus | None = Field(None, description="Statut.")


REQUEST = Noun(PlacementRequest, RequestRead, RequestState, document_schema=4, confidential=True, wall=WALL)
