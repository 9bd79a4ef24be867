"""The life cycle of a membership, in one look."""

from services.access_api.memberships.tables import OPEN
from services.contracts.access import MembershipStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {
        S.requested: (S.active, S.declined, S.ended),
        S.invited: (S.active, S.ended),
        S.active: (S.suspended, S.ended),
        S.suspended: (S.active, S.ended),
        S.declined: (),
        S.ended: (),
    },
    {
        S.requested: "demandé",
        S.invited: "invité",
        S.active: "actif",
        S.suspended: "suspendu",
        S.declined: "refusé",
        S.ended: "terminé",
    },
)

move, require = LIFECYCLE.move, LIFECYCLE.require

OPERATIONS = {
    "changeMembership": OPEN,
    "approveMembership": (S.requested,),
    "declineMembership": (S.requested,),
    "acceptMembership": (S.invited,),
    "suspendMembership": (S.active,),
    "resumeMembership": (S.suspended,),
    "endMembership": OPEN,
    "leaveMembership": OPEN,
}
"""The operations on a membership, and the statuses from which each may be asked for."""
