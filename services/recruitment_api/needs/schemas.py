"""What the API takes and gives of a staffing need."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.contracts.codes import Department, Profession, Sector
from services.contracts.envelope import StatusChange
from services.contracts.recruitment import NeedState, NeedStatus, NeedUrgency
from services.contracts.standing import Concealment, Owner
from services.kernel.api.allowed_operations import Live
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.base.fields import Code, Day, Paragraphs, count, distinct
from services.kernel.base.periods import check_order
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown
from services.recruitment_api.needs.dates import check_expiry
from services.recruitment_api.needs.tables import LegalForm, StaffingNeed

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a34",
    organisation_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a01",
    organisation_name="Centre hospitalier de Saint-Nazaire",
    external_ref="CHSN-2026-118",
    site_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a02",
    site_name="Cité sanitaire de Saint-Nazaire",
    commune="Saint-Nazaire",
    department="44",
    scheme_id=None,
    profession="as",
    sector="sanitary",
    headcount=4,
    filled_count=0,
    urgency="urgent",
    legal_forms=["cdi", "cdd"],
    starts_on="2027-01-04",
    ends_on=None,
    description=None,
    expires_on="2026-12-31",
    published_at=None,
    ended_on=None,
    prolongation_count=0,
    status="draft",
    status_reason=None,
    owners=[],
    concealed=[],
    history=[{"status": "draft", "at": CREATED}],
)

LegalForms = Annotated[list[LegalForm], Field(min_length=1, max_length=8), AfterValidator(distinct)]


class NeedWrite(BaseModel):
    """What may be said of a need: all of it while it is a draft, some of it once it is published."""

    model_config = ConfigDict(extra="forbid")

    site_id: UUID = Field(description="Le site où sont les postes ; il donne leur département.")
    scheme_id: UUID | None = Field(None, description="Le dispositif actif qui porte ce besoin.")
    profession: Profession = Field(description="Métier.")
    sector: Sector | None = Field(None, description="Secteur ; celui du site s'il n'est pas dit à la création.")
    headcount: count(1, 500) = Field(description="Nombre de postes.")  # type: ignore[valid-type]  # a type made by a function
    urgency: NeedUrgency = Field(NeedUrgency.routine, description="Urgence : courante, prioritaire, urgente, critique.")
    legal_forms: LegalForms = Field(description="Formes de contrat proposées.", json_schema_extra={"uniqueItems": True})
    starts_on: Day = Field(description="Prise de poste.")
    ends_on: Day | None = Field(None, description="Fin prévue, exclue ; aucune : sans terme.")
    description: Paragraphs | None = Field(None, description="Poste, horaires, conditions ; jamais de donnée personnelle.")
    expires_on: Day = Field(description="Dernier jour de publication, avant la fin prévue.")

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> "NeedWrite":
        if self.ends_on:
            check_order(self.starts_on, self.ends_on)
            check_expiry(self.expires_on, self.ends_on)
        return self


class NeedCreate(NeedWrite):
    """Un nouveau besoin, à l'état de brouillon."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    organisation_id: UUID | None = Field(None, description="L'employeur ; un employeur ne nomme que lui-même, ou ne dit rien.")
    external_ref: Code | None = Field(None, description="Référence chez l'employeur, unique chez lui.", examples=["CHSN-2026-118"])


class NeedPatch(patch_of(NeedWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"headcount": 5, "urgency": "critical"}]})


class Prolongation(BaseModel):
    """Un nouveau dernier jour de publication."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"expires_on": "2027-02-28"}]})

    expires_on: Day = Field(
        description="Dernier jour de publication, aujourd'hui au plus tôt, plus tard que jusqu'ici, avant la fin prévue."
    )


class NeedRead(Resource):
    """Un besoin de recrutement."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    organisation_id: UUID = Field(description="L'employeur.")
    organisation_name: str | None = Field(description="Son nom ; null tant que ce service ne l'a pas appris.")
    external_ref: str | None = Field(description="Référence chez l'employeur.")
    site_id: UUID = Field(description="Le site.")
    site_name: str | None = Field(description="Nom du site.")
    commune: str | None = Field(description="Commune du site, par son nom.")
    department: Department = Field(description="Département du site.")
    scheme_id: UUID | None = Field(description="Le dispositif.")
    profession: Profession = Field(description="Métier.")
    sector: Sector | None = Field(description="Secteur.")
    headcount: int = Field(description="Nombre de postes.")
    filled_count: int = Field(description="Postes pourvus.")
    urgency: NeedUrgency = Field(description="Urgence.")
    legal_forms: list[LegalForm] = Field(description="Formes de contrat proposées.")
    starts_on: date = Field(description="Prise de poste.")
    ends_on: date | None = Field(description="Fin prévue, exclue.")
    description: str | None = Field(description="Poste, horaires, conditions.")
    expires_on: date = Field(description="Dernier jour de publication.")
    published_at: datetime | None = Field(description="Première publication (UTC).")
    ended_on: date | None = Field(description="Jour où il a cessé de chercher : pourvu, expiré ou annulé.")
    prolongation_count: int = Field(description="Prolongations déjà faites, trois au plus.")
    status: NeedStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif de l'annulation.")
    owners: list[Owner] = Field(description="Organisations qui l'ont eu ; vide : la même depuis l'origine.")
    concealed: list[Concealment] = Field(description="Périodes où rien n'en est montré ni répondu ; vide : jamais.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class NeedLive(Live):
    """Ce qui dépend du jour."""

    days_left: int | None = Field(
        description="Jours de publication restants, aujourd'hui compris ; null s'il ne cherche plus, ou tant qu'il est dissimulé.",
        examples=[12],
    )


class NeedQuery(ListQuery):
    """Les filtres de la liste des besoins."""

    organisation_id: UUID | None = Field(None, description="Employeur.")
    site_id: UUID | None = Field(None, description="Site.")
    scheme_id: UUID | None = Field(None, description="Dispositif.")
    department: Department | None = Field(None, description="Département.")
    profession: Profession | None = Field(None, description="Métier.")
    urgency: NeedUrgency | None = Field(None, description="Urgence.")
    status: NeedStatus | None = Field(None, description="Statut.")


NEED = Noun(StaffingNeed, NeedRead, NeedState, document_schema=3)
