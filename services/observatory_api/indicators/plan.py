"""What the plan's indicators mean by a live action, and when its milestones were due: said once, for all of them."""

from collections.abc import Iterator
from datetime import date, timedelta

from services.contracts.actions import ActionState, ActionStatus, MilestoneState, MilestoneStatus
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.model import Spell, latest, spells

LIVE = frozenset({ActionStatus.approved, ActionStatus.in_progress, ActionStatus.suspended})
STARTED = frozenset({ActionStatus.in_progress, ActionStatus.suspended, ActionStatus.completed, ActionStatus.evaluated})
RETAINED = LIVE | STARTED
DECIDED = RETAINED | {ActionStatus.abandoned}

NEXT_DAY = timedelta(days=1)


@latest
def live_spells(action: ActionState) -> Iterator[Spell]:
    """When the action was live: approved, in progress or suspended."""
    return (spell for spell in spells(action.history) if spell.status in LIVE)


def planned_from(milestone: MilestoneState) -> date:
    """The day the milestone was planned."""
    return day_of(milestone.history[0].at) if milestone.history else milestone.due_initial


def closed_on(milestone: MilestoneState) -> date | None:
    """The day the milestone ceased to be open, if it did."""
    return milestone.reached_on or milestone.cancelled_on


def expected(milestone: MilestoneState) -> bool:
    """Whether the milestone counts: still open in an action that is live, or done with in one that was approved."""
    if milestone.status is MilestoneStatus.planned:
        return milestone.action_status in LIVE
    return milestone.action_status in DECIDED


def due_spells(milestone: MilestoneState) -> Iterator[tuple[date, date, date | None]]:
    """Each due date that stood while the milestone was open: (due, from, until)."""
    start, end = planned_from(milestone), closed_on(milestone)
    moves = sorted(milestone.reschedules, key=lambda move: move.on)
    dues = [milestone.due_initial, *(move.new_due for move in moves)]
    starts = [start, *(move.on for move in moves)]
    for due, since, until in zip(dues, starts, (*starts[1:], end), strict=True):
        limit = until if end is None or until is None else min(until, end)
        if limit is None or since < limit:
            yield due, since, limit


@latest
def overdue_spells(milestone: MilestoneState) -> Iterator[tuple[date, date | None]]:
    """When the milestone was overdue: from the day after the due date that stood, until it moved or the milestone closed."""
    for due, since, until in due_spells(milestone):
        late_from = max(due + NEXT_DAY, since)
        if until is None or late_from < until:
            yield late_from, until
