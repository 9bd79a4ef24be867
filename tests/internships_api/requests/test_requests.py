"""Requests for seats: asked by an institute, answered by the host, taken back while there is no answer."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine
from sqlmodel import update

from services.contracts.access import OrganisationStatus, SiteStatus
from services.contracts.codes import Department, OrganisationRole, Role
from services.internships_api.copies import ORGANISATIONS, SITES
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.http import at, ok, pointers, problem_type
from tests.support.internships import (
    API,
    a_place,
    a_request,
    a_unit,
    an_offer,
    an_organisation,
    counters,
    fresh,
    listed,
    move,
    names,
)


def body_of(offer: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The body of a request by its own institute."""
    return {"offer_id": offer["id"], "profession": "ide", "learners": 1, **given}


async def test_an_institute_asks_for_itself_and_nothing_is_held(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    offer = await an_offer(steering, unit)

    answer = await client(Role.institute, organisation=place.institute).post(f"{API}/requests", json=body_of(offer, learners=2))

    assert answer.status_code == 201
    request = answer.json()
    assert (request["institute_id"], request["organisation_id"]) == (str(place.institute), str(place.host))
    assert (request["status"], request["answered_at"]) == ("submitted", None)
    assert await counters(steering, unit) == [(100, 20, 0)] * 5
    assert await fresh(steering, "offers", offer) == offer


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"offer_id": str(uuid4())}, "#/offer_id"),
        ({"profession": "as"}, "#/profession"),
        ({"profession": "chef"}, "#/profession"),
        ({"learners": 0}, "#/learners"),
        ({"learners": 3}, "#/learners"),
        ({"institute_id": str(uuid4())}, "#/institute_id"),
        ({"institute_id": None}, "#/institute_id"),
        ({"message": "nul\x00"}, "#/message"),
        ({"status": "accepted"}, "#/status"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    steering: httpx.AsyncClient, databases: Databases, given: dict[str, Any], pointer: str
) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place), seats=2)

    answer = await steering.post(f"{API}/requests", json=body_of(offer, institute_id=str(place.institute)) | given)

    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert await listed(steering, "requests") == []


