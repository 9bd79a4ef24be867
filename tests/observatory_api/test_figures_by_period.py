"""Periods and steps: a week, a month, a quarter, a half-year, a calendar, a school and a fiscal year; and what is planned ahead."""

from datetime import date
from typing import Any

import httpx
import pytest
import time_machine

from services.kernel.base.periods import Step
from services.kernel.base.problems import Invalid
from services.kernel.data.database import Databases
from services.observatory_api.indicators.kinds import Period
from services.observatory_api.values.asked import MOST_POINTS, wanted_points
from tests.observatory_api.ledger_support import by_entries_alone, dashboard_bytes, period, record, values
from tests.observatory_api.states import application, at, history, milestone, number, on, unit

SUBMITTED = ("2025-08-31", "2025-09-01", "2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01", "2026-08-31", "2026-09-01")


async def applications(databases: Databases) -> None:
    """One submitted on each of the days at which one period ends and another begins."""
    await record(databases, *(application(id=number(key), submitted_at=at(day)) for key, day in enumerate(SUBMITTED, start=1)))


@pytest.mark.parametrize(
    ("every", "points"),
    [
        ("week", {"2025-W35": 1, "2025-W36": 1, "2026-W01": 2, "2026-W27": 2, "2026-W36": 2}),
        ("month", {"2025-08": 1, "2025-09": 1, "2025-12": 1, "2026-01": 1, "2026-06": 1, "2026-07": 1, "2026-08": 1, "2026-09": 1}),
        ("quarter", {"2025-Q3": 2, "2025-Q4": 1, "2026-Q1": 1, "2026-Q2": 1, "2026-Q3": 3}),
        ("half_year", {"2025-S2": 3, "2026-S1": 2, "2026-S2": 3}),
        ("year", {"2025": 3, "2026": 5}),
        ("fiscal_year", {"2025": 3, "2026": 5}),
        ("school_year", {"2024-2025": 1, "2025-2026": 6, "2026-2027": 1}),
    ],
)
async def test_a_flow_is_told_by_steps_each_under_its_name(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, every: str, points: dict[str, int]
) -> None:
    await applications(databases)
    asked: dict[str, Any] = {"as_of": "2026-09-30", "every": every, "by": "department", **period("2025-08-01")}
    found = await values(databases, "R10", **asked)
    assert {one.period: one.value for one in found.series or () if one.value} == points
    assert {one.period: one.value for one in found.groups[0].series or () if one.value} == points
    assert [one.month for one in found.series or ()] == [one.period if every == "month" else None for one in found.series or ()]
    by_entries_alone(monkeypatch)
    again = await values(databases, "R10", **asked, known_at=found.known_at)
    assert again.model_dump_json() == found.model_dump_json(), "by the entries as by the roll-up"


@pytest.mark.parametrize("every", list(Step))
async def test_without_a_period_there_are_twelve_points_to_the_day_of_reading(databases: Databases, every: Step) -> None:
    await applications(databases)
    found = (await values(databases, "R10", as_of="2026-09-30", every=every)).series
    assert found is not None
    assert len(found) == 12


async def test_a_stock_stands_at_the_end_of_each_step(databases: Databases) -> None:
    await record(databases, unit(history=history(("active", "2026-02-10"), ("suspended", "2026-08-20"))))
    found = await values(databases, "I27", as_of="2026-09-30", every="quarter")
    assert [(one.period, one.tracked, one.value) for one in found.series or ()][-4:] == [
        ("2025-Q4", False, None),
        ("2026-Q1", True, 1),
        ("2026-Q2", True, 1),
        ("2026-Q3", True, 0),
    ]
    board = await dashboard_bytes(databases, as_of="2026-09-30", every="school_year")
    assert '"period":"2025-2026"' in board


@pytest.mark.parametrize(
    ("name", "counted", "days"),
    [
        ("2025-W36", 1, (date(2025, 9, 1), date(2025, 9, 8))),
        ("2025-12", 1, (date(2025, 12, 1), date(2026, 1, 1))),
        ("2026-Q3", 3, (date(2026, 7, 1), date(2026, 10, 1))),
        ("2025-S2", 3, (date(2025, 7, 1), date(2026, 1, 1))),
        ("2025", 3, (date(2025, 1, 1), date(2026, 1, 1))),
        ("2025-2026", 6, (date(2025, 9, 1), date(2026, 9, 1))),
        ("origin", 8, (None, None)),
        ("twelve_months", 6, (date(2025, 10, 1), None)),
        ("month", 1, (date(2026, 9, 1), date(2026, 10, 1))),
        ("school_year", 1, (date(2026, 9, 1), date(2027, 9, 1))),
        ("fiscal_year", 5, (date(2026, 1, 1), date(2027, 1, 1))),
    ],
)
async def test_a_flow_is_read_over_a_period_by_its_name(
    databases: Databases, name: str, counted: int, days: tuple[date | None, date | None]
) -> None:
    await applications(databases)
    found = await values(databases, "R10", as_of="2026-09-30", period=name)
    assert (found.value, found.period, (found.start, found.end)) == (counted, name, days)


