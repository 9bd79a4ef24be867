"""What the API takes and gives of a site."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.access_api.coordinates import Latitude, Longitude, check_both_or_none
from services.access_api.identifiers import CommuneCode, Finess, PostalCode, Siret
from services.access_api.organisations.schemas import EXAMPLE as ORGANISATION
from services.access_api.sites.tables import Site
from services.contracts.access import SiteState, SiteStatus
from services.contracts.codes import Department, Sector
from services.contracts.envelope import StatusChange
from services.contracts.labelled import Labelled
from services.contracts.standing import Owner
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.base.fields import Code, Day, Line
from services.kernel.base.folding import SearchTerms
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a02",
    organisation_id=ORGANISATION["id"],
    organisation_name=ORGANISATION["name"],
    name="Cité sanitaire de Saint-Nazaire",
    official_name="CITE SANITAIRE DE SAINT-NAZAIRE",
    finess_et="440000016",
    siret="26440026800456",
    category_code="355",
    category_label="Centre hospitalier",
    commune_code="44184",
    commune="Saint-Nazaire",
    postal_code="44600",
    address="11 boulevard Georges-Charpak",
    department="44",
    sector="sanitary",
    latitude=47.27506,
    longitude=-2.21793,
    status="active",
    status_reason=None,
    owners=[],
    transfer_reason=None,
    history=[{"status": "active", "at": CREATED}],
)


class SiteWrite(BaseModel):
    """What may be said of a site after its creation."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(description="Nom du site.")
    finess_et: Finess | None = Field(None, description="FINESS de l'établissement.")
    siret: Siret | None = Field(None, description="SIRET ; plusieurs sites peuvent avoir le même.")
    category_code: Code | None = Field(None, description="Catégorie d'établissement (nomenclature FINESS).", examples=["355"])
    category_label: Line | None = Field(None, description="Libellé de la catégorie.")
    commune_code: CommuneCode = Field(description="Commune (code INSEE), qui donne le département.")
    postal_code: PostalCode | None = Field(None, description="Code postal.")
    address: Line | None = Field(None, description="Voie et numéro.")
    sector: Sector | None = Field(None, description="Secteur ; s'il n'est pas dit, celui de la catégorie quand on le connaît.")
    latitude: Latitude | None = Field(None, description="Latitude (WGS 84), avec la longitude.")
    longitude: Longitude | None = Field(None, description="Longitude (WGS 84), avec la latitude.")

    @model_validator(mode="after")
    def _both_or_none(self) -> "SiteWrite":
        check_both_or_none(self)
        return self


class SiteCreate(SiteWrite):
    """Un nouveau site d'une organisation active."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    organisation_id: UUID = Field(description="L'organisation.")


class SitePatch(patch_of(SiteWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"address": "13 boulevard Georges-Charpak"}]})


class SiteTransfer(BaseModel):
    """Un transfert du site à une autre organisation."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"organisation_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a04", "on": "2026-09-30", "reason": "Fusion"}]
        },
    )

    organisation_id: UUID = Field(description="L'organisation qui reprend le site, active.")
    on: Day = Field(
        description="Jour depuis lequel elle l'a, de l'ouverture du site (ou du dernier transfert) à aujourd'hui.", examples=["2026-09-30"]
    )
    reason: Line = Field(description="Motif.", examples=["Fusion"])


class SiteRead(Resource):
    """Un site : un lieu d'exercice d'une organisation."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    organisation_id: UUID = Field(description="L'organisation.")
    organisation_name: str | None = Field(description="Son nom.")
    name: str = Field(description="Nom du site.")
    official_name: str | None = Field(
        None, description="Le nom tel que le fichier officiel l'écrit, souvent en capitales ; aucun : saisi à la main."
    )
    finess_et: str | None = Field(description="FINESS de l'établissement.")
    siret: str | None = Field(description="SIRET ; plusieurs sites peuvent avoir le même.")
    category_code: str | None = Field(description="Catégorie d'établissement (nomenclature FINESS).")
    category_label: str | None = Field(description="Libellé de la catégorie.")
    commune_code: str = Field(description="Commune (code INSEE).")
    commune: str | None = Field(description="Commune, par son nom.")
    postal_code: str | None = Field(description="Code postal.")
    address: str | None = Field(description="Voie et numéro.")
    department: Department = Field(description="Département de la commune.")
    sector: Sector | None = Field(description="Secteur, quand on le connaît.")
    latitude: float | None = Field(description="Latitude (WGS 84), quand on la connaît.")
    longitude: float | None = Field(description="Longitude (WGS 84), quand on la connaît.")
    status: SiteStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif de la fermeture.")
    owners: list[Owner] = Field(description="Organisations qui ont eu le site ; vide : la même depuis l'origine.")
    transfer_reason: str | None = Field(description="Motif du dernier transfert.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class SiteMatch(Labelled):
    """Par quoi un site est trouvé."""

    named = "name", "Nom"
    postal_code = "postal_code", "Code postal"
    commune = "commune", "Commune"
    former_commune = "former_commune", "Commune d'avant une fusion"


class SiteMatched(BaseModel):
    """Ce par quoi un site est trouvé."""

    model_config = ConfigDict(extra="forbid")

    kind: SiteMatch = Field(description="Son nom, ou du moins en partie son code postal, sa commune, ou une commune d'avant une fusion.")
    name: str = Field(description="Nom trouvé : du site, de sa commune, ou d'une ancienne commune.", examples=["Olonne-sur-Mer"])
    code: str | None = Field(description="Code INSEE ou code postal qui va avec ; aucun pour le nom du site.", examples=["85166"])


class SiteListed(SiteRead):
    """Un site dans une liste, et ce par quoi il est trouvé."""

    matched: SiteMatched | None = Field(None, description="Ce par quoi il est trouvé ; absent si rien n'est cherché par `q`.")


class SiteQuery(ListQuery):
    """Les filtres de la liste des sites."""

    organisation_id: UUID | None = Field(None, description="Organisation.")
    department: Department | None = Field(None, description="Département.")
    commune_code: CommuneCode | None = Field(None, description="Commune (code INSEE).")
    category: Code | None = Field(None, description="Catégorie d'établissement.")
    finess_et: Finess | None = Field(None, description="FINESS de l'établissement.")
    siret: Siret | None = Field(None, description="SIRET.")
    sector: Sector | None = Field(None, description="Secteur.")
    status: SiteStatus | None = Field(None, description="Statut.")
    q: SearchTerms | None = Field(
        None,
        description=(
            "Débuts de mots, dans n'importe quel ordre, du nom, ou de la commune (nom d'aujourd'hui ou d'avant une fusion, code postal), "
            "sans égard aux accents ni à la casse ; « st » et « ste » valent « saint » et « sainte »."
        ),
        examples=["nazaire"],
    )


SITE = Noun(Site, SiteRead, SiteState, document_schema=4)
