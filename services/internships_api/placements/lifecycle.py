"""The life cycle of a placement, in one look."""

from services.contracts.internships import PlacementStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle({S.confirmed: (S.cancelled,)}, {S.confirmed: "confirmé", S.cancelled: "annulé"})

move = LIFECYCLE.move

OPERATIONS = {
    "changePlacement": (S.confirmed,),
    "cancelPlacement": (S.confirmed,),
}
"""The operations on a placement, and the statuses from which each may be asked for."""
