"""The weekly capacity of a unit: set by ranges of Mondays, never below what is offered."""

from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.contracts.codes import Role
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.http import ok, pointers, problem_type
from tests.support.internships import API, FIRST, a_place, a_unit, an_offer, counters, set_capacity


async def test_a_range_is_set_and_set_again(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=0)

    first = ok(await set_capacity(steering, unit, 30, "2027-01-25", "2027-02-15"))
    await set_capacity(steering, unit, 45, "2027-02-08", "2027-02-22")

    assert [week["week"] for week in first["items"]] == ["2027-01-25", "2027-02-01", "2027-02-08"]
    assert await counters(steering, unit, date(2027, 1, 18), date(2027, 3, 1)) == [(30, 0, 0), (30, 0, 0), (45, 0, 0), (45, 0, 0)]


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"from_week": "2027-02-02"}, "#/from_week"),
        ({"to_week": "2027-02-28"}, "#/to_week"),
        ({"to_week": "2027-02-01"}, "#"),
        ({"to_week": "2029-02-19"}, "#"),
        ({"capacity": -1}, "#/capacity"),
        ({"capacity": 1.5}, "#/capacity"),
        ({"capacity": 10_001}, "#/capacity"),
        ({"taken": 3}, "#/taken"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    steering: httpx.AsyncClient, databases: Databases, given: dict[str, Any], pointer: str
) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=0)
    body = {"from_week": "2027-02-01", "to_week": "2027-03-01", "capacity": 30, **given}

    answer = await steering.put(f"{API}/units/{unit['id']}/capacity", json=body)

    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert await counters(steering, unit) == []


async def test_106_weeks_are_the_most(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=0)

    assert len(ok(await set_capacity(steering, unit, 10, "2027-01-04", "2029-01-15"))["items"]) == 106
    assert (await set_capacity(steering, unit, 10, "2027-01-04", "2029-01-22")).status_code == 422


async def test_capacity_below_what_is_offered_is_refused_and_names_the_weeks(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=50)
    await an_offer(steering, unit, seats=4, starts_on="2027-02-01", ends_on="2027-02-15")

    answer = await set_capacity(steering, unit, 39, "2027-01-25", "2027-03-01")

    assert (answer.status_code, problem_type(answer)) == (409, "capacity-below-offered")
    assert answer.json()["weeks"] == [
        {"week": "2027-02-01", "capacity": 50, "offered": 40, "taken": 0},
        {"week": "2027-02-08", "capacity": 50, "offered": 40, "taken": 0},
    ]
    assert await counters(steering, unit) == [(50, 40, 0)] * 2 + [(50, 0, 0)] * 3
    assert (await set_capacity(steering, unit, 40, "2027-01-25", "2027-03-01")).status_code == 200


async def test_a_unit_s_capacity_is_its_host_s_to_set_and_everyone_s_to_read(client: Client, databases: Databases) -> None:
    place, neighbour = await a_place(databases), await a_place(databases)
    host = client(Role.employer, organisation=place.host)
    unit = await a_unit(host, place, capacity=20)
    other = client(Role.employer, organisation=neighbour.host)

    assert (await set_capacity(other, unit, 0)).status_code == 403
    assert (await set_capacity(client(Role.reader), unit, 0)).status_code == 403
    assert (await set_capacity(host, {"id": str(uuid4())}, 0)).status_code == 404
    assert await counters(client(Role.reader), unit) == [(20, 0, 0)] * 5


async def test_a_period_asked_for_is_mondays_and_not_too_long(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases))
    path = f"{API}/units/{unit['id']}/capacity"

    for query, pointer in (
        ({"from": "2027-02-02"}, "from"),
        ({"from": "2027-02-01", "to": "2027-02-01"}, "to"),
        ({"from": "2027-02-01", "to": "2030-02-04"}, "to"),
    ):
        answer = await steering.get(path, params=query)
        assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert len(ok(await steering.get(path, params={"from": FIRST.isoformat()}))["items"]) == 47
    assert (await steering.get(f"{API}/units/{uuid4()}/capacity")).status_code == 404
