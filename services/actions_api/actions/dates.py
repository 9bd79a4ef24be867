"""When milestones may be due: within the dates of their action, and of the plan where it does not say its own."""

from collections.abc import Sequence
from datetime import date

from services.actions_api.actions.tables import Action
from services.actions_api.milestones.tables import Milestone
from services.contracts.actions import MilestoneStatus
from services.contracts.codes import PLAN
from services.kernel.base.french import counted, day_in_words
from services.kernel.base.periods import last_day
from services.kernel.base.problems import invalid


def check_due(action: Action, due: date) -> None:
    """Raises `Invalid`, which names both days, for a milestone that would be due outside the dates of its action."""
    if due < (start := _start(action)):
        said = f"L'échéance ({day_in_words(due)}) précède le début {_of(action.starts_on)} ({day_in_words(start)})"
        raise invalid("#/due", "before_action", f"{said} : {_instead(action.starts_on, 'le début')}.")
    if due >= (end := _end(action)):
        said = f"L'échéance ({day_in_words(due)}) vient après le dernier jour {_of(action.ends_on)} ({day_in_words(last_day(end))})"
        raise invalid("#/due", "after_action", f"{said} : {_instead(action.ends_on, 'la fin')}.")


def check_milestones_within(action: Action, milestones: Sequence[Milestone]) -> None:
    """Raises `Invalid` for an action whose new dates would leave one of its open milestones outside, which it names with both days."""
    start, end = _start(action), _end(action)
    outside = sorted((m for m in milestones if m.status is MilestoneStatus.planned and not start <= m.due < end), key=lambda m: m.due)
    if not outside:
        return
    first = outside[0]
    if first.due < start:
        field, passed = "starts_on", f"précéderait le premier jour {_of(action.starts_on)} ({day_in_words(start)})"
    else:
        field, passed = "ends_on", f"dépasserait le dernier jour {_of(action.ends_on)} ({day_in_words(last_day(end))})"
    others = f", et {counted(len(outside) - 1, 'autre')}" if len(outside) > 1 else ""
    said = f"Le jalon « {first.title} » ({day_in_words(first.due)}) {passed}{others} : reportez-le d'abord, ou annulez-le."
    raise invalid(f"#/{field}", "milestone_outside", said)


def _start(action: Action) -> date:
    return action.starts_on or PLAN.starts_on


def _end(action: Action) -> date:
    return action.ends_on or PLAN.ends_on


def _of(said: date | None) -> str:
    return "de l'action" if said else "du plan"


def _instead(said: date | None, which: str) -> str:
    return f"choisissez un autre jour, ou changez d'abord {which} de l'action" if said else f"donnez d'abord {which} de l'action"
