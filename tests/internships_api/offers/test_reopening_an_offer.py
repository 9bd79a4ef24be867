"""An offer that was closed by mistake is published again, while weeks lie ahead and the unit has room for its seats."""

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
)

REASON = {"reason": "Close par erreur"}
OVER = datetime(2027, 3, 8, 11, tzinfo=UTC)


async def test_e5_an_offer_closed_by_mistake_is_published_again(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=50)
    offer = await an_offer(steering, unit, seats=5)
    ok(await move(steering, "requests", await a_request(steering, place, offer, learners=2), "accept"))
    waiting = await a_request(steering, place, offer)
    closed = ok(await move(steering, "offers", await fresh(steering, "offers", offer), "close"))
    ended = await fresh(steering, "requests", waiting)
    assert await counters(steering, unit) == [(50, 20, 20)] * 5

    reopened = ok(await move(steering, "offers", closed, "reopen", **REASON))

    assert (reopened["status"], reopened["status_reason"], reopened["taken"]) == ("published", REASON["reason"], 2)
    assert reopened["published_on"] == offer["published_on"]
    assert await counters(steering, unit) == [(50, 50, 20)] * 5
    assert ended["status"] == "offer_closed"
    assert await fresh(steering, "requests", waiting) == ended, "what ended with the offer stays ended"
    assert [row["id"] for row in await listed(steering, "offers", available="true")] == [offer["id"]]
    ok(await move(steering, "requests", await a_request(steering, place, offer, learners=3), "accept"))
    again = ok(await move(steering, "offers", await fresh(steering, "offers", offer), "close"))
    assert (again["status_reason"], [step["status"] for step in again["history"]]) == (
        None,
        ["draft", "published", "closed", "published", "closed"],
    )
    await recount(databases)


async def test_e5_the_figures_of_a_reopened_offer(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    assert (await hand_over(databases, SERVICE)).differences == []
    before = [await figure(databases, code) for code in ("I01", "I04", "I28")]
    closed = ok(await move(steering, "offers", offer, "close"))
    assert (await hand_over(databases, SERVICE)).differences == []
    assert await figure(databases, "I28") == (0, None)

    ok(await move(steering, "offers", closed, "reopen", **REASON))

    assert (await hand_over(databases, SERVICE)).differences == []
    assert [await figure(databases, code) for code in ("I01", "I04", "I28")] == before == [(10, None), (0.0, 10), (1, None)]


async def test_e5_a_seat_given_back_while_the_offer_was_closed_is_offered_again(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=20)
    offer = await an_offer(steering, unit)
    ok(await move(steering, "requests", await a_request(steering, place, offer, learners=2), "accept"))
    ok(await move(steering, "offers", await fresh(steering, "offers", offer), "close"))
    placement, _ = await listed(steering, "placements")
    ok(await move(steering, "placements", placement, "cancel", reason="other"))
    assert await counters(steering, unit) == [(20, 10, 10)] * 5

    ok(await move(steering, "offers", await fresh(steering, "offers", offer), "reopen", **REASON))

    assert await counters(steering, unit) == [(20, 20, 10)] * 5
    await recount(databases)


async def test_e5_an_offer_is_reopened_while_the_unit_has_room(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=20)
    closed = ok(await move(steering, "offers", await an_offer(steering, unit), "close"))
    other = await an_offer(steering, unit, seats=1, starts_on="2027-02-15", ends_on="2027-02-22")

    refused = await move(steering, "offers", closed, "reopen", **REASON)

    assert (refused.status_code, problem_type(refused)) == (409, "capacity-lacking")
    assert [week["week"] for week in refused.json()["weeks"]] == ["2027-02-15"]
    assert await fresh(steering, "offers", closed) == closed
    ok(await move(steering, "offers", other, "cancel", **REASON))
    ok(await move(steering, "offers", closed, "reopen", **REASON))
    await recount(databases)


async def test_e5_an_offer_whose_weeks_have_passed_stays_closed(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    closed = ok(await move(steering, "offers", await an_offer(steering, await a_unit(steering, place)), "close"))
    path = f"{API}/offers/{closed['id']}/live"
    assert ok(await steering.get(path))["allowed_operations"] == ["reopenOffer"]

    with time_machine.travel(OVER, tick=False):
        refused = await move(steering, "offers", closed, "reopen", **REASON)
        assert ok(await steering.get(path))["allowed_operations"] == []

    assert (refused.status_code, problem_type(refused)) == (409, "offer-not-open")
    assert refused.json()["detail"] == "La dernière semaine de cette offre est passée : préparez-en une autre."


async def test_e5_an_offer_of_a_suspended_unit_stays_closed(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases))
    closed = ok(await move(steering, "offers", await an_offer(steering, unit), "close"))
    ok(await move(steering, "units", unit, "suspend", reason="Travaux"))

    refused = await move(steering, "offers", closed, "reopen", **REASON)

    assert (refused.status_code, problem_type(refused)) == (409, "unit-suspended")
    assert refused.json()["detail"] == "Reprenez d'abord le terrain de stage."


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (None, "Le statut est « brouillon » ; cette opération demande « close ». D'ici, il peut passer à « publiée »."),
        ("publish", "C'est déjà fait : le statut est « publiée ». D'ici, il peut passer à « close » ou « annulée »."),
        ("cancel", "Le statut est « annulée » ; cette opération demande « close ». Il ne change plus."),
    ],
)
async def test_e5_only_a_closed_offer_is_reopened(steering: httpx.AsyncClient, databases: Databases, verb: str | None, said: str) -> None:
    unit = await a_unit(steering, await a_place(databases))
    offer = await an_offer(steering, unit, published=False)
    if verb:
        offer = ok(await move(steering, "offers", offer, "publish"))
    if verb == "cancel":
        offer = ok(await move(steering, "offers", offer, "cancel", **REASON))

    answer = await move(steering, "offers", offer, "reopen", **REASON)

    assert (answer.status_code, problem_type(answer), answer.json()["detail"]) == (409, "move-refused", said)


