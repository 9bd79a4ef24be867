"""The health and the progress of an action on a day: computed, never stored."""

from collections.abc import Sequence
from datetime import date, timedelta

from services.actions_api.actions.schemas import ActionHealth, Progress
from services.actions_api.actions.tables import Action
from services.actions_api.milestones.tables import Milestone
from services.contracts.actions import LIVE, ActionStatus, MilestoneStatus
from services.kernel.base.french import day_in_words
from services.kernel.base.periods import last_day

SOON = timedelta(days=30)
GAP_BP = 1_000
"""Ten points behind the progress that initial due dates promise."""


def progress(action: Action, milestones: Sequence[Milestone], today: date) -> Progress:
    """Progress by milestones: weights reached over weights that are not cancelled; null without any, and for an abandoned action."""
    counted = [milestone for milestone in milestones if milestone.status is not MilestoneStatus.cancelled]
    total = 0 if action.status is ActionStatus.abandoned else sum(milestone.weight for milestone in counted)
    reached = [milestone for milestone in counted if milestone.status is MilestoneStatus.reached]
    promised = sum(milestone.weight for milestone in counted if milestone.due_initial <= today)
    return Progress(
        value_bp=_share(sum(milestone.weight for milestone in reached), total),
        expected_bp=_share(promised, total),
        counted=len(counted),
        reached=len(reached),
    )


def _share(part: int, whole: int) -> int | None:
    return (part * 10_000 + whole // 2) // whole if whole else None


def health(action: Action, milestones: Sequence[Milestone], made: Progress, today: date) -> tuple[ActionHealth | None, list[str]]:
    """The health of a live action, and why; null for the others."""
    if action.status not in LIVE:
        return None, []
    waiting = [milestone for milestone in milestones if milestone.status is MilestoneStatus.planned]
    late = [f"« {m.title} » est en retard de {(today - m.due).days} j." for m in waiting if m.due < today]
    if action.ends_on and action.ends_on <= today:
        last = last_day(action.ends_on)
        late.append(f"La fin prévue ({day_in_words(last)}) est passée de {(today - last).days} j.")
    if late:
        return ActionHealth.late, late
    behind = (made.expected_bp or 0) - (made.value_bp or 0)
    soon = [m for m in waiting if m.due <= today + SOON]
    if soon and behind > GAP_BP:
        reasons = [f"« {m.title} » est dû dans {(m.due - today).days} j." for m in soon]
        return ActionHealth.at_risk, [*reasons, f"L'avancement a {behind // 100} points de retard sur l'attendu."]
    return ActionHealth.on_track, []
