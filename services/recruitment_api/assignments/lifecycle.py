"""The life cycle of an assignment, in one look."""

from services.contracts.recruitment import AssignmentStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle({S.confirmed: (S.cancelled,)}, {S.confirmed: "confirmée", S.cancelled: "annulée"})

move = LIFECYCLE.move

OPERATIONS = {
    "cancelAssignment": (S.confirmed,),
}
"""The operations on an assignment, and the statuses from which each may be asked for."""
