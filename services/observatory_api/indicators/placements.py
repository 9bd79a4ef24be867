"""How the internship indicators count seats over weeks, and school years: said once, for all of them."""

from datetime import date


def weeks(start: date, end: date) -> int:
    """Whole calendar weeks of a half-open period."""
    return (end - start).days // 7


def school_year(day: date) -> str:
    """The school year (September to August) that a day belongs to."""
    first = day.year if day.month >= 9 else day.year - 1
    return f"{first}-{first + 1}"
