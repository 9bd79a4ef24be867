"""E7: each week of an offer, and of the placements on it, belongs to the school year of its Thursday (ISO 8601)."""

from datetime import date, timedelta

import httpx
from hypothesis import given, strategies as st

from services.internships_api.service import SERVICE
from services.kernel.data.database import Databases
from services.observatory_api.indicators.placements import weeks_by_school_year
from services.observatory_api.values import operations
from services.observatory_api.values.schemas import ValuesQuery
from tests.support.figures import began_with, figure, hand_over, switch_to
from tests.support.http import ok
from tests.support.internships import Place, a_place, a_request, a_unit, an_offer, move, set_capacity

IN_PLAIN_SQL = """
SELECT extract(year FROM week + interval '3 days' - interval '8 months')::int AS year, sum(seats)::int AS offered, sum(taken)::int AS taken
FROM internships.placement_offer, LATERAL (SELECT generate_series(starts_on, ends_on - 7, '7 days')::date AS week) AS weeks
WHERE status IN ('published', 'closed') GROUP BY 1 ORDER BY 1
"""


async def by_school_year(databases: Databases, code: str) -> dict[str | None, tuple[int | None, int | None]]:
    """(numerator, denominator) of each school year."""
    async with databases.open("observatory") as db:
        found = await operations.indicator_values(db, code, ValuesQuery(by="school_year"))
    return {group.dimensions["school_year"]: (group.numerator, group.denominator) for group in found.groups}


async def a_summer_and_an_autumn(steering: httpx.AsyncClient, place: Place) -> None:
    """Ten seat-weeks from Monday 30 August; eight, of which four are taken, over the turn of the year."""
    unit = await a_unit(steering, place, capacity=0)
    ok(await set_capacity(steering, unit, 100, "2027-08-02", "2027-12-27"))
    await an_offer(steering, unit, seats=1, starts_on="2027-08-30", ends_on="2027-11-08")
    turn = await an_offer(steering, unit, seats=2, starts_on="2027-08-16", ends_on="2027-09-13")
    ok(await move(steering, "requests", await a_request(steering, place, turn), "accept"))


async def test_e7_an_offer_from_30_august_is_of_the_school_year_that_begins(steering: httpx.AsyncClient, databases: Databases) -> None:
    await began_with(databases, I01=1, I04=1)
    await a_summer_and_an_autumn(steering, await a_place(databases))
    assert (await hand_over(databases, SERVICE)).differences == []
    totals = await figure(databases, "I01"), await figure(databases, "I04")
    assert await by_school_year(databases, "I01") == {"2026-2027": (18, None)}, "definition 1: the year of the first day's month"

    for code in ("I01", "I04"):
        await switch_to(databases, code, 2)

    assert await by_school_year(databases, "I01") == {"2026-2027": (4, None), "2027-2028": (14, None)}
    assert await by_school_year(databases, "I04") == {"2026-2027": (2, 4), "2027-2028": (2, 14)}
    assert (await figure(databases, "I01"), await figure(databases, "I04")) == totals == ((18, None), (round(4 / 18, 6), 18))
    assert (await hand_over(databases, SERVICE)).differences == []


async def test_e7_plain_sql_says_the_same_of_each_school_year(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    await a_summer_and_an_autumn(steering, place)
    unit = await a_unit(steering, place)
    for start, weeks in ((date(2027, 1, 4), 51), (date(2027, 6, 28), 10), (date(2027, 8, 30), 1), (date(2027, 8, 23), 2)):
        end = start + timedelta(weeks=weeks)
        await an_offer(steering, unit, seats=1, starts_on=start.isoformat(), ends_on=end.isoformat())
    await hand_over(databases, SERVICE)

    pool = await databases.pool("internships", "worker")
    told = {f"{row['year']}-{row['year'] + 1}": (row["taken"], row["offered"]) for row in await pool.fetch(IN_PLAIN_SQL)}

    assert await by_school_year(databases, "I04") == told
    assert await by_school_year(databases, "I01") == {year: (offered, None) for year, (_, offered) in told.items()}


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 104))
def test_e7_no_week_is_lost_and_a_year_begins_with_the_week_of_its_first_thursday(day: date, number: int) -> None:
    monday = day - timedelta(days=day.weekday())

    found = weeks_by_school_year(monday, monday + timedelta(weeks=number))

    assert sum(weeks for _, weeks in found) == number
    for year, weeks in found[:-1]:
        monday += timedelta(weeks=weeks)
        turn = date(int(year[5:]), 8, 29)
        assert turn <= monday < turn + timedelta(weeks=1)
