"""What recruitment_api says of its entities: schemes and their money, needs, applications, assignments."""

from typing import ClassVar
from uuid import UUID

from services.contracts.codes import Department, Profession, Sector
from services.contracts.envelope import Cents, Count, Day, Instant, Several, State, Text
from services.contracts.labelled import Labelled
from services.contracts.standing import Concealment, Owner


class SchemeKind(Labelled):
    """La nature d'un dispositif."""

    study_allowance = "study_allowance", "Allocation d'études"
    emergency_recruitment = "emergency_recruitment", "Recrutement d'urgence"
    apprenticeship = "apprenticeship", "Apprentissage"
    installation_grant = "installation_grant", "Aide à l'installation"


class SchemeStatus(Labelled):
    """Le cycle de vie d'un dispositif."""

    draft = "draft", "Brouillon"
    active = "active", "En vigueur"
    retired = "retired", "Retiré"


class EnvelopeStatus(Labelled):
    """Le cycle de vie d'une enveloppe : seule une enveloppe ouverte reçoit des engagements."""

    open = "open", "Ouverte"
    frozen = "frozen", "Gelée"
    closed = "closed", "Close"


class NeedUrgency(Labelled):
    """L'urgence d'un besoin."""

    routine = "routine", "Courante"
    priority = "priority", "Prioritaire"
    urgent = "urgent", "Urgente"
    critical = "critical", "Critique"


class NeedStatus(Labelled):
    """Le cycle de vie d'un besoin."""

    draft = "draft", "Brouillon"
    open = "open", "Ouvert"
    partially_filled = "partially_filled", "Pourvu en partie"
    filled = "filled", "Pourvu"
    expired = "expired", "Expiré"
    cancelled = "cancelled", "Annulé"


class ApplicationStatus(Labelled):
    """Le cycle de vie d'une candidature."""

    submitted = "submitted", "En attente"
    accepted = "accepted", "Retenue"
    declined = "declined", "Refusée"
    withdrawn = "withdrawn", "Retirée"
    need_closed = "need_closed", "Sans réponse, besoin clos"


class NeedEnding(Labelled):
    """Comment un besoin a cessé de chercher : pourvu, expiré, annulé."""

    filled = "filled", "Pourvu"
    expired = "expired", "Expiré"
    cancelled = "cancelled", "Annulé"


class AssignmentStatus(Labelled):
    """Le cycle de vie d'une affectation."""

    confirmed = "confirmed", "Confirmée"
    cancelled = "cancelled", "Annulée"


class CommitmentStatus(Labelled):
    """Si l'argent engagé l'est encore."""

    committed = "committed", "Engagé"
    released = "released", "Libéré"


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
