"""What the API takes and gives of a placement unit."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.contracts.codes import Department, Profession
from services.contracts.envelope import StatusChange
from services.contracts.internships import UnitState, UnitStatus
from services.contracts.standing import Concealment, Owner
from services.internships_api.units.tables import Unit
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.base.fields import Code, Flag, Line, distinct
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a21",
    organisation_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a01",
    organisation_name="Centre hospitalier de Saint-Nazaire",
    site_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a02",
    site_name="Cité sanitaire de Saint-Nazaire",
    commune="Saint-Nazaire",
    department="44",
    code="MED-2",
    name="Médecine polyvalente, 2e étage",
    professions=["ide", "as"],
    first_placement_suitable=True,
    status="active",
    status_reason=None,
    owners=[],
    concealed=[],
    history=[{"status": "active", "at": CREATED}],
)

Professions = Annotated[list[Profession], Field(min_length=1, max_length=len(Profession)), AfterValidator(distinct)]


class UnitWrite(BaseModel):
    """What may be said of a unit after its creation."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(description="Nom.")
    professions: Professions = Field(description="Professions accueillies.", json_schema_extra={"uniqueItems": True})
    first_placement_suitable: Flag = Field(False, description="Convient à un premier stage.")


class UnitCreate(UnitWrite):
    """Un nouveau terrain de stage, qui accueille dès sa création."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    organisation_id: UUID = Field(description="Organisation d'accueil.")
    site_id: UUID = Field(description="Site de cette organisation ; il donne le département.")
    code: Code = Field(description="Code du terrain, unique dans son site.", examples=["MED-2"])


class UnitPatch(patch_of(UnitWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Médecine polyvalente et gériatrie"}]})


class UnitRead(Resource):
    """Un terrain de stage : l'unité d'un site qui accueille des stagiaires."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    organisation_id: UUID = Field(description="Organisation d'accueil.")
    organisation_name: str | None = Field(description="Son nom ; null tant que ce service ne l'a pas appris.")
    site_id: UUID = Field(description="Site.")
    site_name: str | None = Field(description="Nom du site.")
    commune: str | None = Field(description="Commune du site, par son nom.")
    department: Department = Field(description="Département du site.")
    code: str = Field(description="Code du terrain, unique dans son site.")
    name: str = Field(description="Nom.")
    professions: list[Profession] = Field(description="Professions accueillies.")
    first_placement_suitable: bool = Field(description="Convient à un premier stage.")
    status: UnitStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif de la suspension.")
    owners: list[Owner] = Field(description="Organisations qui l'ont eu ; vide : la même depuis l'origine.")
    concealed: list[Concealment] = Field(description="Périodes où rien n'en est montré ni répondu ; vide : jamais.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class UnitQuery(ListQuery):
    """Les filtres de la liste des terrains."""

    department: Department | None = Field(None, description="Département.")
    profession: Profession | None = Field(None, description="Profession accueillie.")
    site_id: UUID | None = Field(None, description="Site.")
    organisation_id: UUID | None = Field(None, description="Organisation d'accueil.")
    status: UnitStatus | None = Field(None, description="Statut.")


UNIT = Noun(Unit, UnitRead, UnitState, document_schema=3)
