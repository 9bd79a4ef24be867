"""What the API takes and gives of a credential."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.access_api.credentials.tables import Credential
from services.contracts.access import CredentialEnvironment, CredentialStatus
from services.contracts.codes import STAFF, Department, Role, ServiceName
from services.contracts.envelope import StatusChange
from services.kernel.api.allowed_operations import Live
from services.kernel.api.paging import ListQuery
from services.kernel.base.fields import Day, Line, distinct
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown
from services.kernel.data.walls import Wall

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a0c",
    organisation_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a01",
    organisation_name="Centre hospitalier de Saint-Nazaire",
    name="Logiciel de gestion des stages",
    prefix="plam_live_4f9c02ab",
    roles=["employer"],
    departments=[],
    services=["internships"],
    environment="live",
    expires_on="2027-11-30",
    replaces_id=None,
    status="active",
    status_reason=None,
    history=[{"status": "active", "at": CREATED}],
)

Roles = Annotated[list[Role], Field(min_length=1, max_length=len(STAFF)), AfterValidator(distinct)]
Departments = Annotated[list[Department], Field(max_length=len(Department)), AfterValidator(distinct)]
Services = Annotated[list[ServiceName], Field(max_length=len(ServiceName)), AfterValidator(distinct)]


class CredentialCreate(BaseModel):
    """Une nouvelle clé d'accès, pour un logiciel de l'organisation."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    name: Line = Field(description="Le logiciel, tel que ses gestionnaires le reconnaissent.")
    roles: Roles = Field(
        description="Rôles, de ceux que permet la nature de l'organisation et qu'a l'appelant.", json_schema_extra={"uniqueItems": True}
    )
    departments: Departments = Field([], description="Départements ; aucun : toute la région.", json_schema_extra={"uniqueItems": True})
    services: Services = Field([], description="Services où elle sert ; aucun : tous.", json_schema_extra={"uniqueItems": True})
    expires_on: Day = Field(description="Jour où elle expire, dans 18 mois au plus.")


class CredentialRotate(BaseModel):
    """Le remplacement d'une clé : les deux servent sept jours."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"expires_on": "2027-11-30"}]})

    expires_on: Day = Field(description="Jour où la nouvelle clé expire, dans 18 mois au plus.")


class CredentialRead(Resource):
    """Une clé d'accès ; son secret n'est montré qu'à sa création."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    organisation_id: UUID = Field(description="Organisation.")
    organisation_name: str | None = Field(description="Son nom.")
    name: str = Field(description="Le logiciel.")
    prefix: str = Field(description="Début du secret, auquel on le reconnaît.")
    roles: list[Role] = Field(description="Rôles.")
    departments: list[Department] = Field(description="Départements ; aucun : toute la région.")
    services: list[ServiceName] = Field(description="Services où elle sert ; aucun : tous.")
    environment: CredentialEnvironment = Field(description="Environnement où elle sert.")
    expires_on: date = Field(description="Jour où elle expire : elle ne sert plus ce jour-là.")
    replaces_id: UUID | None = Field(description="La clé qu'elle remplace.")
    status: CredentialStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif de la révocation.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class CredentialCreated(CredentialRead):
    """Une nouvelle clé d'accès et son secret, montré cette seule fois."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE,
                    "client_id": EXAMPLE["id"],
                    "client_secret": "plam_live_4f9c02ab_secret-montré-une-seule-fois",
                    "token_url": "https://plam.example.org/access/v1/token",
                }
            ]
        }
    )

    client_id: UUID = Field(description="Identifiant du client OAuth 2.0 : celui de la clé.")
    client_secret: str = Field(description="Secret du client OAuth 2.0 : gardez-le, il ne sera plus montré.")
    token_url: str = Field(description="Adresse où l'échanger contre un jeton (issueToken).")


class CredentialLive(Live):
    """Ce qui dépend de l'appelant et du jour, et le dernier usage."""

    last_used_on: date | None = Field(description="Dernier jour où un jeton a été obtenu.")


class CredentialQuery(ListQuery):
    """Les filtres de la liste des clés d'accès."""

    organisation_id: UUID | None = Field(None, description="Organisation.")
    status: CredentialStatus | None = Field(None, description="Statut.")


class OwnCredentialQuery(ListQuery):
    """Les filtres de la liste des clés d'accès de son organisation."""

    status: CredentialStatus | None = Field(None, description="Statut.")


CREDENTIAL = Noun(Credential, CredentialRead, confidential=True, wall=Wall(organisations=("organisation_id",)))
