"""The one clock: instants are UTC and aware, "today" is the day in Paris."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Today's date in Paris, which is the plan's calendar."""
    return datetime.now(PARIS).date()


@lru_cache(4_096)  # a state's indicators ask it of the same few instants
def day_of(instant: datetime) -> date:
    """The day on which an aware instant falls in Paris."""
    return instant.astimezone(PARIS).date()
