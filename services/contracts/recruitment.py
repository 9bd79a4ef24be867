"""What recruitment_api says of its entities: schemes and their money, needs, applications, assignments."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from services.contracts.codes import Department, Profession, Sector
from services.contracts.envelope import Cents, Count, Day, Instant, Several, State, Text
from services.contracts.standing import Concealment, Owner


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

    code: Text
    scheme_kind: SchemeKind
    status: SchemeStatus


class SchemeEnvelopeState(State):
    """L'enveloppe d'un dispositif pour un exercice : plafond et montant engagé, en centimes."""

    kind: ClassVar[str] = "scheme_envelope"
    number: ClassVar[int] = 1

    scheme_id: UUID
    scheme_code: Text
    fiscal_year: Count
    funder: Text
    department: Department | None = None
    ceiling_cents: Cents
    committed_cents: Cents
    opened_on: Day
    status: EnvelopeStatus


class CommitmentState(State):
    """Un engagement sur une enveloppe : une écriture, un montant en centimes, une référence."""

    kind: ClassVar[str] = "commitment"
    number: ClassVar[int] = 1

    envelope_id: UUID
    scheme_code: Text
    fiscal_year: Count
    department: Department | None = None
    amount_cents: Cents
    committed_on: Day
    released_on: Day | None = None
    status: CommitmentStatus


class NeedState(State):
    """Un besoin de recrutement d'un employeur : des postes à pourvoir, une urgence, une échéance."""

    kind: ClassVar[str] = "need"
    number: ClassVar[int] = 2

    organisation_id: UUID
    department: Department
    profession: Profession
    sector: Sector | None = None
    urgency: NeedUrgency
    headcount: Count
    filled_count: Count
    published_at: Instant | None = None
    expires_on: Day | None = None
    ended_on: Day | None = None
    owners: Several[Owner] = ()
    concealed: Several[Concealment] = ()
    status: NeedStatus


class ApplicationState(State):
    """Une candidature à un besoin ; sans réponse, elle finit avec lui. L'identifiant est un pseudonyme ; rien ne désigne la personne."""

    kind: ClassVar[str] = "application"
    number: ClassVar[int] = 3

    department: Department
    profession: Profession
    urgency: NeedUrgency
    submitted_at: Instant
    respond_by: Day
    answered_at: Instant | None = None
    ended_on: Day | None = None
    why: NeedEnding | None = None
    concealed: Several[Concealment] = ()
    status: ApplicationStatus


class AssignmentState(State):
    """Une affectation : un poste d'un besoin pourvu par une personne, dissimulé avec lui. L'identifiant est un pseudonyme."""

    kind: ClassVar[str] = "assignment"
    number: ClassVar[int] = 2

    organisation_id: UUID
    department: Department
    profession: Profession
    urgency: NeedUrgency
    need_published_at: Instant
    confirmed_at: Instant
    starts_on: Day
    cancelled_on: Day | None = None
    concealed: Several[Concealment] = ()
    status: AssignmentStatus
