"""What the API takes and gives of a placement."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.contracts.codes import Department, Profession
from services.contracts.envelope import StatusChange
from services.contracts.internships import PlacementState, PlacementStatus
from services.internships_api.placements.tables import Placement, PlacementCancelReason
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.data.nouns import Noun, Resource

LearnerRef = Annotated[str, StringConstraints(max_length=20, pattern=r"^[A-Z]{0,8}[0-9][0-9-]{0,11}$")]
"""Too short for a social security number, and no name has a digit in it."""


class PlacementWrite(BaseModel):
    """What may be said of a placement once it is confirmed."""

    model_config = ConfigDict(extra="forbid")

    learner_ref: LearnerRef | None = Field(
        None, description="Référence de l'apprenant chez l'institut : un code opaque, jamais un nom.", examples=["IDE27-0042"]
    )


class PlacementPatch(patch_of(PlacementWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""


class PlacementCancellation(BaseModel):
    """Une annulation."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "learner_withdrew"}]})

    reason: PlacementCancelReason = Field(description="Motif : terrain indisponible, pas de tuteur, parcours modifié, désistement, autre.")


class PlacementRead(Resource):
    """Un stage attribué à un apprenant, dont le service ne connaît pas le nom."""

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


PLACEMENT = Noun(Placement, PlacementRead, PlacementState, document_schema=2, personal=True)