async def test_only_an_institute_asks_and_only_for_itself(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    rival = await an_organisation(databases, OrganisationRole.institute)
    for_other = body_of(offer, institute_id=str(place.institute))

    for_rival = await client(Role.institute, organisation=rival).post(f"{API}/requests", json=for_other)
    no_institute = await client(Role.institute, organisation=place.host).post(f"{API}/requests", json=body_of(offer))

    assert for_rival.status_code == 403
    assert (no_institute.status_code, pointers(no_institute)) == (422, ["#/institute_id"])
    assert (await client(Role.employer, organisation=place.host).post(f"{API}/requests", json=for_other)).status_code == 403


async def test_only_an_open_offer_is_asked_for(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    draft, offer = await an_offer(steering, unit, published=False), await an_offer(steering, unit)
    institute = client(Role.institute, organisation=place.institute)

    unseen = await institute.post(f"{API}/requests", json=body_of(draft))
    unpublished = await steering.post(f"{API}/requests", json=body_of(draft, institute_id=str(place.institute)))
    with time_machine.travel(datetime(2027, 3, 8, 11, tzinfo=UTC), tick=False):
        over = await institute.post(f"{API}/requests", json=body_of(offer))
    await move(steering, "offers", offer, "close")
    closed = await institute.post(f"{API}/requests", json=body_of(offer))

    assert (unseen.status_code, pointers(unseen)) == (422, ["#/offer_id"])
    for refused in (unpublished, over, closed):
        assert (refused.status_code, problem_type(refused)) == (409, "offer-not-open")


async def test_accepting_takes_seats_and_weeks_and_confirms_placements(
    client: Client, steering: httpx.AsyncClient, databases: Databases
) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=50)
    offer = await an_offer(steering, unit, seats=4)
    request = await a_request(steering, place, offer, learners=3)

    accepted = ok(await move(client(Role.employer, organisation=place.host), "requests", request, "accept"))

    assert accepted["status"] == "accepted"
    assert accepted["answered_at"]
    assert (await fresh(steering, "offers", offer))["taken"] == 3
    assert await counters(steering, unit) == [(50, 40, 30)] * 5
    placements = await listed(steering, "placements", request_id=request["id"])
    assert len(placements) == 3
    for placement in placements:
        assert {name: placement[name] for name in ("offer_id", "unit_id", "institute_id", "organisation_id", "status", "learner_ref")} == {
            "offer_id": offer["id"],
            "unit_id": unit["id"],
            "institute_id": str(place.institute),
            "organisation_id": str(place.host),
            "status": "confirmed",
            "learner_ref": None,
        }
        assert (placement["starts_on"], placement["ends_on"]) == (offer["starts_on"], offer["ends_on"])  # typed nowhere else


async def test_one_seat_too_many_is_refused_and_takes_nothing(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    offer = await an_offer(steering, unit, seats=3)
    first, second = [await a_request(steering, place, offer, learners=2) for _ in range(2)]
    await move(steering, "requests", first, "accept")

    answer = await move(steering, "requests", second, "accept")

    assert (answer.status_code, problem_type(answer)) == (409, "no-seat-left")
    assert answer.json()["seats_left"] == 1
    assert await fresh(steering, "requests", second) == second
    assert await counters(steering, unit) == [(100, 30, 20)] * 5
    assert len(await listed(steering, "placements")) == 2


async def test_accepting_needs_a_key_and_twice_under_it_is_once(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    request = await a_request(steering, place, offer)
    path = f"{API}/requests/{request['id']}/accept"

    without = await steering.post(path, headers=at(request))
    answers = [await steering.post(path, headers=at(request) | {"Idempotency-Key": "once"}) for _ in range(2)]

    assert (without.status_code, problem_type(without)) == (400, "idempotency-key-missing")
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert (await fresh(steering, "offers", offer))["taken"] == 1


async def test_an_offer_closed_meanwhile_gives_no_seat(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    request, later = await a_request(steering, place, offer), await a_request(steering, place, offer)

    with time_machine.travel(datetime(2027, 3, 8, 11, tzinfo=UTC), tick=False):
        over = await move(steering, "requests", later, "accept")
    await move(steering, "offers", offer, "close")
    closed = await move(steering, "requests", await fresh(steering, "requests", request), "accept")

    assert (over.status_code, problem_type(over)) == (409, "offer-not-open")
    assert (closed.status_code, problem_type(closed)) == (409, "move-refused")


async def test_declining_says_why(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    request = await a_request(steering, place, await an_offer(steering, await a_unit(steering, place)))
    host = client(Role.employer, organisation=place.host)

    mute = await move(host, "requests", request, "decline", reason="because")
    declined = ok(await move(host, "requests", request, "decline", reason="no_tutor"))

    assert (mute.status_code, pointers(mute)) == (422, ["#/reason"])
    assert (declined["status"], declined["decline_reason"]) == ("declined", "no_tutor")
    assert declined["answered_at"]


async def test_an_answer_is_final(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    institute = client(Role.institute, organisation=place.institute)
    request = await a_request(institute, place, offer)

    withdrawn = ok(await move(institute, "requests", request, "withdraw"))

    assert (withdrawn["status"], withdrawn["answered_at"]) == ("withdrawn", None)
    assert ok(await institute.get(f"{API}/requests/{request['id']}/live")) == {"allowed_operations": []}
    for verb, given in (("accept", {}), ("decline", {"reason": "full"}), ("withdraw", {})):
        refused = await move(steering, "requests", withdrawn, verb, **given)
        assert (refused.status_code, problem_type(refused)) == (409, "move-refused")
    assert (await fresh(steering, "offers", offer))["taken"] == 0


async def test_each_party_has_its_own_moves(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place, neighbour = await a_place(databases), await a_place(databases)
    request = await a_request(steering, place, await an_offer(steering, await a_unit(steering, place)))
    both_at_institute = client(Role.institute, Role.employer, organisation=place.institute)
    both_at_host = client(Role.institute, Role.employer, organisation=place.host)

    assert (await move(both_at_institute, "requests", request, "accept")).status_code == 403
    assert (await move(both_at_institute, "requests", request, "decline", reason="full")).status_code == 403
    assert (await move(both_at_host, "requests", request, "withdraw")).status_code == 403
    for stranger in (client(Role.employer, organisation=neighbour.host), client(Role.employer)):
        assert (await move(stranger, "requests", request, "accept")).status_code == 404
    assert (await move(client(Role.hr_partner), "requests", request, "accept")).status_code == 403


async def test_a_request_is_its_parties_business(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place, neighbour = await a_place(databases), await a_place(databases, Department.vendee)
    ours = await a_request(steering, place, await an_offer(steering, await a_unit(steering, place)))
    theirs = await a_request(steering, neighbour, await an_offer(steering, await a_unit(steering, neighbour)))

    for caller, sees in (
        (client(Role.employer, organisation=place.host), {ours["id"]}),
        (client(Role.institute, organisation=place.institute), {ours["id"]}),
        (client(Role.employer, organisation=place.institute), set()),
        (client(Role.hr_partner, departments=frozenset({Department.vendee})), {theirs["id"]}),
        (client(Role.hr_partner), {ours["id"], theirs["id"]}),
        (client(Role.employer), set()),
        (steering, {ours["id"], theirs["id"]}),
    ):
        assert names(await listed(caller, "requests")) == sees
        for request in (ours, theirs):
            expected = 200 if request["id"] in sees else 404
            for path in ("", "/live", "/history"):
                assert (await caller.get(f"{API}/requests/{request['id']}{path}")).status_code == expected
    assert (await client(Role.reader).get(f"{API}/requests")).status_code == 403


async def test_filters_narrow_the_list(steering: httpx.AsyncClient, databases: Databases) -> None:
    place, south = await a_place(databases), await a_place(databases, Department.vendee)
    offer = await an_offer(steering, await a_unit(steering, place))
    other = await an_offer(steering, await a_unit(steering, south), professions=["as"])
    first, second = await a_request(steering, place, offer), await a_request(steering, south, other, profession="as")
    await move(steering, "requests", first, "decline", reason="full")

    for query, found in (
        ({"offer_id": offer["id"]}, first),
        ({"status": "declined"}, first),
        ({"profession": "as"}, second),
        ({"department": "85"}, second),
        ({"institute_id": str(south.institute)}, second),
        ({"organisation_id": str(place.host)}, first),
    ):
        assert names(await listed(steering, "requests", **query)) == {found["id"]}


async def test_nobody_is_sent_to_a_site_that_has_closed(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    request = await a_request(steering, place, offer)
    async with databases.open("internships", "worker") as db:
        await db.fetch(update(SITES.table).values(status=SiteStatus.closed))

    asked = await steering.post(f"{API}/requests", json=body_of(offer, institute_id=str(place.institute)))
    accepted = await move(steering, "requests", request, "accept")

    assert [(answer.status_code, problem_type(answer)) for answer in (asked, accepted)] == [(409, "concealed")] * 2
    assert (await fresh(steering, "offers", offer))["taken"] == 0


async def test_an_institute_that_has_closed_places_nobody(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    request = await a_request(steering, place, await an_offer(steering, await a_unit(steering, place)))
    async with databases.open("internships", "worker") as db:
        closing = update(ORGANISATIONS.table).where(ORGANISATIONS.table.c.id == place.institute)
        await db.fetch(closing.values(status=OrganisationStatus.closed))

    accepted = await move(steering, "requests", request, "accept")

    assert (accepted.status_code, problem_type(accepted)) == (409, "institute-closed")


async def test_a_request_whose_offer_is_over_is_no_longer_accepted(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    path = f"{API}/requests/{(await a_request(steering, place, offer))['id']}/live"
    assert ok(await steering.get(path))["allowed_operations"] == ["acceptRequest", "declineRequest", "withdrawRequest"]
    with time_machine.travel(datetime(2027, 3, 8, 11, tzinfo=UTC), tick=False):
        assert ok(await steering.get(path))["allowed_operations"] == ["declineRequest", "withdrawRequest"]
    await move(steering, "offers", offer, "cancel", reason="Travaux")
    assert ok(await steering.get(path))["allowed_operations"] == []
