"""What recruitment_api says of its entities: schemes and their money, needs, applications, assignments."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from services.contracts.codes import Department, Profession, Sector
from services.contracts.envelope import State


class SchemeKind(StrEnum):
    """La nature d'un dispositif."""

    study_allowance = "study_allowance"
    emergency_recruitment = "emergency_recruitment"
    apprenticeship = "apprenticeship"
    installation_grant = "installation_grant"


class SchemeStatus(StrEnum):
    """Le cycle de vie d'un dispositif."""

    draft = "draft"
    active = "active"
    retired = "retired"


class EnvelopeStatus(StrEnum):
    """Le cycle de vie d'une enveloppe : seule une enveloppe ouverte reçoit des engagements."""

    open = "open"
    frozen = "frozen"
    closed = "closed"


class NeedUrgency(StrEnum):
    """L'urgence d'un besoin."""

    routine = "routine"
    priority = "priority"
    urgent = "urgent"
    critical = "critical"


class NeedStatus(StrEnum):
    """Le cycle de vie d'un besoin."""

    draft = "draft"
    open = "open"
    partially_filled = "partially_filled"
    filled = "filled"
    expired = "expired"
    cancelled = "cancelled"


class ApplicationStatus(StrEnum):
    """Le cycle de vie d'une candidature."""

    submitted = "submitted"
    accepted = "accepted"
    declined = "declined"
    withdrawn = "withdrawn"
    need_closed = "need_closed"


class NeedEnding(StrEnum):
    """Comment un besoin a cessé de chercher : pourvu, expiré, annulé."""

    filled = "filled"
    expired = "expired"
    cancelled = "cancelled"


class AssignmentStatus(StrEnum):
    """Le cycle de vie d'une affectation."""

    confirmed = "confirmed"
    cancelled = "cancelled"


class CommitmentStatus(StrEnum):
    """Si l'argent engagé l'est encore."""

    committed = "committed"
    released = "released"


class SchemeState(State):
    """Un dispositif de recrutement."""

    kind: ClassVar[str] = "scheme"
    number: ClassVar[int] = 1

    code: str
    scheme_kind: SchemeKind
    status: SchemeStatus


class SchemeEnvelopeState(State):
    """L'enveloppe d'un dispositif pour un exercice : plafond et montant engagé, en centimes."""

    kind: ClassVar[str] = "scheme_envelope"
    number: ClassVar[int] = 1

    scheme_id: UUID
    scheme_code: str
    fiscal_year: int
    funder: str
    department: Department | None = None
    ceiling_cents: int
    committed_cents: int
    opened_on: date
    status: EnvelopeStatus


class CommitmentState(State):
    """Un engagement sur une enveloppe : une écriture, un montant en centimes, une référence."""

    kind: ClassVar[str] = "commitment"
    number: ClassVar[int] = 1

    envelope_id: UUID
    scheme_code: str
    fiscal_year: int
    department: Department | None = None
    amount_cents: int
    committed_on: date
    released_on: date | None = None
    status: CommitmentStatus


class NeedState(State):
    """Un besoin de recrutement d'un employeur : des postes à pourvoir, une urgence, une échéance."""

    kind: ClassVar[str] = "need"
    number: ClassVar[int] = 1

    organisation_id: UUID
    department: Department
    profession: Profession
    sector: Sector | None = None
    urgency: NeedUrgency
    headcount: int
    filled_count: int
    published_at: datetime | None = None
    expires_on: date | None = None
    ended_on: date | None = None
    status: NeedStatus


class ApplicationState(State):
    """Une candidature à un besoin ; sans réponse, elle finit avec lui. L'identifiant est un pseudonyme ; rien ne désigne la personne."""

    kind: ClassVar[str] = "application"
    number: ClassVar[int] = 2

    department: Department
    profession: Profession
    urgency: NeedUrgency
    submitted_at: datetime
    respond_by: date
    answered_at: datetime | None = None
    ended_on: date | None = None
    why: NeedEnding | None = None
    status: ApplicationStatus


class AssignmentState(State):
    """Une affectation : un poste d'un besoin pourvu par une personne. L'identifiant est un pseudonyme."""

    kind: ClassVar[str] = "assignment"
    number: ClassVar[int] = 1

    organisation_id: UUID
    department: Department
    profession: Profession
    urgency: NeedUrgency
    need_published_at: datetime
    confirmed_at: datetime
    starts_on: date
    cancelled_on: date | None = None
    status: AssignmentStatus
