"""The life cycle of a request for seats, in one look."""

from services.contracts.internships import RequestStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {S.submitted: (S.accepted, S.declined, S.withdrawn, S.offer_closed)},
    {
        S.submitted: "en attente",
        S.accepted: "acceptée",
        S.declined: "refusée",
        S.withdrawn: "retirée",
        S.offer_closed: "finie avec son offre",
    },
)

move = LIFECYCLE.move

OPERATIONS = {
    "acceptRequest": (S.submitted,),
    "declineRequest": (S.submitted,),
    "withdrawRequest": (S.submitted,),
}
"""The operations on a request, and the statuses from which each may be asked for."""
