"""What access_api says of its entities: who is who, and where."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from services.contracts.codes import Contributor, Department, OrganisationRole, Role, Sector
from services.contracts.envelope import Instant, Several, State, Text
from services.contracts.labelled import Labelled
from services.contracts.standing import Owner, Spell

MicroDegrees = Annotated[int, Field(ge=-180_000_000, le=180_000_000)]
"""Whole millionths of a degree (WGS 84)."""


class OrganisationStatus(Labelled):
    """La vie d'une organisation."""

    active = "active", "En activité"
    suspended = "suspended", "Suspendue"
    closed = "closed", "Fermée"


class SiteStatus(Labelled):
    """La vie d'un site."""

    active = "active", "En activité"
    closed = "closed", "Fermé"


class OrganisationState(State):
    """Une organisation : entité juridique ou établissement qui en dépend, avec ses identifiants nationaux et ses rôles dans le plan.

    `suspended_spells` : quand elle est suspendue, elle-même ou par celle dont elle dépend ; `member_spells` : quand elle a un membre actif.
    """

    kind: ClassVar[str] = "organisation"
    number: ClassVar[int] = 3

    name: Text
    roles: Several[OrganisationRole]
    finess_ej: Text | None = None
    siren: Text | None = None
    uai: Text | None = None
    parent_id: UUID | None = None
    contributor: Contributor | None = None
    funder_code: Text | None = None
    department: Department | None = None
    suspended_spells: Several[Spell] = ()
    member_spells: Several[Spell] = ()
    status: OrganisationStatus


class SiteState(State):
    """Un site : lieu d'exercice d'une organisation, identifié par son FINESS géographique, et les organisations qui l'ont eu."""

    kind: ClassVar[str] = "site"
    number: ClassVar[int] = 3

    organisation_id: UUID
    name: Text
    finess_et: Text | None = None
    siret: Text | None = None
    commune_code: Text
    commune: Text | None = None
    department: Department
    sector: Sector | None = None
    lat_e6: MicroDegrees | None = None
    lon_e6: MicroDegrees | None = None
    owners: Several[Owner] = ()
    status: SiteStatus


class CredentialEnvironment(Labelled):
    """L'environnement où une clé d'accès sert."""

    live = "live", "Production"
    test = "test", "Essai"


class CredentialStatus(Labelled):
    """Le cycle de vie d'une clé d'accès."""

    active = "active", "Active"
    revoked = "revoked", "Révoquée"
    expired = "expired", "Expirée"


class Revocable(Labelled):
    """Ce sur quoi un jeton repose, et qui peut être retiré."""

    person = "person", "Personne"
    organisation = "organisation", "Organisation"
    membership = "membership", "Appartenance"
    credential = "credential", "Clé d'accès"


class RevocationState(State):
    """Un retrait : les jetons délivrés jusqu'à cet instant, et qui reposent sur la cible, sont refusés partout. Il ne change jamais."""

    kind: ClassVar[str] = "revocation"
    number: ClassVar[int] = 1

    what: Revocable
    target_id: UUID
    since: Instant


class SelfRole(Labelled):
    """Ce qu'une personne est pour elle-même, sans agir pour une organisation."""

    learner = "learner", "Stagiaire"
    tutor = "tutor", "Tuteur"
    candidate = "candidate", "Candidat"


class PersonStatus(Labelled):
    """L'accès d'une personne."""

    active = "active", "Active"
    suspended = "suspended", "Suspendue", "Elle n'agit plus, pour aucune organisation."


class MembershipStatus(Labelled):
    """La vie d'une appartenance : une personne qui agit pour une organisation."""

    requested = "requested", "Demandée", "La personne l'a demandée."
    invited = "invited", "Invitée", "L'organisation l'a proposée à la personne."
    active = "active", "Active"
    suspended = "suspended", "Suspendue"
    declined = "declined", "Refusée", "L'organisation a refusé la demande."
    ended = "ended", "Terminée"


class PersonState(State):
    """Une personne, par son identifiant : ni nom, ni adresse. Elle n'est jamais dite à l'observatoire."""

    kind: ClassVar[str] = "person"
    number: ClassVar[int] = 1

    status: PersonStatus


class MembershipState(State):
    """L'appartenance d'une personne à une organisation, et ce qu'elle y peut. Elle n'est jamais dite à l'observatoire."""

    kind: ClassVar[str] = "membership"
    number: ClassVar[int] = 1

    person_id: UUID
    organisation_id: UUID
    roles: Several[Role]
    departments: Several[Department] = ()
    manager: bool = False
    status: MembershipStatus
