"""What access_api says of its entities: who is who, and where."""

from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.contracts.codes import Contributor, Department, OrganisationRole, Role, Sector
from services.contracts.envelope import Contract, Instant, Several, State, Text
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


class NoticeTopic(Labelled):
    """Ce dont un avis prévient."""

    membership_invited = "membership_invited", "Invitation à agir pour une organisation"
    membership_requested = "membership_requested", "Demande d'appartenance à décider"
    membership_answered = "membership_answered", "Réponse à une demande d'appartenance"
    credential_expiring = "credential_expiring", "Clé d'accès qui expire bientôt"
    request_received = "request_received", "Demande de stage reçue"
    request_answered = "request_answered", "Réponse à une demande de stage"


class Recipient(Contract):
    """À qui un avis s'adresse : une personne, ou qui agit pour une organisation, dans un rôle, pour un département, ou la gère.

    Personne n'y est nommé : le service des accès sait seul qui c'est, et comment écrire.
    """

    person_id: UUID | None = None
    organisation_id: UUID | None = None
    role: Role | None = None
    department: Department | None = None
    managers: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.person_id is None) == (self.organisation_id is None):
            raise ValueError("une personne, ou une organisation")
        return self


NoticeLine = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f\u0085\u2028\u2029]*$")]
"""One line, without what ends one: titles are subjects of messages."""
NoticePath = Annotated[str, Field(max_length=300, pattern=r"^/[A-Za-z0-9_-][A-Za-z0-9/_-]*$")]
"""Where the front end shows what a notice is about: a path of its own, never another site."""


class NoticeState(State):
    """Un avis à des personnes, dit une fois : le titre et les lignes portent des références, jamais de nom. Tout service en envoie.

    `dedup_key` : un avis de la même clé n'est dit qu'une fois à une personne ; `urgent` : il n'attend aucun récapitulatif.
    """

    kind: ClassVar[str] = "notice"
    number: ClassVar[int] = 1

    topic: NoticeTopic
    recipients: Annotated[tuple[Recipient, ...], Field(min_length=1, max_length=100)]
    title: NoticeLine
    lines: Annotated[tuple[NoticeLine, ...], Field(max_length=20)] = ()
    path: NoticePath | None = None
    dedup_key: NoticeLine
    urgent: bool = False
