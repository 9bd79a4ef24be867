"""How the internship indicators count seats over weeks, and school years: said once, for all of them."""

from collections import Counter
from datetime import date, timedelta
from functools import lru_cache

from services.kernel.base.periods import Step, name_of

WEEK, THURSDAY = timedelta(weeks=1), timedelta(days=3)


def weeks(start: date, end: date) -> int:
    """Whole calendar weeks of a half-open period."""
    return (end - start).days // 7


def school_year(day: date) -> str:
    """The school year (September to August) that a day belongs to."""
    return name_of(Step.school_year, day)


@lru_cache(1_024)  # several indicators ask it of one offer, and its placements have the same weeks
def weeks_by_school_year(start: date, end: date) -> tuple[tuple[str, int], ...]:
    """(school year, how many weeks) of a half-open period of Mondays, in order: a week is of the year of its Thursday, as in ISO 8601."""
    return tuple(Counter(school_year(start + number * WEEK + THURSDAY) for number in range(weeks(start, end))).items())
