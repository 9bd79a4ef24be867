"""What the API takes and gives of an organisation."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.access_api.identifiers import Finess, Siren, Uai
from services.access_api.organisations.tables import Organisation
from services.contracts.access import OrganisationState, OrganisationStatus
from services.contracts.codes import Contributor, Department, OrganisationRole
from services.contracts.envelope import StatusChange
from services.contracts.labelled import Labelled
from services.contracts.standing import Spell
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.base.fields import Code, Line, distinct
from services.kernel.base.folding import SearchTerms
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a01",
    name="Centre hospitalier de Saint-Nazaire",
    official_name="CENTRE HOSPITALIER DE SAINT-NAZAIRE",
    roles=["employer", "host"],
    finess_ej="440000057",
    siren="264400268",
    uai=None,
    parent_id=None,
    contributor="employers",
    funder_code=None,
    legal_status_code="13",
    legal_status_label="Établissement public communal d'hospitalisation",
    department="44",
    status="active",
    status_reason=None,
    suspended_spells=[],
    history=[{"status": "active", "at": CREATED}],
)

Roles = Annotated[list[OrganisationRole], Field(min_length=1, max_length=6), AfterValidator(distinct)]


class OrganisationWrite(BaseModel):
    """What may be said of an organisation."""

    model_config = ConfigDict(extra="forbid")

    name: Line = Field(description="Raison sociale.")
    roles: Roles = Field(description="Rôles dans le plan : un au moins.", json_schema_extra={"uniqueItems": True})
    finess_ej: Finess | None = Field(None, description="FINESS de l'entité juridique.")
    siren: Siren | None = Field(None, description="SIREN.")
    uai: Uai | None = Field(None, description="UAI, pour un établissement de formation.")
    parent_id: UUID | None = Field(
        None, description="L'organisation dont celle-ci dépend (un institut, son entité juridique) ; elle-même ne dépend d'aucune."
    )
    contributor: Contributor | None = Field(None, description="À quel titre elle contribue au plan.")
    funder_code: Code | None = Field(
        None, description="Code du financeur, que nomment les enveloppes ; à aucune autre organisation.", examples=["ARS-PDL"]
    )
    legal_status_code: Code | None = Field(None, description="Statut juridique (nomenclature FINESS).", examples=["13"])
    legal_status_label: Line | None = Field(None, description="Libellé du statut juridique.")
    department: Department | None = Field(None, description="Département du siège ; aucun : hors de la région.")


class OrganisationCreate(OrganisationWrite):
    """Une nouvelle organisation, active."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))


class OrganisationPatch(patch_of(OrganisationWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Centre hospitalier de la Presqu'île"}]})


class OrganisationRead(Resource):
    """Une organisation : une entité juridique et ses rôles dans le plan."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: str = Field(description="Raison sociale.")
    official_name: str | None = Field(
        None, description="Le nom tel que le fichier officiel l'écrit, souvent en capitales ; aucun : saisi à la main."
    )
    roles: list[OrganisationRole] = Field(description="Rôles dans le plan.")
    finess_ej: str | None = Field(description="FINESS de l'entité juridique.")
    siren: str | None = Field(description="SIREN.")
    uai: str | None = Field(description="UAI.")
    parent_id: UUID | None = Field(None, description="L'organisation dont celle-ci dépend.")
    contributor: Contributor | None = Field(None, description="À quel titre elle contribue au plan.")
    funder_code: str | None = Field(None, description="Code du financeur, que nomment les enveloppes.")
    legal_status_code: str | None = Field(description="Statut juridique (nomenclature FINESS).")
    legal_status_label: str | None = Field(description="Libellé du statut juridique.")
    department: Department | None = Field(description="Département du siège ; aucun : hors de la région.")
    status: OrganisationStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif de la suspension ou de la fermeture.")
    suspended_spells: list[Spell] = Field(
        default=[], description="Périodes où elle est suspendue, elle-même ou par celle dont elle dépend : rien d'elle n'est montré."
    )
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class OrganisationMatch(Labelled):
    """Par quoi une organisation est trouvée."""

    named = "name", "Nom"
    site = "site", "Nom d'un site"
    postal_code = "postal_code", "Code postal d'un site"
    commune = "commune", "Commune d'un site"
    former_commune = "former_commune", "Commune d'un site, d'avant une fusion"


class OrganisationMatched(BaseModel):
    """Ce par quoi une organisation est trouvée."""

    model_config = ConfigDict(extra="forbid")

    kind: OrganisationMatch = Field(
        description="Son nom ; ou celui d'un de ses sites ; ou, d'un site, en partie du moins : code postal, commune, ancienne commune."
    )
    name: str = Field(description="Nom trouvé : de l'organisation, du site, de sa commune, ou d'une ancienne commune.", examples=["Nantes"])
    code: str | None = Field(description="Code INSEE ou code postal qui va avec ; aucun pour un nom.", examples=["44109"])


class OrganisationListed(OrganisationRead):
    """Une organisation dans une liste, et ce par quoi elle est trouvée."""

    matched: OrganisationMatched | None = Field(None, description="Ce par quoi elle est trouvée ; absent si rien n'est cherché par `q`.")


class OrganisationQuery(ListQuery):
    """Les filtres de la liste des organisations."""

    role: OrganisationRole | None = Field(None, description="Rôle.")
    department: Department | None = Field(None, description="Département du siège.")
    status: OrganisationStatus | None = Field(None, description="Statut.")
    finess_ej: Finess | None = Field(None, description="FINESS de l'entité juridique.")
    siren: Siren | None = Field(None, description="SIREN.")
    uai: Uai | None = Field(None, description="UAI.")
    parent_id: UUID | None = Field(None, description="Celles qui dépendent de cette organisation.")
    contributor: Contributor | None = Field(None, description="À quel titre elle contribue au plan.")
    funder_code: Code | None = Field(None, description="Code du financeur.")
    q: SearchTerms | None = Field(
        None,
        description=(
            "Débuts de mots, dans n'importe quel ordre, du nom, ou de ce par quoi un de ses sites est trouvé (nom, commune, code postal), "
            "sans égard aux accents ni à la casse ; « st » et « ste » valent « saint » et « sainte »."
        ),
        examples=["nazaire"],
    )


ORGANISATION = Noun(Organisation, OrganisationRead, OrganisationState, document_schema=3)
