"""Worked days in Paris: Easter as it is published, the eleven public holidays, and what is counted with them."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from services.kernel.base.worked_days import add_worked_days, easter, is_worked, public_holidays, worked_days_between, worked_from

DAY = timedelta(days=1)

PUBLISHED = """
1598-03-22 1609-04-19 1666-04-25 1693-03-22 1734-04-25 1761-03-22 1777-03-30 1818-03-22 1886-04-25 1913-03-23 1940-03-24 1943-04-25
1954-04-18 1961-04-02 1967-03-26 1981-04-19 1999-04-04
2000-04-23 2001-04-15 2002-03-31 2003-04-20 2004-04-11 2005-03-27 2006-04-16 2007-04-08 2008-03-23 2009-04-12
2010-04-04 2011-04-24 2012-04-08 2013-03-31 2014-04-20 2015-04-05 2016-03-27 2017-04-16 2018-04-01 2019-04-21
2020-04-12 2021-04-04 2022-04-17 2023-04-09 2024-03-31 2025-04-20 2026-04-05 2027-03-28 2028-04-16 2029-04-01
2030-04-21 2031-04-13 2032-03-28 2033-04-17 2034-04-09 2035-03-25 2036-04-13 2037-04-05 2038-04-25 2039-04-10 2040-04-01
2049-04-18 2076-04-19 2100-03-28 2190-04-25 2285-03-22
"""
"""From the tables of almanacs: each year from 2000 to 2040; the earliest and the latest that Easter may be; the exceptions of Gauss's rule
(1609, 1954, 1981, 2049, 2076)."""

YEARS = {
    2024: "01-01 04-01 05-01 05-08 05-09 05-20 07-14 08-15 11-01 11-11 12-25",
    2026: "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25",
    2027: "01-01 03-29 05-01 05-06 05-08 05-17 07-14 08-15 11-01 11-11 12-25",
}
"""As the ministry publishes them."""

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))


def by_the_tables(year: int) -> date:
    """Easter by the rule of the Church: the Sunday after the full moon that falls on 21 March or next after it.

    That moon's day comes from the epact of Lilius: golden number, solar and lunar corrections of the century (Knuth, volume 1, 1.3.2).
    """
    golden, century = year % 19 + 1, year // 100 + 1
    solar, lunar = 3 * century // 4 - 12, (8 * century + 5) // 25 - 5
    epact = (11 * golden + 20 + lunar - solar) % 30
    epact += epact == 24 or (epact == 25 and golden > 11)
    full_moon = date(year, 3, 1) + (43 - epact) * DAY
    if full_moon < date(year, 3, 21):
        full_moon += 30 * DAY
    return full_moon + ((6 - full_moon.weekday()) or 7) * DAY


@pytest.mark.parametrize("published", PUBLISHED.split())
def test_easter_is_when_almanacs_say(published: str) -> None:
    assert easter(int(published[:4])).isoformat() == published


def test_easter_is_when_the_tables_of_the_church_say_over_25_centuries() -> None:
    assert [year for year in range(1583, 4100) if easter(year) != by_the_tables(year)] == []


@pytest.mark.parametrize("year", YEARS)
def test_the_eleven_public_holidays_of_known_years(year: int) -> None:
    assert sorted(public_holidays(year)) == [date.fromisoformat(f"{year}-{day}") for day in YEARS[year].split()]


def test_ascension_may_fall_on_another_holiday() -> None:
    assert date(2008, 5, 1) == easter(2008) + 39 * DAY
    assert len(public_holidays(2008)) == 10


@pytest.mark.parametrize(
    ("day", "number", "expected"),
    [
        ("2026-11-24", 1, "2026-11-25"),
        ("2026-11-27", 1, "2026-11-30"),  # a Friday
        ("2026-11-28", 1, "2026-11-30"),  # a Saturday
        ("2026-11-10", 1, "2026-11-12"),  # the eve of the Armistice
        ("2026-12-21", 10, "2027-01-06"),  # Christmas and New Year are Fridays
        ("2026-04-03", 10, "2026-04-20"),  # Easter Monday; Good Friday is worked
        ("2027-05-05", 2, "2027-05-10"),  # Ascension; the Friday after it is worked
    ],
)
def test_worked_days_are_added(day: str, number: int, expected: str) -> None:
    assert add_worked_days(date.fromisoformat(day), number).isoformat() == expected


def test_a_year_has_so_many_worked_days() -> None:
    assert {year: worked_days_between(date(year, 1, 1), date(year + 1, 1, 1)) for year in (2024, 2025, 2026, 2027)} == {
        2024: 252,
        2025: 251,
        2026: 252,
        2027: 254,
    }


@given(DAYS, st.integers(1, 60))
def test_what_is_added_lies_between(day: date, number: int) -> None:
    found = add_worked_days(day, number)

    assert is_worked(found)
    assert worked_days_between(day + DAY, found + DAY) == number
    assert worked_days_between(found, day) == 0


@given(DAYS, st.integers(0, 400), st.integers(0, 400))
def test_days_between_add_up(start: date, first: int, second: int) -> None:
    middle = start + first * DAY
    end = middle + second * DAY

    assert worked_days_between(start, middle) + worked_days_between(middle, end) == worked_days_between(start, end)


@given(DAYS)
def test_a_worked_day_is_never_far(day: date) -> None:
    found = worked_from(day)

    assert is_worked(found)
    assert worked_days_between(day, found) == 0
    assert (found - day).days <= 4
    assert (found == day) == is_worked(day)
