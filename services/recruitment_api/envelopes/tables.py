"""Where the money of schemes lives: each envelope with its counters, and the ledger that explains them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UUID as SaUuid, BigInteger, CheckConstraint, Date, DateTime, Index, Integer, Text
from sqlmodel import SQLModel

from services.contracts.codes import Department
from services.contracts.labelled import Labelled
from services.contracts.recruitment import EnvelopeStatus
from services.kernel.data.columns import internal, one_of, page_index, personal
from services.kernel.data.records import with_history
from services.recruitment_api.base import METADATA, RecruitmentRecord


class EntryKind(Labelled):
    """What an entry does: engage, libère, change le plafond."""

    commit = "commit", "Engagement"
    release = "release", "Libération"
    ceiling_change = "ceiling_change", "Changement de plafond"


class SchemeEnvelope(RecruitmentRecord, table=True):
    """L'enveloppe d'un dispositif pour un exercice."""

    __tablename__ = "scheme_envelope"
    __table_args__ = (
        CheckConstraint("0 <= committed_cents AND committed_cents <= ceiling_cents", "committed"),
        CheckConstraint("entry_count >= 0", "entries"),
        CheckConstraint("fiscal_year BETWEEN 2000 AND 2199", "fiscal_year"),
        CheckConstraint(one_of("department", Department), "department"),
        CheckConstraint(one_of("status", EnvelopeStatus), "status"),
        Index("scheme_envelope_twin", "scheme_id", "fiscal_year", "funder"),
        page_index("scheme_envelope_scheme_page", "scheme_id"),
        page_index("scheme_envelope_year_page", "fiscal_year"),
        page_index("scheme_envelope_department_page", "department"),
        page_index("scheme_envelope_status_page", "status"),
    )

    scheme_id: UUID = internal(SaUuid, references="scheme.id")
    scheme_code: str = internal(Text)
    fiscal_year: int = internal(Integer)
    funder: str = internal(Text)
    department: Department | None = internal(Text, default=None)
    ceiling_cents: int = internal(BigInteger)
    committed_cents: int = internal(BigInteger, default=0)
    entry_count: int = internal(BigInteger, default=0)
    opened_on: date = internal(Date)
    status: EnvelopeStatus = internal(Text, default=EnvelopeStatus.open)
    status_reason: str | None = internal(Text, default=None)

    @property
    def available_cents(self) -> int:
        """What may still be committed."""
        return self.ceiling_cents - self.committed_cents


with_history(SchemeEnvelope)


class EnvelopeEntry(SQLModel, table=True):
    """Une écriture. Nothing changes or deletes one: a trigger refuses it, and the service has no right to."""

    __tablename__ = "envelope_entry"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", "amount"),
        CheckConstraint("balance_after_cents >= 0", "balance"),
        CheckConstraint(one_of("kind", EntryKind), "kind"),
        CheckConstraint("(kind = 'ceiling_change') = (commitment_id IS NULL)", "commitment"),
    )
    metadata = METADATA

    envelope_id: UUID = internal(SaUuid, primary_key=True, references="scheme_envelope.id")
    seq: int = internal(BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: EntryKind = internal(Text)
    amount_cents: int = internal(BigInteger)
    reference: str = internal(Text)
    commitment_id: UUID | None = internal(SaUuid, default=None, references="commitment.id")
    balance_after_cents: int = internal(BigInteger)
    by: str = personal(Text)
    recorded_at: datetime = internal(DateTime(timezone=True))
