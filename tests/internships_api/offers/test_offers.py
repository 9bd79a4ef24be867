"""Placement offers: prepared, published on weeks that have room, closed, cancelled; who sees them."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine
from sqlmodel import update

from services.contracts.access import SiteStatus
from services.contracts.codes import Department, Role
from services.internships_api.copies import SITES
from services.internships_api.service import SERVICE
from services.internships_api.weeks import WEEK
from services.kernel.data.database import Databases
from services.kernel.events.scheduler import run_job
from tests.conftest import Client
from tests.support.http import ok, pointers, problem_type
from tests.support.internships import (
    API,
    LAST,
    a_place,
    a_request,
    a_unit,
    an_offer,
    counters,
    fresh,
    listed,
    made,
    move,
    names,
    offer_body,
    patch,
    set_capacity,
)


async def test_a_new_offer_is_a_draft_that_holds_nothing(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases, Department.sarthe)
    unit = await a_unit(steering, place)

    offer = await an_offer(steering, unit, published=False, year_levels=[2, 3])

    assert (offer["status"], offer["department"], offer["organisation_id"]) == ("draft", "72", str(place.host))
    assert (offer["taken"], offer["published_on"], offer["year_levels"]) == (0, None, [2, 3])
    assert await counters(steering, unit) == [(100, 0, 0)] * 5


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"unit_id": str(uuid4())}, "#/unit_id"),
        ({"professions": ["mk"]}, "#/professions"),
        ({"professions": []}, "#/professions"),
        ({"starts_on": "2027-02-02"}, "#/starts_on"),
        ({"ends_on": "2027-03-07"}, "#/ends_on"),
        ({"ends_on": "2027-02-01"}, "#"),
        ({"ends_on": "2028-02-07"}, "#"),
        ({"seats": 0}, "#/seats"),
        ({"seats": "2"}, "#/seats"),
        ({"year_levels": [6]}, "#/year_levels/0"),
        ({"year_levels": [1, 1]}, "#/year_levels"),
        ({"taken": 1}, "#/taken"),
        ({"status": "published"}, "#/status"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    steering: httpx.AsyncClient, databases: Databases, given: dict[str, Any], pointer: str
) -> None:
    unit = await a_unit(steering, await a_place(databases))

    answer = await steering.post(f"{API}/offers", json=offer_body(unit, **given))

    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert await listed(steering, "offers") == []


async def test_only_a_draft_changes_as_a_whole(steering: httpx.AsyncClient, databases: Databases) -> None:
    offer = await an_offer(steering, await a_unit(steering, await a_place(databases)), published=False)

    changed = ok(await patch(steering, "offers", offer, seats=3, description="De jour"))
    foreign = await patch(steering, "offers", changed, professions=["mk"])
    shorter = await patch(steering, "offers", changed, ends_on="2027-02-01")
    published = ok(await move(steering, "offers", changed, "publish"))
    late = await patch(steering, "offers", published, seats=4)
    other = await patch(steering, "offers", published, professions=["as"])

    assert (changed["seats"], changed["description"]) == (3, "De jour")
    assert (foreign.status_code, pointers(foreign)) == (422, ["#/professions"])
    assert shorter.status_code == 422
    assert [(answer.status_code, problem_type(answer)) for answer in (late, other)] == [(409, "offer-not-draft")] * 2


async def test_publishing_offers_the_seats_each_week(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=50)

    await an_offer(steering, unit, seats=2)
    await an_offer(steering, unit, seats=3, starts_on="2027-02-08", ends_on="2027-02-22")

    assert await counters(steering, unit) == [(50, 20, 0), (50, 50, 0), (50, 50, 0), (50, 20, 0), (50, 20, 0)]


async def test_publishing_without_room_names_the_weeks_and_takes_nothing(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=0)
    await set_capacity(steering, unit, 40, "2027-02-01", "2027-02-22")
    await an_offer(steering, unit, seats=3, starts_on="2027-02-08", ends_on="2027-02-15")
    draft = await an_offer(steering, unit, published=False, seats=2, ends_on="2027-03-01")

    answer = await move(steering, "offers", draft, "publish")

    assert (answer.status_code, problem_type(answer)) == (409, "capacity-lacking")
    assert answer.json()["weeks"] == [
        {"week": "2027-02-08", "capacity_tenths": 40, "offered_tenths": 30, "taken_tenths": 0},
        {"week": "2027-02-22", "capacity_tenths": 0, "offered_tenths": 0, "taken_tenths": 0},
    ]
    assert await counters(steering, unit) == [(40, 0, 0), (40, 30, 0), (40, 0, 0)]
    assert await fresh(steering, "offers", draft) == draft


async def test_a_suspended_unit_prepares_and_publishes_nothing(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases))
    draft = await an_offer(steering, unit, published=False)
    await move(steering, "units", unit, "suspend", reason="Travaux")

    prepared = await steering.post(f"{API}/offers", json=offer_body(unit))
    published = await move(steering, "offers", await fresh(steering, "offers", draft), "publish")

    assert (prepared.status_code, problem_type(prepared)) == (409, "unit-suspended")
    assert (published.status_code, problem_type(published)) == (409, "unit-suspended")


async def test_a_unit_of_a_closed_site_prepares_and_publishes_nothing(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    draft = await an_offer(steering, unit, published=False)
    async with databases.open("internships", "worker") as db:
        await db.fetch(update(SITES.table).where(SITES.table.c.id == place.site).values(status=SiteStatus.closed))

    prepared = await steering.post(f"{API}/offers", json=offer_body(unit))
    published = await move(steering, "offers", draft, "publish")

    assert (prepared.status_code, problem_type(prepared)) == (409, "unit-site-closed")
    assert (published.status_code, problem_type(published)) == (409, "unit-site-closed")
    assert (await fresh(steering, "offers", draft))["status"] == "draft"


async def test_a_profession_that_the_unit_gave_up_is_not_published(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases))
    draft = await an_offer(steering, unit, published=False, professions=["ide", "as"])
    await patch(steering, "units", unit, professions=["ide"])

    answer = await move(steering, "offers", draft, "publish")

    assert (answer.status_code, pointers(answer)) == (422, ["#/professions"])


async def test_an_offer_that_is_over_is_not_published(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases))
    draft, in_time = await an_offer(steering, unit, published=False), await an_offer(steering, unit)

    with time_machine.travel(datetime(2027, 3, 8, 11, tzinfo=UTC), tick=False):
        answer = await move(steering, "offers", draft, "publish")
        live = ok(await steering.get(f"{API}/offers/{in_time['id']}/live"))
    with time_machine.travel(datetime(2027, 3, 7, 11, tzinfo=UTC), tick=False):
        last_day = ok(await steering.get(f"{API}/offers/{in_time['id']}/live"))

    assert (answer.status_code, problem_type(answer)) == (409, "offer-not-open")
    assert live["requestable_seats"] == 0
    assert last_day == {"requestable_seats": 2, "allowed_operations": ["changeOffer", "resizeOffer", "closeOffer", "cancelOffer"]}


async def test_closing_gives_back_what_nobody_took(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=50)
    offer = await an_offer(steering, unit, seats=5)
    await move(steering, "requests", await a_request(steering, place, offer, learners=2), "accept")

    stale = await move(steering, "offers", offer, "close")
    closed = ok(await move(steering, "offers", await fresh(steering, "offers", offer), "close"))
    again = await move(steering, "offers", closed, "close")

    assert stale.status_code == 412
    assert (closed["status"], closed["taken"]) == ("closed", 2)
    assert await counters(steering, unit) == [(50, 20, 20)] * 5
    assert (again.status_code, again.json()["allowed_operations"]) == (409, ["reopenOffer"])


async def test_cancelling_waits_for_the_last_placement_to_be(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=50)
    offer = await an_offer(steering, unit, seats=5)
    await move(steering, "requests", await a_request(steering, place, offer), "accept")

    refused = await move(steering, "offers", await fresh(steering, "offers", offer), "cancel", reason="Travaux")
    await move(steering, "placements", (await listed(steering, "placements"))[0], "cancel", reason="unit_unavailable")
    cancelled = ok(await move(steering, "offers", await fresh(steering, "offers", offer), "cancel", reason="Travaux"))

    assert (refused.status_code, problem_type(refused)) == (409, "offer-has-placements")
    assert (cancelled["status"], cancelled["status_reason"], cancelled["taken"]) == ("cancelled", "Travaux", 0)
    assert await counters(steering, unit) == [(50, 0, 0)] * 5


@pytest.mark.parametrize("verb", ["close", "cancel"])
async def test_a_draft_is_neither_closed_nor_cancelled(steering: httpx.AsyncClient, databases: Databases, verb: str) -> None:
    unit = await a_unit(steering, await a_place(databases))
    draft = await an_offer(steering, unit, published=False)

    answer = await move(steering, "offers", draft, verb, **({"reason": "Travaux"} if verb == "cancel" else {}))

    assert (answer.status_code, answer.json()["allowed_operations"]) == (409, ["changeOffer", "publishOffer"])


async def test_a_draft_is_seen_by_its_own_organisation(client: Client, databases: Databases) -> None:
    place, neighbour = await a_place(databases), await a_place(databases)
    host = client(Role.employer, organisation=place.host)
    unit = await a_unit(host, place)
    draft, shared = await an_offer(host, unit, published=False), await an_offer(host, unit)

    for other in (
        client(Role.employer, organisation=neighbour.host),
        client(Role.institute, organisation=place.host),
        client(Role.employer),
        client(Role.hr_partner),
        client(Role.reader),
    ):
        assert names(await listed(other, "offers")) == {shared["id"]}
        assert (await other.get(f"{API}/offers/{draft['id']}")).status_code == 404
        assert (await other.get(f"{API}/offers/{draft['id']}/live")).status_code == 404
        assert (await other.get(f"{API}/offers/{shared['id']}")).status_code == 200
    assert names(await listed(host, "offers")) == {shared["id"], draft["id"]}
    assert await fresh(host, "offers", draft) == draft


async def test_an_organisation_moves_its_own_offers_only(client: Client, databases: Databases) -> None:
    place, neighbour = await a_place(databases), await a_place(databases)
    host, other = client(Role.employer, organisation=place.host), client(Role.employer, organisation=neighbour.host)
    unit = await a_unit(host, place)
    draft, shared = await an_offer(host, unit, published=False), await an_offer(host, unit)

    assert (await other.post(f"{API}/offers", json=offer_body(unit))).status_code == 403
    assert (await move(other, "offers", draft, "publish")).status_code == 404
    assert (await patch(other, "offers", draft, seats=1)).status_code == 404
    assert (await move(other, "offers", shared, "close")).status_code == 403
    assert (await move(other, "offers", shared, "cancel", reason="Travaux")).status_code == 403
    assert (await other.get(f"{API}/offers/{shared['id']}/history")).status_code == 403
    assert (await other.get(f"{API}/offers/{draft['id']}/history")).status_code == 404
    history = ok(await host.get(f"{API}/offers/{shared['id']}/history"))["items"]
    assert [item["document"]["status"] for item in history] == ["published", "draft"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"department": "85"}, ["c"]),
        ({"profession": "as"}, ["b"]),
        ({"status": "draft"}, ["c"]),
        ({"available": "true"}, ["b"]),
        ({"available": "false"}, ["c", "a"]),
        ({"from": "2027-03-08"}, ["b"]),
        ({"to": "2027-02-02"}, ["c", "a"]),
        ({"from": "2027-03-07", "to": "2027-03-09"}, ["c", "b", "a"]),
        ({"status": "published", "profession": "ide"}, ["a"]),
    ],
)
async def test_filters_narrow_the_list(steering: httpx.AsyncClient, databases: Databases, query: dict[str, str], found: list[str]) -> None:
    place, south = await a_place(databases), await a_place(databases, Department.vendee)
    unit, other = await a_unit(steering, place), await a_unit(steering, south)
    full = await an_offer(steering, unit, description="a", seats=1)
    await move(steering, "requests", await a_request(steering, place, full), "accept")
    await an_offer(steering, unit, description="b", professions=["as"], starts_on="2027-03-01", ends_on="2027-03-15")
    await an_offer(steering, other, published=False, description="c")

    assert [each["description"] for each in await listed(steering, "offers", **query)] == found
    assert len(await listed(steering, "offers", unit_id=unit["id"])) == 2
    assert len(await listed(steering, "offers", organisation_id=str(south.host))) == 1


async def test_a_move_sent_twice_under_one_key_happens_once(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases))
    draft = await made(steering, "offers", offer_body(unit))
    headers = {"If-Match": '"1"', "Idempotency-Key": "publish-once"}

    first = await steering.post(f"{API}/offers/{draft['id']}/publish", headers=headers)
    second = await steering.post(f"{API}/offers/{draft['id']}/publish", headers=headers)

    assert (first.status_code, second.status_code, second.headers["idempotency-replayed"]) == (200, 200, "true")
    assert second.content == first.content
    assert await counters(steering, unit) == [(100, 20, 0)] * 5


async def test_an_offer_that_is_over_is_closed_and_no_longer_available(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    over = await an_offer(steering, unit, seats=1)
    lasting = await an_offer(steering, unit, seats=1, ends_on=(LAST + WEEK).isoformat())

    async def available() -> list[str]:
        return [item["id"] for item in await listed(steering, "offers", available="true")]

    assert await available() == [lasting["id"], over["id"]]
    with time_machine.travel(datetime(LAST.year, LAST.month, LAST.day, 9, tzinfo=UTC)):
        assert await available() == [lasting["id"]]
        for _ in range(2):
            assert await run_job(databases, SERVICE, "close_offers")
        after = [await fresh(steering, "offers", offer) for offer in (over, lasting)]
        assert [(row["status"], row["status_reason"]) for row in after] == [("closed", "Dernière semaine passée"), ("published", None)]
        assert await counters(steering, unit) == [(100, 10, 0)] * 5
