"""The life cycle of a person's access, in one look."""

from services.contracts.access import PersonStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle({S.active: (S.suspended,), S.suspended: (S.active,)}, {S.active: "actif", S.suspended: "suspendu"})

move = LIFECYCLE.move

OPERATIONS = {
    "suspendPerson": (S.active,),
    "resumePerson": (S.suspended,),
    "holdPerson": (S.active, S.suspended),
    "releasePerson": (S.active, S.suspended),
}
"""The operations on a person, and the statuses from which each may be asked for."""
