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
from tests.support.internships import API, FIRST, a_place, a_request, a_unit, an_offer, counters, move, set_capacity


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
        ({"capacity_tenths": -1}, "#/capacity_tenths"),
        ({"capacity_tenths": 1.5}, "#/capacity_tenths"),
        ({"capacity_tenths": 10_001}, "#/capacity_tenths"),
        ({"taken_tenths": 3}, "#/taken_tenths"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    steering: httpx.AsyncClient, databases: Databases, given: dict[str, Any], pointer: str
) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=0)
    body = {"from_week": "2027-02-01", "to_week": "2027-03-01", "capacity_tenths": 30, **given}

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
        {"week": "2027-02-01", "capacity_tenths": 50, "offered_tenths": 40, "taken_tenths": 0},
        {"week": "2027-02-08", "capacity_tenths": 50, "offered_tenths": 40, "taken_tenths": 0},
    ]
    assert await counters(steering, unit) == [(50, 40, 0)] * 2 + [(50, 0, 0)] * 3
    assert (await set_capacity(steering, unit, 40, "2027-01-25", "2027-03-01")).status_code == 200


async def test_e9_tenths_are_said_in_the_name_and_a_refusal_speaks_of_seats(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=4)
    draft = await an_offer(steering, unit, published=False, seats=4)

    refused = await move(steering, "offers", draft, "publish")

    assert (refused.status_code, problem_type(refused)) == (409, "capacity-lacking")
    assert refused.json()["detail"] == (
        "4 places demandées, 0 libre la semaine du 1er février 2027 (5 semaines sont en cause). Offrez moins de places, ou portez d'abord "
        "la capacité du terrain à 4 places : capacity_tenths, en dixièmes, vaut alors 40."
    )
    assert refused.json()["weeks"][0] == {"week": "2027-02-01", "capacity_tenths": 4, "offered_tenths": 0, "taken_tenths": 0}
    ok(await set_capacity(steering, unit, 40))
    assert ok(await move(steering, "offers", draft, "publish"))["seats"] == 4


async def test_e9_a_capacity_below_what_is_offered_is_refused_in_seats(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=50)
    await an_offer(steering, unit, seats=4)

    refused = await set_capacity(steering, unit, 35, "2027-02-08", "2027-02-15")

    assert refused.json()["detail"] == (
        "Capacité demandée : 3,5 ; offertes : 4 places la semaine du 8 février 2027. Demandez au moins capacity_tenths 40, en dixièmes de "
        "place, ou clôturez d'abord des offres."
    )


async def test_e9_a_request_too_large_is_refused_in_seats(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place), seats=2)
    first, second = await a_request(steering, place, offer), await a_request(steering, place, offer, learners=2)
    ok(await move(steering, "requests", first, "accept"))

    refused = await move(steering, "requests", second, "accept")

    assert (refused.status_code, problem_type(refused), refused.json()["seats_left"]) == (409, "no-seat-left", 1)
    assert refused.json()["detail"] == "2 places demandées, 1 libre : refusez la demande, ou offrez d'autres places."


async def test_a_unit_s_capacity_is_its_host_s_to_set_and_everyone_s_to_read(client: Client, databases: Databases) -> None:
    place, neighbour = await a_place(databases), await a_place(databases)
    host = client(Role.employer, organisation=place.host)
    unit = await a_unit(host, place, capacity=20)
    other = client(Role.employer, organisation=neighbour.host)

    assert (await set_capacity(other, unit, 0)).status_code == 403
    assert (await set_capacity(client(Role.reader), unit, 0)).status_code == 403
    assert (await set_capacity(host, {"id": str(uuid4())}, 0)).status_code == 404
    assert await counters(client(Role.reader), unit) == [(20, 0, 0)] * 5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"from_week": "2027-02-03"}, "Une semaine se désigne par son lundi : le 1er février 2027, ou le 8 février 2027."),
        (
            {"to_week": "2027-01-25"},
            "La fin (le 25 janvier 2027, exclu) doit suivre le début (le 1er février 2027) : changez l'une des deux.",
        ),
        ({"to_week": "2029-02-19"}, "Du 1er février 2027 au 19 février 2029, la période compte 107 semaines : 106 au plus."),
    ],
)
async def test_typed_dates_weeks_are_refused_by_both_days(
    steering: httpx.AsyncClient, databases: Databases, given: dict[str, Any], said: str
) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=0)
    body = {"from_week": "2027-02-01", "to_week": "2027-03-01", "capacity_tenths": 30, **given}

    put = await steering.put(f"{API}/units/{unit['id']}/capacity", json=body)
    asked = await steering.get(f"{API}/units/{unit['id']}/capacity", params={"from": body["from_week"], "to": body["to_week"]})

    assert [[error["detail"] for error in answer.json()["errors"]] for answer in (put, asked)] == [[said], [said]]


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
