"""What the API gives of an identity."""

from datetime import date

from pydantic import ConfigDict, Field

from services.access_api.identities.tables import Identity, IdentityStatus
from services.contracts.envelope import StatusChange
from services.kernel.api.paging import ListQuery
from services.kernel.data.nouns import CREATED, Noun, Resource, shown
from services.kernel.data.walls import Wall

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a07",
    issuer="https://connexion.example.org",
    subject="7a1f6c3e",
    acr="eidas1",
    last_used_on="2026-09-30",
    status="linked",
    history=[{"status": "linked", "at": CREATED}],
)


class IdentityRead(Resource):
    """Une identité par laquelle on se connecte : un fournisseur, et le nom qu'il donne à la personne."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    issuer: str = Field(description="Fournisseur d'identité.")
    subject: str = Field(description="Identifiant que ce fournisseur donne à la personne.")
    acr: str | None = Field(description="Niveau d'authentification, à la dernière connexion.")
    last_used_on: date | None = Field(description="Jour de la dernière connexion.")
    status: IdentityStatus = Field(description="Statut.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class IdentityQuery(ListQuery):
    """La page demandée de ses identités."""


IDENTITY = Noun(Identity, IdentityRead, personal=True, wall=Wall(person="person_id"))
