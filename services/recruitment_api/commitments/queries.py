"""What is read of commitments."""

from services.kernel.api.reading import Reading, equal_to
from services.recruitment_api.commitments.schemas import CommitmentQuery
from services.recruitment_api.commitments.tables import Commitment

COMMITMENTS = Reading(
    Commitment,
    CommitmentQuery,
    equal_to(Commitment, "envelope_id", "status"),
    check_change=lambda caller, commitment: caller.check_covers([commitment.department] if commitment.department else []),
)
