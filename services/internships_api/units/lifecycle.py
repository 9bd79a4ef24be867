"""The life cycle of a placement unit, in one look."""

from services.contracts.internships import UnitStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle({S.active: (S.suspended,), S.suspended: (S.active,)}, {S.active: "actif", S.suspended: "suspendu"})

move = LIFECYCLE.move

OPERATIONS = {
    "changeUnit": (S.active, S.suspended),
    "setCapacity": (S.active, S.suspended),
    "suspendUnit": (S.active,),
    "resumeUnit": (S.suspended,),
}
"""The operations on a unit, and the statuses from which each may be asked for."""
