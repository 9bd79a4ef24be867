"""The life cycle of a staffing need, in one look. Posts move it between open, partially filled and filled (`queries.take_post`)."""

from services.contracts.recruitment import NeedStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {
        S.draft: (S.open,),
        S.open: (S.partially_filled, S.filled, S.expired, S.cancelled),
        S.partially_filled: (S.open, S.filled, S.expired, S.cancelled),
        S.filled: (S.partially_filled, S.open),
        S.expired: (S.open, S.partially_filled),
    },
    {
        S.draft: "brouillon",
        S.open: "ouvert",
        S.partially_filled: "partiellement pourvu",
        S.filled: "pourvu",
        S.expired: "expiré",
        S.cancelled: "annulé",
    },
)

move = LIFECYCLE.move

SEEKING = (S.open, S.partially_filled)
"""The states of a need that takes applications."""
PROLONGABLE = (*SEEKING, S.expired)
"""The states of a need that may seek longer."""

OPERATIONS = {
    "changeNeed": (S.draft, *SEEKING, S.filled),
    "publishNeed": (S.draft,),
    "cancelNeed": SEEKING,
    "prolongNeed": PROLONGABLE,
}
"""The operations on a need, and the statuses from which each may be asked for."""
