"""The life cycle of a milestone, in one look."""

from services.contracts.actions import MilestoneStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {S.planned: (S.reached, S.cancelled), S.reached: (S.planned,)},
    {S.planned: "prévu", S.reached: "atteint", S.cancelled: "annulé"},
)

move = LIFECYCLE.move

OPERATIONS = {
    "changeMilestone": (S.planned, S.reached, S.cancelled),
    "reachMilestone": (S.planned,),
    "rescheduleMilestone": (S.planned,),
    "cancelMilestone": (S.planned,),
    "reopenMilestone": (S.reached,),
}
"""The operations on a milestone, and the statuses from which each may be asked for."""
