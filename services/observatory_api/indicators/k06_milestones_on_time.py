"""Jalons tenus.

Part des jalons atteints au plus tard à leur échéance initiale, parmi les jalons non annulés dont l'échéance initiale tombe
dans la période.
"""

from collections.abc import Iterable

from services.contracts.actions import MilestoneState, MilestoneStatus
from services.observatory_api.indicators.model import Contribution, denominator, numerator, ratio


@ratio("K06", label="Jalons tenus", definition=1, by=("axis", "department"), many=("department",))
def milestones_on_time(milestone: MilestoneState) -> Iterable[Contribution]:
    if milestone.status is MilestoneStatus.cancelled:
        return
    yield denominator(milestone.due_initial)
    if milestone.reached_on and milestone.reached_on <= milestone.due_initial:
        yield numerator(milestone.due_initial)
