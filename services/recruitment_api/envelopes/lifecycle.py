"""The life cycle of an envelope, in one look."""

from services.contracts.recruitment import EnvelopeStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {S.open: (S.frozen, S.closed), S.frozen: (S.open, S.closed), S.closed: (S.open,)},
    {S.open: "ouverte", S.frozen: "gelée", S.closed: "close"},
)

move = LIFECYCLE.move

OPERATIONS = {
    "changeEnvelopeCeiling": (S.open, S.frozen),
    "freezeEnvelope": (S.open,),
    "unfreezeEnvelope": (S.frozen,),
    "closeEnvelope": (S.open, S.frozen),
    "reopenEnvelope": (S.closed,),
}
"""The operations on an envelope, and the statuses from which each may be asked for."""
