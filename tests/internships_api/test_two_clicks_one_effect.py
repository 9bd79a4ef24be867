"""An offer or a request that looks like one that stands is made when somebody insists, and only then."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from services.contracts.codes import Role
from services.internships_api.requests import queries
from services.internships_api.requests.tables import PlacementRequest
from services.kernel.api.auth import Tokens
from services.kernel.api.lookalikes import AGO, refuse_lookalike
from services.kernel.base import clock
from services.kernel.base.principals import Principal, somebody
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from services.plam import ROUTING, SERVICES
from tests.conftest import Client
from tests.support.callers import Bearer
from tests.support.http import ok, problem_type
from tests.support.internships import (
    API,
    FIRST,
    a_place,
    a_request,
    a_unit,
    an_institute,
    an_offer,
    fresh,
    listed,
    made,
    move,
    offer_body,
)
from tests.support.lookalikes import check_one_effect, sent, twelve

OFFERS, REQUESTS = f"{API}/offers", f"{API}/requests"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def request_body(offer: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The body of a request by its own institute."""
    return {"offer_id": offer["id"], "profession": "ide", "learners": 2, **given}


# ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_e1_twelve_twins_of_a_request_have_one_effect(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    for _ in range(2):  # the second time, no connection has a statement to prepare: the twelve are closer to each other
        offer = await an_offer(steering, unit)
        await check_one_effect(client(Role.institute, organisation=place.institute), REQUESTS, request_body(offer))


async def test_e1_a_request_accepted_is_not_made_again_for_a_day(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    """The case as it was seen: both clicks accepted, four placements for two learners."""
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place), seats=4)
    institute = client(Role.institute, organisation=place.institute)
    with time_machine.travel(NOW):
        first = ok(await institute.post(REQUESTS, json=request_body(offer)))
        ok(await move(steering, "requests", first, "accept"))
    with time_machine.travel(NOW + AGO * 0.99):
        refused = await institute.post(REQUESTS, json=request_body(offer, learners=1))
    with time_machine.travel(NOW + AGO * 1.01):
        again = await institute.post(REQUESTS, json=request_body(offer))

    assert (refused.status_code, problem_type(refused), refused.json()["existing_id"]) == (409, "looks-twice", first["id"])
    assert again.status_code == 201
    assert len(await listed(steering, "placements")) == 2


