"""The days of a need that bound each other, and those of its assignments."""

from collections.abc import Sequence, Set as AbstractSet
from datetime import date

from services.kernel.base.french import day_in_words, sentence
from services.kernel.base.periods import check_order, last_day
from services.kernel.base.problems import Invalid, invalid
from services.recruitment_api.assignments.tables import Assignment
from services.recruitment_api.needs.tables import StaffingNeed


def check_expiry(expires_on: date, ends_on: date | None) -> None:
    """Raises `ValueError`, which names both days, for a need that would still seek once its posts are over."""
    if ends_on and expires_on >= ends_on:
        raise ValueError(
            f"le dernier jour de publication ({day_in_words(expires_on)}) vient après le dernier jour des postes "
            f"({day_in_words(last_day(ends_on))}) : avancez-le, ou reculez la fin des postes (ends_on)"
        )


def check_prolonged(need: StaffingNeed, expires_on: date) -> None:
    """Raises `Invalid` for a new last day of publication on which the posts of a need are over."""
    try:
        check_expiry(expires_on, need.ends_on)
    except ValueError as error:
        raise invalid("#/expires_on", "after_end", sentence(str(error))) from error


def check_assigned(need: StaffingNeed, starts_on: date, ends_on: date | None) -> None:
    """Raises `Invalid`, which names both days, for an assignment outside the period of its need, or without any day."""
    last = last_day(need.ends_on) if need.ends_on else None
    if starts_on < need.starts_on:
        raise _outside("starts_on", "before_need", f"La prise de poste ({day_in_words(starts_on)}) précède celle du besoin", need.starts_on)
    if last and starts_on > last:
        raise _outside("starts_on", "after_need", f"La prise de poste ({day_in_words(starts_on)}) vient après la fin du besoin", last)
    if ends_on:
        try:
            check_order(starts_on, ends_on)
        except ValueError as error:
            raise invalid("#/ends_on", "before_start", sentence(str(error))) from error
    if last and ends_on is None:
        raise _outside("ends_on", "after_need", "Une affectation sans fin dépasse le dernier jour du besoin", last)
    if last and ends_on and last_day(ends_on) > last:
        said = f"Le dernier jour de l'affectation ({day_in_words(last_day(ends_on))}) vient après celui du besoin"
        raise _outside("ends_on", "after_need", said, last)


def check_assignments_within(need: StaffingNeed, changed: AbstractSet[str], assignments: Sequence[Assignment]) -> None:
    """Raises `Invalid`, which names both days, for a need whose new dates would leave one of its standing assignments outside."""
    first = min((assignment.starts_on for assignment in assignments), default=need.starts_on)
    if "starts_on" in changed and first < need.starts_on:
        said = f"Une affectation commence le {day_in_words(first)}, avant la prise de poste du besoin ({day_in_words(need.starts_on)})"
        raise invalid("#/starts_on", "assignment_outside", f"{said}. Choisissez un jour qui la comprend, ou annulez-la d'abord.")
    if "ends_on" not in changed or need.ends_on is None:
        return
    longest = max(assignments, key=lambda assignment: assignment.ends_on or date.max, default=None)
    if longest and (longest.ends_on is None or longest.ends_on > need.ends_on):
        until = f"dure jusqu'au {day_in_words(last_day(longest.ends_on))}" if longest.ends_on else "n'a pas de fin"
        said = f"Une affectation {until} : elle dépasse le dernier jour du besoin ({day_in_words(last_day(need.ends_on))})"
        raise invalid("#/ends_on", "assignment_outside", f"{said}. Choisissez un jour qui la comprend, ou annulez-la d'abord.")


def _outside(field: str, code: str, said: str, bound: date) -> Invalid:
    return invalid(f"#/{field}", code, f"{said} ({day_in_words(bound)}) : restez dans les dates du besoin, ou changez-les d'abord.")
