"""What the API takes and gives of a person."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.access_api.addresses import Address, Telephone
from services.access_api.persons.tables import Locale, Person
from services.contracts.access import PersonState, PersonStatus, SelfRole
from services.contracts.envelope import StatusChange
from services.kernel.api.paging import ListQuery
from services.kernel.api.patching import patch_of
from services.kernel.base.fields import Day, Line, distinct
from services.kernel.data.nouns import CREATED, Noun, Resource, part_of, shown
from services.kernel.data.walls import Wall

EXAMPLE = shown(
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a06",
    given_name="Claire",
    family_name="Martin",
    email="claire.martin@ch-exemple.example.org",
    phone="+33240000000",
    locale="fr",
    self_roles=[],
    held_until=None,
    hold_reason=None,
    last_contact_on="2026-09-30",
    status="active",
    status_reason=None,
    history=[{"status": "active", "at": CREATED}],
)

SelfRoles = Annotated[list[SelfRole], Field(max_length=len(SelfRole)), AfterValidator(distinct)]


class PersonNames(BaseModel):
    """What a person may say of themself."""

    model_config = ConfigDict(extra="forbid")

    given_name: Line | None = Field(None, description="Prénom.", examples=["Claire"])
    family_name: Line | None = Field(None, description="Nom.", examples=["Martin"])
    phone: Telephone | None = Field(None, description="Téléphone.")
    locale: Locale = Field(Locale.fr, description="Langue des messages.")


class PersonCreate(PersonNames):
    """Une nouvelle personne ; ses droits lui viennent d'appartenances."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=part_of(EXAMPLE))

    email: Address | None = Field(None, description="Adresse électronique, sans égard à la casse ; elle n'est à personne d'autre.")
    self_roles: SelfRoles = Field(
        [], description="Ce que la personne est pour elle-même : stagiaire, tuteur, candidat.", json_schema_extra={"uniqueItems": True}
    )


class MePatch(patch_of(PersonNames)):  # type: ignore[misc]  # the base is made from the other schema
    """Les champs à changer ; ceux qui ne sont pas envoyés restent tels quels."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "+33 2 40 00 00 01"}]})


class Hold(BaseModel):
    """Jusqu'à quand rien de la personne ne s'efface, et pourquoi."""

    model_config = ConfigDict(extra="forbid")

    until: Day = Field(description="Dernier jour, à venir.", examples=["2027-09-30"])
    reason: Line = Field(description="Motif, que lit aussi qui voit la personne.", examples=["Réclamation en cours d'examen"])


class PersonRead(Resource):
    """Une personne : son nom, et comment la joindre. Ce qu'elle peut est dit par ses appartenances."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    given_name: str | None = Field(description="Prénom.")
    family_name: str | None = Field(description="Nom.")
    email: str | None = Field(description="Adresse électronique.")
    phone: str | None = Field(description="Téléphone.")
    locale: Locale = Field(description="Langue des messages.")
    self_roles: list[SelfRole] = Field(description="Ce que la personne est pour elle-même.")
    held_until: date | None = Field(description="Jour jusqu'auquel rien d'elle ne s'efface.")
    hold_reason: str | None = Field(description="Motif pour lequel rien d'elle ne s'efface.")
    last_contact_on: date | None = Field(description="Dernier contact.")
    status: PersonStatus = Field(description="Statut.")
    status_reason: str | None = Field(description="Motif de la suspension.")
    history: list[StatusChange] = Field(description="Historique daté du statut.")


class PersonQuery(ListQuery):
    """Les filtres de la liste des personnes."""

    status: PersonStatus | None = Field(None, description="Statut.")
    email: Address | None = Field(None, description="Adresse électronique, entière.")
    organisation_id: UUID | None = Field(None, description="Celles qui ont, ou demandent, une appartenance à cette organisation.")


PERSON = Noun(Person, PersonRead, PersonState, personal=True, identified=True, wall=Wall(person="id", related=("membership.person_id",)))
