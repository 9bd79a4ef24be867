"""What is read of commitments."""

from sqlmodel import col

from services.kernel.api.reading import Reading
from services.recruitment_api.commitments.schemas import CommitmentQuery
from services.recruitment_api.commitments.tables import Commitment

COMMITMENTS = Reading(
    Commitment,
    CommitmentQuery,
    {
        "envelope_id": lambda value: col(Commitment.envelope_id) == value,
        "status": lambda value: col(Commitment.status) == value,
    },
)