async def test_a_step_within_a_period(databases: Databases) -> None:
    await applications(databases)
    found = await values(databases, "R10", as_of="2026-09-30", period="2025-2026", every="half_year")
    assert [(one.period, one.value) for one in found.series or ()] == [("2025-S2", 2), ("2026-S1", 2), ("2026-S2", 2)]


def test_a_period_that_an_indicator_names_is_asked_in_the_same_words() -> None:
    assert {one.value for one in Period} == {"origin", "twelve_months", *Step}


@pytest.mark.parametrize(
    ("query", "pointer", "said"),
    [
        ("period=2026-Q5", "period", "« 2026-Q5 » n'est pas une période ; par exemple 2026-W47"),
        ("period=2025-W53", "period", "n'est pas une période"),
        ("period=2026-2028", "period", "n'est pas une période"),
        ("every=day", "every", "week"),
        ("from=2026-03-01&to=2026-02-01", "to", "doit suivre son début"),
        ("from=2020-01-01&every=week&as_of=2026-09-30", "every", "prenez un pas plus large (month, quarter, half_year, year, school_year"),
        ("from=1900-01-01&every=year&as_of=2199-12-31", "every", "rapprochez le début (from) de la fin"),
        ("period=2026&to=2026-02-01", "period", "l'un ou l'autre"),
    ],
)
async def test_what_is_no_period_or_too_fine_a_step_is_refused_and_what_is_allowed_named(
    steering: httpx.AsyncClient, query: str, pointer: str, said: str
) -> None:
    answer = await steering.get(f"/observatory/v1/indicators/R10/values?{query}")
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    assert (error["pointer"].removeprefix("/"), said in error["detail"]) == (pointer, True), error


@pytest.mark.parametrize("every", list(Step))
def test_the_bound_of_a_series_is_its_last_point(every: Step) -> None:
    first = date(2010, 1, 1)
    days = [date.fromordinal(first.toordinal() + number) for number in range(45_000)]
    most = next((day for day in days if len(_points(every, first, day)) > MOST_POINTS), None)
    assert most is None or len(_points(every, first, date.fromordinal(most.toordinal() - 1))) == MOST_POINTS


def _points(every: Step, first: date, day: date) -> tuple[date, ...]:
    try:
        return wanted_points(every, day, first)
    except Invalid:
        return (first,) * (MOST_POINTS + 1)


@time_machine.travel(at("2026-05-04"), tick=False)
async def test_what_is_planned_is_read_ahead_of_today(databases: Databases) -> None:
    reached = history(("planned", "2026-01-05"), ("reached", "2026-03-30"))
    await record(
        databases,
        milestone(id=number(1), due_initial=on("2026-03-31"), reached_on=on("2026-03-30"), history=reached),
        milestone(id=number(2), due_initial=on("2026-06-30"), due=on("2026-06-30")),
        milestone(id=number(3), due_initial=on("2027-02-28"), due=on("2027-02-28")),
    )
    today = await values(databases, "K06")
    assert (today.as_of, today.to_come, today.denominator) == (date(2026, 5, 4), False, 1)
    ahead = await values(databases, "K06", as_of="2027-12-31", every="quarter", **period("2026-01-01"))
    assert (ahead.to_come, ahead.numerator, ahead.denominator) == (True, 1, 3)
    assert {one.period: one.denominator for one in ahead.series or () if one.denominator} == {"2026-Q1": 1, "2026-Q2": 1, "2027-Q1": 1}
    stock = await values(databases, "K08", as_of="2027-12-31", every="month")
    assert [one.numerator for one in stock.series or ()] == [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]

    under_way = await values(databases, "K06", period="2026")
    assert (under_way.as_of, under_way.to_come, under_way.denominator) == (date(2026, 5, 4), False, 1), "until today"
    whole = await values(databases, "K06", period="2026", as_of="2026-12-31")
    assert (whole.to_come, whole.denominator) == (True, 2)
    to_come = await values(databases, "K06", period="2027")
    assert (to_come.as_of, to_come.to_come, to_come.denominator) == (date(2027, 12, 31), True, 1), "a period to come is read to its end"


@pytest.mark.parametrize("code", ["R10", "R03"])
@pytest.mark.parametrize("start", ["2026-10-01", "2026-10-02"])
async def test_a_period_that_begins_after_the_day_of_reading_has_nothing_in_it(databases: Databases, code: str, start: str) -> None:
    await applications(databases)
    found = await values(databases, code, as_of="2026-09-30", by="department", **period(start))
    assert not found.numerator
    assert not found.samples
    assert found.groups == []
