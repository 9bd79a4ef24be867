"""What the API takes and gives of a placement offer."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.contracts.codes import Department, Profession
from services.contracts.envelope import StatusChange
from services.contracts.internships import OfferState, OfferStatus
from services.contracts.standing import Concealment, Owner
from services.internships_api.offers.tables import Offer
from services.internships_api.units.schemas import EXAMPLE as UNIT, Professions
from services.internships_api.weeks import Monday, check_period
from services.kernel.api.allowed_operations import Live
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.base.fields import Day, Paragraphs, count, distinct
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown

MOST_WEEKS = 52
EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a22",
    unit_id=UNIT["id"],
    unit_name=UNIT["name"],
    organisation_id=UNIT["organisation_id"],
    organisation_name=UNIT["organisation_name"],
    site_name=UNIT["site_name"],
    commune=UNIT["commune"],
    department=UNIT["department"],
    professions=["ide"],
    starts_on="2027-02-01",
    ends_on="2027-03-08",
    seats=4,
    taken=0,
    year_levels=[2, 3],
    description=None,
    published_on=None,
    status="draft",
    status_reason=None,
    owners=[],
    concealed=[],
    history=[{"status": "draft", "at": CREATED}],
)

YearLevels = Annotated[list[Annotated[int, Field(strict=True, ge=1, le=5)]], Field(max_length=5), AfterValidator(distinct)]


class OfferWrite(BaseModel):
    """What may be said of an offer: all of it while it is a draft, some of it once it is published."""

    model_config = ConfigDict(extra="forbid")

    professions: Professions = Field(description="Professions, parmi celles du terrain.", json_schema_extra={"uniqueItems": True})
    starts_on: Monday = Field(description="Début : un lundi.", examples=["2027-02-01"])
    ends_on: Monday = Field(description=f"Fin, exclue : un lundi ; au plus {MOST_WEEKS} semaines.", examples=["2027-03-08"])
    seats: count(1, 200) = Field(description="Places à temps plein.")  # type: ignore[valid-type]  # a type made by a function
    year_levels: YearLevels = Field([], description="Années de formation ; aucune : toutes.", json_schema_extra={"uniqueItems": True})
    description: Paragraphs | None = Field(None, description="Présentation du stage.")

    @model_validator(mode="after")
    def _is_a_period(self) -> "OfferWrite":
        check_period(self.starts_on, self.ends_on, MOST_WEEKS)
        return self


class OfferCreate(OfferWrite):
    """Une nouvelle offre de stage, à l'état de brouillon."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    unit_id: UUID = Field(description="Terrain de stage.")


class OfferPatch(patch_of(OfferWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"description": "Tutorat par une infirmière formée."}]})


class OfferResize(BaseModel):
    """Un autre nombre de places."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"seats": 3}]})

    seats: count(1, 200) = Field(description="Places à temps plein : au moins celles qui sont prises.")  # type: ignore[valid-type]  # a type made by a function


class OfferRead(Resource):
    """Une offre de stage : des places dans un terrain, sur des semaines civiles entières."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    unit_id: UUID = Field(description="Terrain de stage.")
    unit_name: str | None = Field(description="Nom du terrain de stage.")
    organisation_id: UUID = Field(description="Organisation d'accueil.")
    organisation_name: str | None = Field(description="Son nom ; null tant que ce service ne l'a pas appris.")
    site_name: str | None = Field(description="Nom du site.")
    commune: str | None = Field(description="Commune du site, par son nom.")
    department: Department = Field(description="Département du terrain.")
    professions: list[Profession] = Field(description="Professions.")
    starts_on: date = Field(description="Début : un lundi.")
    ends_on: date = Field(description="Fin, exclue : un lundi.")
    seats: int = Field(description="Places à temps plein.")
    taken: int = Field(description="Places prises par des stages confirmés.")
    year_levels: list[int] = Field(description="Années de formation ; aucune : toutes.")
    description: str | None = Field(description="Présentation du stage.")
    published_on: date | None = Field(description="Jour de la publication.")
    status: OfferStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif de l'annulation, de la réouverture ou de la clôture d'office.")
    owners: list[Owner] = Field(description="Organisations qui l'ont eue ; vide : la même depuis l'origine.")
    concealed: list[Concealment] = Field(description="Périodes où rien n'en est montré ni répondu ; vide : jamais.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class OfferLive(Live):
    """Ce qui dépend du jour."""

    requestable_seats: int = Field(
        description="Places que l'on peut demander aujourd'hui ; aucune si l'offre est dissimulée.", examples=[4]
    )


class OfferQuery(ListQuery):
    """Les filtres de la liste des offres."""

    department: Department | None = Field(None, description="Département.")
    profession: Profession | None = Field(None, description="Profession.")
    status: OfferStatus | None = Field(None, description="Statut.")
    unit_id: UUID | None = Field(None, description="Terrain de stage.")
    organisation_id: UUID | None = Field(None, description="Organisation d'accueil.")
    from_day: Day | None = Field(None, alias="from", description="Qui durent encore ce jour-là ou après.")
    to_day: Day | None = Field(None, alias="to", description="Qui commencent avant ce jour.")
    available: bool | None = Field(None, description="Publiées avec au moins une place libre, et non dissimulées ; ou les autres.")


OFFER = Noun(Offer, OfferRead, OfferState, document_schema=3)
