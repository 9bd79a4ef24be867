"""Where commitments live. The scheme's code, the year and the department are copies of the envelope's, which never change."""

from datetime import date
from uuid import UUID

from sqlalchemy import UUID as SaUuid, BigInteger, CheckConstraint, Date, ForeignKey, Integer, Text, UniqueConstraint
from sqlmodel import Field

from services.contracts.codes import Department
from services.contracts.recruitment import CommitmentStatus
from services.kernel.data.columns import one_of, page_index, stored
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

    envelope_id: UUID = Field(sa_type=SaUuid, sa_column_args=(ForeignKey("recruitment.scheme_envelope.id"),))
    scheme_code: str = stored(Text)
    fiscal_year: int = stored(Integer)
    department: Department | None = stored(Text, default=None)
    amount_cents: int = stored(BigInteger)
    reference: str = stored(Text)
    committed_on: date = stored(Date)
    released_on: date | None = stored(Date, default=None)
    status: CommitmentStatus = stored(Text, default=CommitmentStatus.committed)
    status_reason: str | None = stored(Text, default=None)


with_history(Commitment)
