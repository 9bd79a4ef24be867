"""What the API takes and gives of a placement."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.contracts.codes import Department, Profession
from services.contracts.envelope import StatusChange
from services.contracts.internships import PlacementState, PlacementStatus
from services.internships_api.offers.schemas import EXAMPLE as OFFER
from services.internships_api.parties import WALL
from services.internships_api.placements.tables import Placement, PlacementCancelReason
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.data.nouns import CREATED, Noun, Resource, shown

LearnerRef = Annotated[str, StringConstraints(max_length=20, pattern=r"^[A-Z]{0,8}[0-9][0-9-]{0,11}$")]
"""Too short for a social security number, and no name has a digit in it."""


EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a24",
    request_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a23",
    offer_id=OFFER["id"],
    unit_id=OFFER["unit_id"],
    unit_name=OFFER["unit_name"],
    site_name=OFFER["site_name"],
    commune=OFFER["commune"],
    organisation_id=OFFER["organisation_id"],
    organisation_name=OFFER["organisation_name"],
    institute_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a03",
    institute_name="IFSI de Saint-Nazaire",
    department=OFFER["department"],
    profession="ide",
    starts_on=OFFER["starts_on"],
    ends_on=OFFER["ends_on"],
    learner_ref=None,
    confirmed_on="2026-09-30",
    cancelled_on=None,
    cancel_reason=None,
    status="confirmed",
    history=[{"status": "confirmed", "at": CREATED}],
)


class PlacementWrite(BaseModel):
    """What may be said of a placement once it is confirmed."""

    model_config = ConfigDict(extra="forbid")

    learner_ref: LearnerRef | None = Field(
        None, description="Référence de l'apprenant chez l'institut : un code opaque, jamais un nom.", examples=["IDE27-0042"]
    )


class PlacementPatch(patch_of(PlacementWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"learner_ref": "IDE27-0042"}]})


class PlacementCancellation(BaseModel):
    """Une annulation."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "learner_withdrew"}]})

    reason: PlacementCancelReason = Field(description="Motif : terrain indisponible, pas de tuteur, parcours modifié, désistement, autre.")


class PlacementRead(Resource):
    """Un stage attribué à un apprenant, dont le service ne connaît pas le nom."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    request_id: UUID = Field(description="Demande acceptée.")
    offer_id: UUID = Field(description="Offre.")
    unit_id: UUID = Field(description="Terrain de stage.")
    unit_name: str | None = Field(description="Nom du terrain de stage.")
    site_name: str | None = Field(description="Nom du site.")
    commune: str | None = Field(description="Commune du site, par son nom.")
    organisation_id: UUID = Field(description="Organisation d'accueil.")
    organisation_name: str | None = Field(description="Son nom ; null tant que ce service ne l'a pas appris.")
    institute_id: UUID = Field(description="Institut.")
    institute_name: str | None = Field(description="Son nom ; null tant que ce service ne l'a pas appris.")
    department: Department = Field(description="Département du terrain.")
    profession: Profession = Field(description="Profession préparée.")
    starts_on: date = Field(description="Début : un lundi.")
    ends_on: date = Field(description="Fin, exclue : un lundi.")
    learner_ref: str | None = Field(description="Référence de l'apprenant chez l'institut.")
    confirmed_on: date = Field(description="Jour de la confirmation.")
    cancelled_on: date | None = Field(description="Jour de l'annulation.")
    cancel_reason: PlacementCancelReason | None = Field(description="Motif de l'annulation.")
    status: PlacementStatus = Field(description="Statut.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class PlacementQuery(ListQuery):
    """Les filtres de la liste des stages."""

    offer_id: UUID | None = Field(None, description="Offre.")
    unit_id: UUID | None = Field(None, description="Terrain de stage.")
    request_id: UUID | None = Field(None, description="Demande acceptée.")
    organisation_id: UUID | None = Field(None, description="Organisation d'accueil.")
    institute_id: UUID | None = Field(None, description="Institut.")
    department: Department | None = Field(None, description="Département.")
    profession: Profession | None = Field(None, description="Profession.")
    status: PlacementStatus | None = Field(None, description="Statut.")


PLACEMENT = Noun(Placement, PlacementRead, PlacementState, document_schema=2, personal=True, wall=WALL)
