"""What can be done with a commitment."""

from uuid import UUID

from services.contracts.recruitment import CommitmentStatus
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.reading import Lock
from services.kernel.base import clock, ids
from services.kernel.base.principals import Principal
from services.kernel.data.database import Database
from services.recruitment_api.commitments.lifecycle import OPERATIONS, move
from services.recruitment_api.commitments.queries import COMMITMENTS
from services.recruitment_api.commitments.schemas import CommitmentCreate
from services.recruitment_api.commitments.tables import Commitment
from services.recruitment_api.envelopes import operations as envelopes


async def create(db: Database, body: CommitmentCreate, *, by: Principal) -> Commitment:
    """Commits money of an open envelope. Raises `EnvelopeExceeded`, `EnvelopeNotOpen`, `AlreadyExists` for a reference taken."""
    commitment_id = ids.new()
    async with envelopes.take(
        db, body.envelope_id, body.amount_cents, by=by, reference=body.reference, commitment_id=commitment_id
    ) as envelope:
        copies = {name: getattr(envelope, name) for name in ("scheme_code", "fiscal_year", "department")}
        commitment = Commitment(id=commitment_id, **body.model_dump(), **copies, committed_on=clock.today())
        return await db.save(commitment, event="recruitment.commitment.committed", by=by)


async def release(db: Database, commitment_id: UUID, reason: str, *, by: Principal, version: int) -> Commitment:
    """Frees the money of a commitment, once, even of an envelope that has closed since."""
    commitment = await COMMITMENTS.load_for_change(db, commitment_id, by=by, version=version, lock=Lock.update)  # it is released once
    move(commitment, CommitmentStatus.released)
    commitment.released_on, commitment.status_reason = clock.today(), reason
    async with envelopes.give_back(
        db, commitment.envelope_id, commitment.amount_cents, by=by, reference=commitment.reference, commitment_id=commitment.id
    ):
        return await db.save(commitment, event="recruitment.commitment.released", by=by)


ALLOWED = AllowedOperations(COMMITMENTS, OPERATIONS)
