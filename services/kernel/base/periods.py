"""Periods: those that people type by two days, refused by naming both; and those that have a name, which follow each other in steps."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from services.contracts.labelled import Labelled
from services.kernel.base.french import day_in_words

DAY = timedelta(days=1)


def check_order(start: date, end: date) -> None:
    """Raises `ValueError`, which names both days, for a period without any day."""
    if start >= end:
        raise ValueError(f"la fin (le {day_in_words(end)}, exclu) doit suivre le début (le {day_in_words(start)}) : changez l'une des deux")


def last_day(end: date) -> date:
    """The last day of a period whose end, excluded, is a day."""
    return end - DAY


class Step(Labelled):
    """Le pas d'une série, et la sorte des périodes qui ont un nom."""

    week = "week", "Semaine", "Du lundi au dimanche (ISO 8601) : 2026-W47."
    month = "month", "Mois", "2026-11."
    quarter = "quarter", "Trimestre", "2026-Q4."
    half_year = "half_year", "Semestre", "2026-S2."
    year = "year", "Année civile", "2026."
    school_year = "school_year", "Année scolaire", "Du 1er septembre au 31 août : 2026-2027."
    fiscal_year = "fiscal_year", "Exercice budgétaire", "L'année civile : 2026."


class Span(NamedTuple):
    """A half-open period."""

    start: date
    end: date


class _Months(NamedTuple):
    """How many months a step has, and in which of the year one of them begins."""

    length: int
    first: int = 1


_MONTHS: Mapping[Step, _Months] = {
    Step.month: _Months(1),
    Step.quarter: _Months(3),
    Step.half_year: _Months(6),
    Step.year: _Months(12),
    Step.school_year: _Months(12, first=9),
    Step.fiscal_year: _Months(12),
}
_NAMES: Mapping[Step, re.Pattern[str]] = {
    Step.week: re.compile("([0-9]{4})-W([0-9]{2})"),
    Step.month: re.compile("([0-9]{4})-([0-9]{2})"),
    Step.quarter: re.compile("([0-9]{4})-Q([1-4])"),
    Step.half_year: re.compile("([0-9]{4})-S([12])"),
    Step.year: re.compile("([0-9]{4})"),
    Step.school_year: re.compile("([0-9]{4})-([0-9]{4})"),
}
"""The names of SDMX, in which public statistics are exchanged; and a school year, by both of its years. A fiscal year is called as the
calendar year that it is."""
KNOWN = "2026-W47, 2026-11, 2026-Q4, 2026-S2, 2026 ou 2026-2027 (année scolaire)"


def span_of(step: Step, day: date) -> Span:
    """The period of a kind that a day is in."""
    if step is Step.week:
        monday = day - timedelta(days=day.weekday())
        return Span(monday, monday + timedelta(weeks=1))
    length, first = _MONTHS[step]
    month = day.year * 12 + day.month - first
    start = month - month % length + first - 1
    return Span(_first_of(start), _first_of(start + length))


def name_of(step: Step, day: date) -> str:
    """How the period of a kind that a day is in is called."""
    if step is Step.week:
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    start = span_of(step, day).start
    names = {
        Step.month: f"{start:%Y-%m}",
        Step.quarter: f"{start.year}-Q{start.month // 3 + 1}",
        Step.half_year: f"{start.year}-S{start.month // 6 + 1}",
        Step.school_year: f"{start.year}-{start.year + 1}",
    }
    return names.get(step, str(start.year))


def span_named(name: str) -> Span:
    """The period of a name. Raises `ValueError`, in French, for what is none, with examples of what would be."""
    for step, pattern in _NAMES.items():
        if found := pattern.fullmatch(name):
            year, number = (int(part) for part in (*found.groups(), "0")[:2])
            try:
                day = date.fromisocalendar(year, number, 1) if step is Step.week else _first_day(step, year, number)
                if 1900 <= year < 2200 and name_of(step, day) == name:
                    return span_of(step, day)
            except ValueError:
                break
    raise ValueError(f"« {name} » n'est pas une période ; par exemple {KNOWN}")


def starts_between(step: Step, first: date, last: date, most: int) -> Sequence[date]:
    """The first days of the periods of a kind, from the one that a day is in to that of another: no further than one more than `most`."""
    found = [span_of(step, first)]
    while found[-1].end <= last and len(found) <= most:
        found.append(span_of(step, found[-1].end))
    return [one.start for one in found]


def start_before(step: Step, day: date, number: int) -> date:
    """The first day of the period so many before the one that a day is in."""
    start = span_of(step, day).start
    if step is Step.week:
        return start - number * timedelta(weeks=1)
    return _first_of(start.year * 12 + start.month - 1 - number * _MONTHS[step].length)


def _first_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _first_day(step: Step, year: int, number: int) -> date:
    """Of the year's period of that number; a school year's number is the year in which it ends."""
    if step in (Step.year, Step.school_year):
        return date(year, _MONTHS[step].first, 1)
    return date(year, (number - 1) * _MONTHS[step].length + 1, 1)
