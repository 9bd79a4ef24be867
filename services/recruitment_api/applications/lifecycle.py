"""The life cycle of an application, in one look."""

from services.contracts.recruitment import ApplicationStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {S.submitted: (S.accepted, S.declined, S.withdrawn, S.need_closed)},
    {
        S.submitted: "en attente",
        S.accepted: "acceptée",
        S.declined: "refusée",
        S.withdrawn: "retirée",
        S.need_closed: "finie avec son besoin",
    },
)

move = LIFECYCLE.move

OPERATIONS = {
    "acceptApplication": (S.submitted,),
    "declineApplication": (S.submitted,),
    "withdrawApplication": (S.submitted,),
}
"""The operations on an application, and the statuses from which each may be asked for."""
