"""The clocks: instants are UTC and aware, "today" is the day in Paris.

`now` and `today` are the business clock: what happened when. It is the real one, but in a process that plays or serves a demonstration,
whose day is set. `real_now` is always the real one: tokens, logs, skew, what was recorded when.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class _Business:
    """The process's own state of the business clock."""

    day: date | None = None
    reached: datetime = datetime.min.replace(tzinfo=UTC)
    """The real instant at which the day was reached: business opens then."""


OPENS = time(9)
"""The time in Paris at which a day that is set begins."""


def real_now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """The business instant, aware, in UTC: this one, or, of a day that is set, as long after nine as it was reached. It never goes back."""
    real = real_now()
    if _Business.day is None:
        return real
    opened = datetime.combine(_Business.day, OPENS, PARIS).astimezone(UTC)
    closed = datetime.combine(_Business.day + timedelta(days=1), time(), PARIS).astimezone(UTC) - timedelta(microseconds=1)
    return min(opened + max(real - _Business.reached, timedelta()), closed)


def today() -> date:
    """The business date in Paris, which is the plan's calendar."""
    return _Business.day or datetime.now(PARIS).date()


def set_day(day: date | None, reached: datetime | None = None) -> None:
    """Sets the day of this process's business clock, reached at a real instant (this one, unless it is given); None: the real one again.

    For `kernel/process/demo_folder.py` alone.
    """
    _Business.day, _Business.reached = day, reached or real_now()


def day_that_is_set() -> date | None:
    """The day of a demonstration; None in production, whose days pass by themselves."""
    return _Business.day


@lru_cache(4_096)  # a state's indicators ask it of the same few instants
def day_of(instant: datetime) -> date:
    """The day on which an aware instant falls in Paris."""
    return instant.astimezone(PARIS).date()
