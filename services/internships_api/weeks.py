"""Civil weeks: a week is its Monday, a period runs from a Monday to another, excluded; a seat fills each of its weeks."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, WithJsonSchema

from services.kernel.base.fields import DAY_PATTERN, Day
from services.kernel.base.french import day_in_words
from services.kernel.base.periods import check_order

SEAT = 10
"""A full-time seat, in the tenths that capacities are counted in."""
WEEK = timedelta(weeks=1)


def _monday(value: date) -> date:
    if value.weekday():
        first = monday_of(value)
        raise ValueError(f"une semaine se désigne par son lundi : le {day_in_words(first)}, ou le {day_in_words(first + WEEK)}")
    return value


Monday = Annotated[
    Day,
    AfterValidator(_monday),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY_PATTERN, "examples": ["2027-02-01"]}),
]
"""A civil week, by its Monday."""


class Period(NamedTuple):
    """Weeks from a Monday to another, excluded."""

    start: date
    end: date

    def less(self, other: "Period") -> Iterator["Period"]:
        """The weeks of this period that another has not: none, a run of them, or two."""
        for start, end in ((self.start, min(self.end, other.start)), (max(self.start, other.end), self.end)):
            if start < end:
                yield Period(start, end)


def weeks(start: date, end: date) -> list[date]:
    """The Mondays of a period."""
    return [start + number * WEEK for number in range((end - start) // WEEK)]


def check_period(start: date, end: date, longest: int) -> None:
    """Raises `ValueError` for a period that is empty, or has too many weeks."""
    check_order(start, end)
    if (number := (end - start) // WEEK) > longest:
        written = f"du {day_in_words(start)} au {day_in_words(end)}"
        raise ValueError(f"{written}, la période compte {number} semaines : {longest} au plus")


def monday_of(day: date) -> date:
    """The week of a day."""
    return day - timedelta(days=day.weekday())
