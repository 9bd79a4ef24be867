"""What the API takes and gives of a membership."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.access_api.addresses import Address
from services.access_api.memberships.tables import Membership
from services.contracts.access import MembershipState, MembershipStatus
from services.contracts.codes import STAFF, Department, Role
from services.contracts.envelope import StatusChange
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.base.fields import Flag, Line, distinct
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown
from services.kernel.data.walls import Wall

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a08",
    person_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a06",
    organisation_id="0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a01",
    organisation_name="Centre hospitalier de Saint-Nazaire",
    roles=["employer"],
    departments=["44"],
    manager=True,
    since=None,
    until=None,
    asked_message=None,
    status="invited",
    status_reason=None,
    history=[{"status": "invited", "at": CREATED}],
)
INVITED: JsonDict = {"address": "claire.martin@ch-exemple.example.org", "given_name": "Claire", "family_name": "Martin"}
ASKED: JsonDict = {"roles": ["employer"], "departments": ["44"], "asked_message": "Je remplace la responsable des stages."}

Roles = Annotated[list[Role], Field(min_length=1, max_length=len(STAFF)), AfterValidator(distinct)]
Departments = Annotated[list[Department], Field(max_length=len(Department)), AfterValidator(distinct)]


class Asked(BaseModel):
    """What a person may do for an organisation."""

    model_config = ConfigDict(extra="forbid")

    roles: Roles = Field(description="Rôles, de ceux que permet la nature de l'organisation.", json_schema_extra={"uniqueItems": True})
    departments: Departments = Field([], description="Départements ; aucun : toute la région.", json_schema_extra={"uniqueItems": True})


class MembershipWrite(Asked):
    """The same, and whether the person runs the memberships of the organisation."""

    manager: Flag = Field(False, description="Gère les appartenances de l'organisation.")


class Invitation(MembershipWrite):
    """L'invitation d'une personne, par son adresse ; elle agit dès qu'elle l'accepte."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of({**EXAMPLE, **INVITED}))

    organisation_id: UUID = Field(description="Organisation.")
    address: Address = Field(description="Adresse électronique de la personne.")
    given_name: Line | None = Field(None, description="Prénom, si la personne n'est pas encore connue.")
    family_name: Line | None = Field(None, description="Nom, si la personne n'est pas encore connue.")


class MembershipRequest(Asked):
    """La demande d'agir pour une organisation, dont un gestionnaire décide."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of({**EXAMPLE, **ASKED}))

    organisation_id: UUID = Field(description="Organisation.")
    asked_message: Line | None = Field(None, description="Ce que la personne en dit aux gestionnaires.")


class MembershipPatch(patch_of(MembershipWrite)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"roles": ["employer", "reader"]}]})


class MembershipRead(Resource):
    """L'appartenance d'une personne à une organisation, et ce qu'elle y peut."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    person_id: UUID = Field(description="Personne.")
    organisation_id: UUID = Field(description="Organisation.")
    organisation_name: str | None = Field(description="Son nom.")
    roles: list[Role] = Field(description="Rôles.")
    departments: list[Department] = Field(description="Départements ; aucun : toute la région.")
    manager: bool = Field(description="Gère les appartenances de l'organisation.")
    since: date | None = Field(description="Jour depuis lequel la personne agit, ou a agi, pour l'organisation.")
    until: date | None = Field(description="Jour où l'appartenance a pris fin.")
    asked_message: str | None = Field(description="Ce que la personne a dit en la demandant.")
    status: MembershipStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif de la suspension, du refus ou de la fin.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class MembershipQuery(ListQuery):
    """Les filtres de la liste des appartenances."""

    person_id: UUID | None = Field(None, description="Personne.")
    organisation_id: UUID | None = Field(None, description="Organisation.")
    status: MembershipStatus | None = Field(None, description="Statut.")
    manager: bool | None = Field(None, description="Si la personne gère les appartenances de l'organisation.")


PARTIES = Wall(organisations=("organisation_id",), person="person_id")
MEMBERSHIP = Noun(Membership, MembershipRead, MembershipState, personal=True, identified=True, wall=PARTIES)
