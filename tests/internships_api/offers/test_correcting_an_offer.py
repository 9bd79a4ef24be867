"""A published offer is corrected within bounds: never below what placements have taken, its unit's weeks moving along."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine

from services.contracts.codes import Role
from services.internships_api.service import SERVICE
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.figures import figure, hand_over
from tests.support.http import at, ok, pointers, problem_type
from tests.support.internships import (
    API,
    Json,
    a_place,
    a_request,
    a_unit,
    an_offer,
    counters,
    fresh,
    insistent,
    listed,
    move,
    patch,
    recount,
    set_capacity,
)

MIDWAY, OVER = datetime(2027, 2, 10, 11, tzinfo=UTC), datetime(2027, 3, 8, 11, tzinfo=UTC)


async def an_offer_with(
    steering: httpx.AsyncClient, databases: Databases, *, taken: int, capacity: int = 50, **given: Any
) -> tuple[Json, Json]:
    """A published offer of two seats, some of them taken, and its unit."""
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=capacity)
    offer = await an_offer(steering, unit, **given)
    if taken:
        ok(await move(steering, "requests", await a_request(steering, place, offer, learners=taken), "accept"))
    return await fresh(steering, "offers", offer), unit


async def test_e6_what_a_published_offer_says_is_corrected(steering: httpx.AsyncClient, databases: Databases) -> None:
    offer, unit = await an_offer_with(steering, databases, taken=1)

    corrected = ok(await patch(steering, "offers", offer, description="De nuit", year_levels=[3], professions=["ide"], seats=2))

    assert {name for name in offer if offer[name] != corrected[name]} == {"description", "year_levels", "version", "updated_at"}
    assert ok(await patch(steering, "offers", corrected, description="De nuit"))["version"] == corrected["version"]
    assert await counters(steering, unit) == [(50, 20, 10)] * 5


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"professions": ["as"]}, "Une offre publiée garde ses professions : clôturez-la, et publiez-en une autre."),
        ({"seats": 3}, "Les places d'une offre publiée se changent par POST /v1/offers/{id}/resize."),
    ],
)
async def test_e6_what_is_not_corrected_says_what_to_do(steering: httpx.AsyncClient, databases: Databases, body: Json, said: str) -> None:
    offer, _ = await an_offer_with(steering, databases, taken=0)

    answer = await patch(steering, "offers", offer, **body)

    assert (answer.status_code, problem_type(answer), answer.json()["detail"]) == (409, "offer-not-draft", said)


async def test_e6_what_has_ended_is_not_corrected(steering: httpx.AsyncClient, databases: Databases) -> None:
    offer, _ = await an_offer_with(steering, databases, taken=0)
    with time_machine.travel(OVER, tick=False):
        over = [
            await patch(steering, "offers", offer, description="Trop tard"),
            await move(steering, "offers", offer, "resize", seats=3),
        ]
    closed = ok(await move(steering, "offers", offer, "close"))
    shut = await patch(steering, "offers", closed, description="Trop tard")
    resized = await move(steering, "offers", closed, "resize", seats=3)
    cancelled = ok(await move(steering, "offers", ok(await move(steering, "offers", closed, "reopen", reason="x")), "cancel", reason="x"))
    gone = await patch(steering, "offers", cancelled, description="Trop tard")

    assert [problem_type(answer) for answer in over] == ["offer-not-open"] * 2
    assert (problem_type(shut), shut.json()["detail"]) == ("offer-not-draft", "Rouvrez d'abord l'offre, qui est close.")
    assert (problem_type(resized), resized.json()["allowed_operations"]) == ("move-refused", ["reopenOffer"])
    assert (problem_type(gone), gone.json()["detail"]) == ("offer-not-draft", "Une offre annulée ne change plus : préparez-en une autre.")


async def test_e6_seats_are_added_and_given_up_down_to_what_is_taken(steering: httpx.AsyncClient, databases: Databases) -> None:
    offer, unit = await an_offer_with(steering, databases, taken=2, seats=3)

    more = ok(await move(steering, "offers", offer, "resize", seats=5))
    assert await counters(steering, unit) == [(50, 50, 20)] * 5
    too_many = await move(steering, "offers", more, "resize", seats=6)
    fewer = ok(await move(steering, "offers", more, "resize", seats=2))
    too_few = await move(steering, "offers", fewer, "resize", seats=1)
    same = ok(await move(steering, "offers", fewer, "resize", seats=2))

    assert (more["seats"], fewer["seats"], same["version"]) == (5, 2, fewer["version"])
    assert (too_many.status_code, problem_type(too_many), len(too_many.json()["weeks"])) == (409, "capacity-lacking", 5)
    assert (too_few.status_code, problem_type(too_few), too_few.json()["taken"]) == (409, "seats-taken", 2)
    assert too_few.json()["detail"] == "2 places sont prises par des stages : gardez-en au moins 2, ou annulez d'abord des stages."
    assert await counters(steering, unit) == [(50, 20, 20)] * 5
    await recount(databases)


async def test_e6_a_draft_s_seats_change_with_the_rest_of_it(steering: httpx.AsyncClient, databases: Databases) -> None:
    offer, _ = await an_offer_with(steering, databases, taken=0)
    draft = await an_offer(steering, {"id": offer["unit_id"]}, published=False)

    answer = await move(steering, "offers", draft, "resize", seats=3)

    assert (answer.status_code, problem_type(answer), answer.json()["allowed_operations"]) == (
        409,
        "move-refused",
        ["changeOffer", "publishOffer"],
    )
    assert ok(await patch(steering, "offers", draft, seats=3))["seats"] == 3


async def test_e6_a_suspended_unit_offers_no_more_and_may_offer_less(steering: httpx.AsyncClient, databases: Databases) -> None:
    offer, unit = await an_offer_with(steering, databases, taken=0)
    ok(await move(steering, "units", unit, "suspend", reason="Travaux"))
    offer = await fresh(steering, "offers", offer)

    more = await move(steering, "offers", offer, "resize", seats=3)
    longer = await patch(steering, "offers", offer, ends_on="2027-03-15")
    less = ok(await move(steering, "offers", offer, "resize", seats=1))
    shorter = ok(await patch(steering, "offers", less, ends_on="2027-02-22"))

    assert [(answer.status_code, problem_type(answer)) for answer in (more, longer)] == [(409, "unit-suspended")] * 2
    assert await counters(steering, unit) == [(50, 10, 0)] * 3 + [(50, 0, 0)] * 2
    assert (less["seats"], shorter["ends_on"]) == (1, "2027-02-22")


@pytest.mark.parametrize(
    ("period", "offered"),
    [
        (("2027-02-08", "2027-02-22"), [0, 20, 20, 0, 0, 0, 0]),
        (("2027-02-15", "2027-03-22"), [0, 0, 20, 20, 20, 20, 20]),
        (("2027-03-08", "2027-03-22"), [0, 0, 0, 0, 0, 20, 20]),
        (("2027-02-01", "2027-03-22"), [20] * 7),
    ],
)
async def test_e6_the_weeks_of_an_offer_move_and_its_unit_s_with_them(
    steering: httpx.AsyncClient, databases: Databases, period: tuple[str, str], offered: list[int]
) -> None:
    offer, unit = await an_offer_with(steering, databases, taken=0)

    moved = ok(await patch(steering, "offers", offer, starts_on=period[0], ends_on=period[1]))

    assert (moved["starts_on"], moved["ends_on"]) == period
    weeks = ok(await steering.get(f"{API}/units/{unit['id']}/capacity", params={"from": "2027-02-01", "to": "2027-03-22"}))["items"]
    assert [week["offered_tenths"] for week in weeks] == offered
    await recount(databases)


async def test_e6_no_week_that_is_taken_is_lost(steering: httpx.AsyncClient, databases: Databases) -> None:
    offer, unit = await an_offer_with(steering, databases, taken=1)

    for body in ({"starts_on": "2027-02-08"}, {"ends_on": "2027-03-01"}, {"starts_on": "2027-03-08", "ends_on": "2027-03-22"}):
        answer = await patch(steering, "offers", offer, **body)
        assert (answer.status_code, problem_type(answer)) == (409, "weeks-taken")
        assert (answer.json()["from_week"], answer.json()["to_week"]) == ("2027-02-01", "2027-03-08")
        assert answer.json()["detail"].startswith(
            "Des stages sont confirmés du 1er février 2027 au 8 mars 2027 exclu : gardez ces semaines"
        )
    assert await counters(steering, unit) == [(50, 20, 10)] * 5
    assert await fresh(steering, "offers", offer) == offer


async def test_e6_a_placement_keeps_its_weeks_when_its_offer_gains_some(steering: httpx.AsyncClient, databases: Databases) -> None:
    """Given back, closed, reopened or cancelled, each week has what was taken of it, and no more."""
    offer, unit = await an_offer_with(steering, databases, taken=1)
    longer = ok(await patch(steering, "offers", offer, starts_on="2027-01-25", ends_on="2027-03-15"))

    async def weeks() -> list[tuple[int, int]]:
        answer = await steering.get(f"{API}/units/{unit['id']}/capacity", params={"from": "2027-01-25", "to": "2027-03-15"})
        await recount(databases)
        return [(week["offered_tenths"], week["taken_tenths"]) for week in ok(answer)["items"]]

    assert await weeks() == [(20, 0)] + [(20, 10)] * 5 + [(20, 0)]
    closed = ok(await move(steering, "offers", longer, "close"))
    assert await weeks() == [(0, 0)] + [(10, 10)] * 5 + [(0, 0)]
    ok(await move(steering, "offers", closed, "reopen", reason="Erreur"))
    assert await weeks() == [(20, 0)] + [(20, 10)] * 5 + [(20, 0)]
    (placement,) = await listed(steering, "placements")
    assert (placement["starts_on"], placement["ends_on"]) == ("2027-02-01", "2027-03-08")
    ok(await move(steering, "placements", placement, "cancel", reason="other"))
    assert await weeks() == [(20, 0)] * 7
    shorter = ok(await patch(steering, "offers", await fresh(steering, "offers", offer), starts_on="2027-02-22"))
    assert await weeks() == [(0, 0)] * 4 + [(20, 0)] * 3
    ok(await move(steering, "offers", shorter, "cancel", reason="Travaux"))
    assert await weeks() == [(0, 0)] * 7


async def test_e6_weeks_are_gained_where_there_is_room(steering: httpx.AsyncClient, databases: Databases) -> None:
    offer, unit = await an_offer_with(steering, databases, taken=0)
    ok(await set_capacity(steering, unit, 10, "2027-03-15", "2027-03-22"))

    answer = await patch(steering, "offers", offer, starts_on="2027-02-15", ends_on="2027-03-22")

    assert (answer.status_code, problem_type(answer)) == (409, "capacity-lacking")
    assert [week["week"] for week in answer.json()["weeks"]] == ["2027-03-15"]
    assert await fresh(steering, "offers", offer) == offer
    await recount(databases)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"ends_on": "2027-02-08"}, "#/ends_on"),
        ({"starts_on": "2027-02-02"}, "#/starts_on"),
        ({"ends_on": "2027-01-25"}, "#"),
        ({"ends_on": "2028-02-14"}, "#"),
        ({"year_levels": [9]}, "#/year_levels/0"),
    ],
)
async def test_e6_a_correction_is_checked(steering: httpx.AsyncClient, databases: Databases, body: Json, pointer: str) -> None:
    offer, unit = await an_offer_with(steering, databases, taken=0)

    with time_machine.travel(MIDWAY, tick=False):
        answer = await patch(steering, "offers", offer, **body)

    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert await counters(steering, unit) == [(50, 20, 0)] * 5


async def test_e6_an_offer_is_corrected_by_its_host_at_the_version_that_was_read(
    client: Client, steering: httpx.AsyncClient, databases: Databases
) -> None:
    place, neighbour = await a_place(databases), await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    draft = await an_offer(steering, {"id": offer["unit_id"]}, published=False)
    host, other = (client(Role.employer, organisation=each.host) for each in (place, neighbour))

    for role in Role:
        if role not in (Role.steering, Role.employer):
            assert (await move(client(role, organisation=place.host), "offers", offer, "resize", seats=3)).status_code == 403
    assert (await move(other, "offers", offer, "resize", seats=3)).status_code == 403
    assert (await move(other, "offers", draft, "resize", seats=3)).status_code == 404
    assert (await patch(other, "offers", offer, description="La leur")).status_code == 403
    address, key = f"{API}/offers/{offer['id']}/resize", {"Idempotency-Key": str(uuid4())}
    answers = [
        await host.post(address, json={"seats": 3}, headers=at(offer)),
        await host.post(address, json={"seats": 3}, headers=key),
        await host.post(address, json={"seats": 3}, headers={"If-Match": '"1"'} | key),
        await host.post(address, json={}, headers=at(offer) | key),
        await host.post(address, json={"seats": 0}, headers=at(offer) | key),
        await host.post(address, json={"seats": 201}, headers=at(offer) | key),
    ]
    assert [answer.status_code for answer in answers] == [400, 428, 412, 422, 422, 422]
    resized = ok(await move(host, "offers", offer, "resize", seats=3))
    assert ok(await patch(host, "offers", resized, description="La nôtre"))["description"] == "La nôtre"


async def test_e6_the_figures_follow_a_correction(steering: httpx.AsyncClient, databases: Databases) -> None:
    offer, _ = await an_offer_with(steering, databases, taken=1)
    assert (await hand_over(databases, SERVICE)).differences == []
    assert [await figure(databases, code) for code in ("I01", "I04")] == [(10, None), (0.5, 10)]

    resized = ok(await move(steering, "offers", offer, "resize", seats=5))
    ok(await patch(steering, "offers", resized, ends_on="2027-03-15"))

    assert (await hand_over(databases, SERVICE)).differences == []
    assert [await figure(databases, code) for code in ("I01", "I04")] == [(30, None), (round(5 / 30, 6), 30)]


async def test_e6_seats_are_given_up_while_others_are_taken(steering: httpx.AsyncClient, databases: Databases) -> None:
    """Whoever is first, no seat is taken that is not offered, and nothing deadlocks."""
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=1_000)
    seen: set[tuple[str, int]] = set()
    for number in range(12):
        offer = await an_offer(steering, unit, seats=2)
        requests = [await a_request(steering, place, offer) for _ in range(2)]

        async def later(seconds: float, row: Json, collection: str, verb: str, **body: Any) -> tuple[str, int]:
            await asyncio.sleep(seconds)
            return verb, (await insistent(steering, collection, row, verb, **body)).status_code

        seen |= set(
            await asyncio.gather(
                later(number % 4 * 0.004, offer, "offers", "resize", seats=1),
                *(later(0, request, "requests", "accept") for request in requests),
            )
        )

        now = await fresh(steering, "offers", offer)
        assert now["taken"] <= now["seats"]
        await recount(databases)
    assert {status for _, status in seen} <= {200, 409, 412}
    assert ("accept", 200) in seen
