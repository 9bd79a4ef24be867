"""Half-open periods that people type: refused by naming both of their days."""

from datetime import date, timedelta

from services.kernel.base.french import day_in_words

DAY = timedelta(days=1)


def check_order(start: date, end: date) -> None:
    """Raises `ValueError`, which names both days, for a period without any day."""
    if start >= end:
        raise ValueError(f"la fin (le {day_in_words(end)}, exclu) doit suivre le début (le {day_in_words(start)}) : changez l'une des deux")


def last_day(end: date) -> date:
    """The last day of a period whose end, excluded, is a day."""
    return end - DAY
