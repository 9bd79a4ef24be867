"""Where commitments live. The scheme's code, the year and the department are copies of the envelope's, which never change."""

from datetime import date
from uuid import UUID

from sqlalchemy import UUID as SaUuid, BigInteger, CheckConstraint, Date, Integer, Text, UniqueConstraint

from services.contracts.codes import Department
from services.contracts.recruitment import CommitmentStatus
from services.kernel.data.columns import internal, one_of, page_index
from services.kernel.data.records import with_history
from services.recruitment_api.base import RecruitmentRecord


class Commitment(RecruitmentRecord, table=True):
    """Un engagement sur une enveloppe."""

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("envelope_id", "reference"),
        CheckConstraint("amount_cents > 0", "amount"),
        CheckConstraint(one_of("status", CommitmentStatus), "status"),
        CheckConstraint("(status = 'released') = (released_on IS NOT NULL)", "released"),
        page_index("commitment_envelope_page", "envelope_id"),
        page_index("commitment_status_page", "status"),
    )

    envelope_id: UUID = internal(SaUuid, references="scheme_envelope.id")
    scheme_code: str = internal(Text)
    fiscal_year: int = internal(Integer)
    department: Department | None = internal(Text, default=None)
    amount_cents: int = internal(BigInteger)
    reference: str = internal(Text)
    committed_on: date = internal(Date)
    released_on: date | None = internal(Date, default=None)
    status: CommitmentStatus = internal(Text, default=CommitmentStatus.committed)
    status_reason: str | None = internal(Text, default=None)


with_history(Commitment)