async def test_e1_a_request_that_waits_is_not_made_again_however_old_it_is(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    with time_machine.travel(NOW):
        first = await a_request(steering, place, offer)
    with time_machine.travel(NOW + 30 * AGO):
        refused = await steering.post(REQUESTS, json=request_body(offer, institute_id=str(place.institute)))

    assert (refused.status_code, problem_type(refused), refused.json()["existing_id"]) == (409, "looks-twice", first["id"])


async def test_e1_a_request_taken_back_may_be_typed_again_and_one_declined_the_next_day(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    place = await a_place(databases)
    body = request_body(await an_offer(steering, await a_unit(steering, place)), institute_id=str(place.institute))
    with time_machine.travel(NOW):
        ok(await move(steering, "requests", await made(steering, "requests", body), "withdraw"))
        typed_again = await made(steering, "requests", body)
        ok(await move(steering, "requests", typed_again, "decline", reason="full"))
        refused = await steering.post(REQUESTS, json=body)
    with time_machine.travel(NOW + AGO * 1.01):
        await made(steering, "requests", body)

    assert (refused.status_code, refused.json()["existing_id"]) == (409, typed_again["id"])


async def test_e1_another_institute_offer_or_profession_is_another_request(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    offer, other = [await an_offer(steering, unit, professions=["ide", "as"]) for _ in range(2)]
    institute = await an_institute(databases)
    mine = {"institute_id": str(place.institute)}
    for body in (
        request_body(offer, **mine),
        request_body(other, **mine),
        request_body(offer, **mine, profession="as"),
        request_body(offer, institute_id=str(institute)),
    ):
        await made(steering, "requests", body)


async def test_e1_twelve_clicks_under_one_key_make_one_request_and_all_are_told_so(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))

    answers = await twelve(steering, REQUESTS, request_body(offer, institute_id=str(place.institute)), "one-and-the-same-key")

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_e1_a_key_whose_twin_was_refused_serves_to_insist(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    body = request_body(await an_offer(steering, await a_unit(steering, place)), institute_id=str(place.institute))
    await made(steering, "requests", body)

    refused = await sent(steering, REQUESTS, body, "a-key")
    forced = await sent(steering, f"{REQUESTS}?force=true", body, "a-key")

    assert (refused.status_code, forced.status_code) == (409, 201)


async def test_e1_a_twin_under_way_for_too_long_is_a_503(steering: httpx.AsyncClient, databases: Databases, tokens: Tokens) -> None:
    hasty = Databases(databases.settings.model_copy(update={"lock_timeout": 0.2}), ROUTING)
    caller = Bearer(tokens, Principal(somebody("tests"), frozenset({Role.steering})))
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    same = {"offer_id": UUID(offer["id"]), "institute_id": place.institute, "profession": "ide"}

    async with databases.open("internships", "worker") as slow:
        await refuse_lookalike(slow, PlacementRequest, same, queries.stands(clock.now() - AGO), said="")
        transport = httpx.ASGITransport(system_app(SERVICES, hasty))
        async with httpx.AsyncClient(transport=transport, base_url="http://plam.test", auth=caller) as client:
            waited = await client.post(REQUESTS, json=request_body(offer, institute_id=str(place.institute)))
        other = await steering.post(REQUESTS, json=request_body(offer, institute_id=str(await an_institute(databases))))

    await hasty.close()
    assert (waited.status_code, waited.headers["retry-after"]) == (503, "1")
    assert other.status_code == 201


# ── Offers ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_e1_twelve_twins_of_an_offer_have_one_effect(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)

    await check_one_effect(client(Role.employer, organisation=place.host), OFFERS, offer_body(unit))


async def test_e1_professions_are_the_same_in_any_order(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases))
    first = await made(steering, "offers", offer_body(unit, professions=["ide", "as"]))

    refused = await steering.post(OFFERS, json=offer_body(unit, professions=["as", "ide"], seats=9))

    assert (refused.status_code, problem_type(refused), refused.json()["existing_id"]) == (409, "looks-twice", first["id"])


async def test_e1_another_unit_week_or_set_of_professions_is_another_offer(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit, other = await a_unit(steering, place), await a_unit(steering, place)
    for body in (
        offer_body(unit),
        offer_body(other),
        offer_body(unit, professions=["ide", "as"]),
        offer_body(unit, starts_on=FIRST.replace(day=8).isoformat()),
        offer_body(unit, ends_on="2027-03-01"),
    ):
        await made(steering, "offers", body)


@pytest.mark.parametrize(("verb", "body"), [("close", {}), ("cancel", {"reason": "Erreur de saisie"})])
async def test_e1_an_offer_that_has_ended_may_be_typed_again(
    steering: httpx.AsyncClient, databases: Databases, verb: str, body: dict[str, str]
) -> None:
    unit = await a_unit(steering, await a_place(databases))
    ok(await move(steering, "offers", await an_offer(steering, unit), verb, **body))

    await made(steering, "offers", offer_body(unit))


async def test_e1_an_offer_of_yesterday_is_made_again(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases))
    with time_machine.travel(NOW):
        first = await made(steering, "offers", offer_body(unit))
    with time_machine.travel(NOW + AGO * 0.99):
        refused = await steering.post(OFFERS, json=offer_body(unit))
    with time_machine.travel(NOW + AGO * 1.01):
        await made(steering, "offers", offer_body(unit))

    assert (refused.status_code, refused.json()["existing_id"]) == (409, first["id"])
    assert (await fresh(steering, "offers", first))["version"] == 1
