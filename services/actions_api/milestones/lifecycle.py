"""The life cycle of a milestone, in one look."""

from services.contracts.actions import MilestoneStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {S.planned: (S.reached, S.cancelled), S.reached: (S.planned,)},
    {S.planned: "prévu", S.reached: "atteint", S.cancelled: "annulé"},
)

move = LIFECYCLE.move