async def test_e5_a_closed_offer_is_not_published_without_a_reason(steering: httpx.AsyncClient, databases: Databases) -> None:
    closed = ok(await move(steering, "offers", await an_offer(steering, await a_unit(steering, await a_place(databases))), "close"))
    address, key = f"{API}/offers/{closed['id']}/reopen", {"Idempotency-Key": str(uuid4())}

    published = await move(steering, "offers", closed, "publish")
    silent = [
        await steering.post(address, json=body, headers=at(closed) | {"Idempotency-Key": str(uuid4())}) for body in ({}, {"reason": ""})
    ]
    keyless = await steering.post(address, json=REASON, headers=at(closed))
    blind = await steering.post(address, json=REASON, headers=key)
    stale = await steering.post(address, json=REASON, headers={"If-Match": '"1"', "Idempotency-Key": str(uuid4())})

    assert (published.status_code, problem_type(published)) == (409, "move-refused")
    assert [(answer.status_code, pointers(answer)) for answer in silent] == [(422, ["#/reason"])] * 2
    assert (keyless.status_code, problem_type(keyless)) == (400, "idempotency-key-missing")
    assert (blind.status_code, stale.status_code) == (428, 412)
    headers = at(closed) | key
    first, second = [await steering.post(address, json=REASON, headers=headers) for _ in range(2)]
    assert (first.status_code, second.content, second.headers["idempotency-replayed"]) == (200, first.content, "true")
    await recount(databases)


async def test_e5_an_offer_is_reopened_by_its_host(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place, neighbour = await a_place(databases), await a_place(databases)
    unit = await a_unit(steering, place)
    closed = ok(await move(steering, "offers", await an_offer(steering, unit), "close"))
    draft = await an_offer(steering, unit, published=False)
    other = client(Role.employer, organisation=neighbour.host)

    for role in Role:
        if role not in (Role.steering, Role.employer):
            assert (await move(client(role, organisation=place.host), "offers", closed, "reopen", **REASON)).status_code == 403
    assert (await move(other, "offers", closed, "reopen", **REASON)).status_code == 403
    assert (await move(other, "offers", draft, "reopen", **REASON)).status_code == 404
    assert (await move(client(Role.employer, organisation=place.host), "offers", closed, "reopen", **REASON)).status_code == 200


async def later(by: httpx.AsyncClient, seconds: float, verb: str, offer: dict[str, Any], **body: Any) -> httpx.Response:
    """A move of an offer after a while: now one is first, now the other."""
    await asyncio.sleep(seconds)
    return await insistent(by, "offers", offer, verb, **body)


async def test_e5_of_two_who_reopen_at_once_one_does_and_room_for_one_is_given_once(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    """The same offer twice; then an offer reopened while another is published on the room that it had."""
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=20)
    for number in range(10):
        closed = ok(await move(steering, "offers", await an_offer(steering, unit), "close"))
        draft = await an_offer(steering, unit, published=False)

        first, second, published = await asyncio.gather(
            later(steering, number % 3 * 0.004, "reopen", closed, **REASON),
            later(steering, 0, "reopen", closed, **REASON),
            later(steering, number % 2 * 0.004, "publish", draft),
        )

        reopened = sorted([first.status_code, second.status_code])
        assert reopened in ([200, 412], [409, 409]), [first.text, second.text]
        assert published.status_code == (409 if reopened[0] == 200 else 200)
        await recount(databases)
        for offer in await listed(steering, "offers", status="published"):
            ok(await move(steering, "offers", offer, "cancel", **REASON))


async def test_e5_a_seat_is_given_back_while_its_offer_is_reopened(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=20)
    for number in range(10):
        offer = await an_offer(steering, unit)
        ok(await move(steering, "requests", await a_request(steering, place, offer, learners=2), "accept"))
        closed = ok(await move(steering, "offers", await fresh(steering, "offers", offer), "close"))
        placements = await listed(steering, "placements", offer_id=offer["id"])

        answers = await asyncio.gather(
            later(steering, number % 4 * 0.004, "reopen", closed, **REASON),
            *(insistent(steering, "placements", each, "cancel", reason="other") for each in placements),
        )

        assert {answer.status_code for answer in answers} <= {200, 412}
        await recount(databases)
        if answers[0].status_code == 412:
            ok(await move(steering, "offers", await fresh(steering, "offers", offer), "reopen", **REASON))
        ok(await patch(steering, "offers", await fresh(steering, "offers", offer), description="Rouverte"))
        await recount(databases)
        ok(await move(steering, "offers", await fresh(steering, "offers", offer), "cancel", **REASON))
