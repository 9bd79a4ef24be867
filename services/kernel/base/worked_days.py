"""Worked days in Paris: Monday to Friday, less the eleven public holidays of the labour code (article L3133-1), which are computed."""

from datetime import date, timedelta
from functools import lru_cache

DAY = timedelta(days=1)
SATURDAY = 5
FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
"""New Year, Labour Day, Victory 1945, the national day, Assumption, All Saints, Armistice 1918, Christmas: (month, day)."""
AFTER_EASTER = (1, 39, 50)
"""Easter Monday, Ascension, Whit Monday: days after Easter."""


def easter(year: int) -> date:
    """Easter of a year of the Gregorian calendar (1583 and later): the algorithm of Meeus, Jones and Butcher, exact for any year."""
    golden, (century, of_century) = year % 19, divmod(year, 100)
    leaps, rest = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - moon + 15) % 30
    quarter, left = divmod(of_century, 4)
    to_sunday = (32 + 2 * rest + 2 * quarter - epact - left) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(1_024)
def public_holidays(year: int) -> frozenset[date]:
    """The public holidays of a year. Eleven, unless two fall on one day, as Ascension does on 1 or 8 May in some years."""
    first = easter(year)
    return frozenset({date(year, *day) for day in FIXED} | {first + days * DAY for days in AFTER_EASTER})


def is_worked(day: date) -> bool:
    """Whether a day is worked."""
    return day.weekday() < SATURDAY and day not in public_holidays(day.year)


def worked_from(day: date) -> date:
    """The day itself where it is worked, else the first worked day after it."""
    while not is_worked(day):
        day += DAY
    return day


def add_worked_days(day: date, number: int) -> date:
    """The so manieth worked day after a day, which does not count itself. `number` is 1 or more."""
    for _ in range(number):
        day = worked_from(day + DAY)
    return day


def worked_days_between(start: date, end: date) -> int:
    """How many worked days a half-open period has; none where it ends before it starts."""
    return sum(is_worked(start + number * DAY) for number in range((end - start).days))
