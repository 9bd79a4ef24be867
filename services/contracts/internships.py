"""What internships_api says of its entities: units, offers, requests and placements."""

from typing import ClassVar
from uuid import UUID

from services.contracts.codes import Department, Profession
from services.contracts.envelope import Count, Day, Instant, Several, State, Text
from services.contracts.labelled import Labelled
from services.contracts.standing import Concealment, Owner


class UnitStatus(Labelled):
    """Le cycle de vie d'un terrain de stage."""

    active = "active", "Ouvert"
    suspended = "suspended", "Suspendu"


class OfferStatus(Labelled):
    """Le cycle de vie d'une offre de stage."""

    draft = "draft", "Brouillon"
    published = "published", "Publiée"
    closed = "closed", "Close"
    cancelled = "cancelled", "Annulée"


class RequestStatus(Labelled):
    """Le cycle de vie d'une demande de places."""

    submitted = "submitted", "En attente"
    accepted = "accepted", "Acceptée"
    declined = "declined", "Refusée"
    withdrawn = "withdrawn", "Retirée"
    offer_closed = "offer_closed", "Sans réponse, offre close"


class OfferEnding(Labelled):
    """Comment une offre a pris fin : close par le terrain, finie avec sa dernière semaine, annulée."""

    closed = "closed", "Close par le terrain"
    over = "over", "Dernière semaine passée"
    cancelled = "cancelled", "Annulée"


class PlacementStatus(Labelled):
    """Le cycle de vie d'un stage."""

    confirmed = "confirmed", "Confirmé"
    cancelled = "cancelled", "Annulé"


class UnitState(State):
    """Un terrain de stage : l'unité d'un site qui accueille des stagiaires."""

    kind: ClassVar[str] = "unit"
    number: ClassVar[int] = 2

    organisation_id: UUID
    site_id: UUID
    department: Department
    professions: Several[Profession]
    first_placement_suitable: bool
    owners: Several[Owner] = ()
    concealed: Several[Concealment] = ()
    status: UnitStatus


class OfferState(State):
    """Une offre de stage : des places dans un terrain, sur des semaines civiles entières (lundi inclus, fin exclue)."""

    kind: ClassVar[str] = "offer"
    number: ClassVar[int] = 2

    unit_id: UUID
    organisation_id: UUID
    department: Department
    professions: Several[Profession]
    starts_on: Day
    ends_on: Day
    seats: Count
    taken: Count
    published_on: Day | None = None
    owners: Several[Owner] = ()
    concealed: Several[Concealment] = ()
    status: OfferStatus


class RequestDeclineReason(Labelled):
    """Pourquoi un terrain refuse : plus de place, pas de tuteur, niveau, dates, terrain indisponible, autre."""

    full = "full", "Plus de place"
    no_tutor = "no_tutor", "Pas de tuteur"
    level = "level", "Niveau"
    dates = "dates", "Dates"
    unit_unavailable = "unit_unavailable", "Terrain indisponible"
    other = "other", "Autre"


class RequestState(State):
    """Une demande de places faite par un institut sur une offre, et la réponse du terrain ; sans réponse, elle finit avec l'offre."""

    kind: ClassVar[str] = "request"
    number: ClassVar[int] = 3

    offer_id: UUID
    organisation_id: UUID
    institute_id: UUID
    department: Department
    profession: Profession
    learners: Count
    submitted_at: Instant
    answered_at: Instant | None = None
    decline_reason: Text | None = None
    ended_on: Day | None = None
    why: OfferEnding | None = None
    owners: Several[Owner] = ()
    concealed: Several[Concealment] = ()
    status: RequestStatus


class PlacementState(State):
    """Un stage attribué à un apprenant. L'identifiant est un pseudonyme : il ne désigne personne hors du service."""

    kind: ClassVar[str] = "placement"
    number: ClassVar[int] = 2

    organisation_id: UUID
    institute_id: UUID
    department: Department
    profession: Profession
    starts_on: Day
    ends_on: Day
    confirmed_on: Day
    cancelled_on: Day | None = None
    status: PlacementStatus
