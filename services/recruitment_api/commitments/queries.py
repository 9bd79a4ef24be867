"""Statements on commitments."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.kernel.paging import Listing
from services.kernel.records import versions_of
from services.kernel.resources import document_by_id
from services.recruitment_api.commitments.schemas import CommitmentQuery
from services.recruitment_api.commitments.tables import Commitment

COMMITMENT_HISTORY = versions_of(Commitment)
DOCUMENT = document_by_id(Commitment)

LISTING = Listing(
    Commitment,
    CommitmentQuery,
    {
        "envelope_id": lambda value: col(Commitment.envelope_id) == value,
        "status": lambda value: col(Commitment.status) == value,
    },
)


def held(commitment_id: UUID) -> SelectOfScalar[Commitment]:
    """One commitment, locked: it is released once."""
    return select(Commitment).where(Commitment.id == commitment_id).with_for_update()
