"""The life cycle of a commitment, in one look."""

from services.contracts.recruitment import CommitmentStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle({S.committed: (S.released,)}, {S.committed: "engagé", S.released: "libéré"})

move = LIFECYCLE.move

OPERATIONS = {
    "releaseCommitment": (S.committed,),
}
"""The operations on a commitment, and the statuses from which each may be asked for."""
