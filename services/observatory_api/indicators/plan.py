"""What the plan's indicators mean by a live action, and when its milestones were due: said once, for all of them."""

from collections.abc import Iterator
from datetime import date, timedelta

from services.contracts.actions import LIVE, ActionState, ActionStatus, MilestoneState, MilestoneStatus
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.contributions import Spell, latest, spells

STARTED = frozenset({ActionStatus.in_progress, ActionStatus.suspended, ActionStatus.completed, ActionStatus.evaluated})
RETAINED = STARTED.union(LIVE)
DECIDED = RETAINED | {ActionStatus.abandoned}

NEXT_DAY = timedelta(days=1)


@latest
def live_spells(action: ActionState) -> Iterator[Spell]:
    """When the action was live: approved, in progress or suspended."""
    return (spell for spell in spells(action.history) if spell.status in LIVE)


def past_end_spells(action: ActionState) -> Iterator[tuple[date, date | None]]:
    """When the action was live although the planned end that then stood had passed (the end itself is excluded from its days)."""
    changes = sorted(action.ends_changes, key=lambda change: change.on)
    ends = [changes[0].old if changes else action.ends_on, *(change.new for change in changes)]
    starts = [date.min, *(change.on for change in changes)]
    for spell in live_spells(action):
        for planned, since, until in zip(ends, starts, (*starts[1:], None), strict=True):
            stops = [day for day in (until, spell.end) if day is not None]
            late_from = max(planned, since, spell.start) if planned else None
            if late_from and (not stops or late_from < min(stops)):
                yield late_from, min(stops, default=None)


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
