"""A request that waits ends with its offer: in the same transaction, dated, with a reason that is not the host's."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from services.contracts.codes import Profession, Role
from services.internships_api.offers import endings, operations as offers
from services.internships_api.requests import operations
from services.internships_api.requests.schemas import RequestCreate
from services.internships_api.service import SERVICE
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.kernel.events.scheduler import run_job
from tests.conftest import Client
from tests.support.figures import figure, hand_over
from tests.support.http import ok, problem_type
from tests.support.internships import (
    API,
    a_place,
    a_request,
    a_unit,
    an_institute,
    an_offer,
    fresh,
    insistent,
    listed,
    move,
    recount,
)

CLOSED_ON = datetime(2026, 11, 30, 10, tzinfo=UTC)
AFTER_THE_LAST_WEEK = datetime(2027, 3, 8, 11, tzinfo=UTC)
ROUNDS = 15
LEFT_BEHIND = """
UPDATE placement_request SET status = 'submitted', ended_on = NULL, why = NULL, history = jsonb_path_query_array(history, '$[0]')
WHERE status = 'offer_closed'
"""
"""As the release before left what waited."""
WAITING_IN_VAIN = """
SELECT count(*) FROM placement_request r JOIN placement_offer o ON o.id = r.offer_id
WHERE r.status = 'submitted' AND o.status <> 'published'
"""
DEADLOCK = "Une autre requête a changé la même ressource"


async def end(steering: httpx.AsyncClient, databases: Databases, offer: dict[str, Any], how: str) -> None:
    """Ends an offer one of three ways."""
    if how == "over":
        assert await run_job(databases, SERVICE, "close_offers")
    elif how == "closed":
        ok(await move(steering, "offers", offer, "close"))
    else:
        ok(await move(steering, "offers", offer, "cancel", reason="Travaux"))


@pytest.mark.parametrize(("how", "day"), [("closed", CLOSED_ON), ("cancelled", CLOSED_ON), ("over", AFTER_THE_LAST_WEEK)])
async def test_e4_what_waits_for_an_offer_ends_with_it(steering: httpx.AsyncClient, databases: Databases, how: str, day: datetime) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    offer, other = await an_offer(steering, unit), await an_offer(steering, unit, ends_on="2027-04-05")
    waiting = [await a_request(steering, place, offer) for _ in range(3)]
    declined = ok(await move(steering, "requests", await a_request(steering, place, offer), "decline", reason="full"))
    elsewhere = await a_request(steering, place, other)

    with time_machine.travel(day):
        await end(steering, databases, offer, how)

    for before in waiting:
        after = await fresh(steering, "requests", before)
        assert (after["status"], after["ended_on"], after["why"]) == ("offer_closed", day.date().isoformat(), how)
        assert (after["answered_at"], after["decline_reason"], after["version"]) == (None, None, 2)
        assert [step["status"] for step in after["history"]] == ["submitted", "offer_closed"]
        assert ok(await steering.get(f"{API}/requests/{after['id']}/live"))["allowed_operations"] == []
    assert await fresh(steering, "requests", declined) == declined
    assert await fresh(steering, "requests", elsewhere) == elsewhere
    pool = await databases.pool("internships", "worker")
    told = [row["type"] for row in await pool.fetch("SELECT type FROM outbox ORDER BY id DESC LIMIT 4")]
    assert sorted(told) == [f"internships.offer.{'closed' if how == 'over' else how}", *["internships.request.ended"] * 3]
    await recount(databases)


@pytest.mark.parametrize("how", ["closed", "cancelled", "over"])
async def test_e4_what_ended_with_its_offer_is_neither_waiting_nor_answered(
    steering: httpx.AsyncClient, databases: Databases, how: str
) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    offer = await an_offer(steering, unit)
    ok(await move(steering, "requests", await a_request(steering, place, offer), "decline", reason="full"))
    for _ in range(3):
        await a_request(steering, place, offer)
    await a_request(steering, place, await an_offer(steering, unit, ends_on="2027-04-05"))
    assert (await hand_over(databases, SERVICE)).differences == []
    before = [await figure(databases, code) for code in ("I29", "I08", "I09")]

    with time_machine.travel(AFTER_THE_LAST_WEEK):
        await end(steering, databases, offer, how)
        found = await hand_over(databases, SERVICE)
        after = [await figure(databases, code) for code in ("I29", "I08", "I09")]

    assert before == [(4, None), (0, 1), (1.0, 1)]
    assert after == [(1, None), (0, 1), (1.0, 1)]
    assert found.differences == []


async def test_e4_an_ending_refused_ends_nothing(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    waiting = await a_request(steering, place, offer)
    ok(await move(steering, "requests", await a_request(steering, place, offer), "accept"))

    refused = await move(steering, "offers", await fresh(steering, "offers", offer), "cancel", reason="Travaux")

    assert (refused.status_code, problem_type(refused)) == (409, "offer-has-placements")
    assert await fresh(steering, "requests", waiting) == waiting


async def test_e4_who_ends_the_offer_is_who_ended_the_requests(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    request = await a_request(steering, place, offer)

    ok(await move(client(Role.employer, organisation=place.host), "offers", offer, "close"))

    institute = client(Role.institute, organisation=place.institute)
    seen = ok(await institute.get(f"{API}/requests", params={"status": "offer_closed"}))["items"]
    assert [row["id"] for row in seen] == [request["id"]]
    steps = ok(await institute.get(f"{API}/requests/{request['id']}/history"))["items"]
    assert [(step["version"], step["document"]["status"]) for step in steps] == [(2, "offer_closed"), (1, "submitted")]


async def test_e4_200_that_wait_end_in_a_few_statements(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    body = RequestCreate(
        offer_id=UUID(offer["id"]), profession=Profession.infirmier, learners=1, institute_id=place.institute, message=None
    )
    async with databases.open("internships", "worker") as db:
        for _ in range(200):
            await operations.submit(db, body, by=SYSTEM, force=True)

    statements: list[str] = []
    async with databases.open("internships", "worker") as db:
        connection = await db.connection()
        with connection.query_logger(lambda record: statements.append(record.query)):
            await offers.close(db, UUID(offer["id"]), by=SYSTEM, version=offer["version"])

    assert len(await listed(steering, "requests", status="offer_closed")) == 200
    assert len(statements) < 15


async def test_e4_what_an_earlier_release_left_waiting_is_ended_by_a_job(steering: httpx.AsyncClient, databases: Databases) -> None:
    """Dated as its offer, so that nobody looks late; the figures fall when it is told."""
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    open_one, *ended = [await an_offer(steering, unit) for _ in range(4)]
    waiting = await a_request(steering, place, open_one)
    left = [await a_request(steering, place, offer) for offer in ended]
    with time_machine.travel(CLOSED_ON):
        for offer, how in zip(ended, ("closed", "closed", "cancelled"), strict=True):
            await end(steering, databases, offer, how)
    pool = await databases.pool("internships", "worker")
    await pool.execute(LEFT_BEHIND)

    with time_machine.travel(datetime(2026, 12, 15, 10, tzinfo=UTC)):
        for _ in range(2):
            assert await run_job(databases, SERVICE, "end_requests")

    after = [await fresh(steering, "requests", request) for request in left]
    assert [(row["status"], row["ended_on"], row["version"]) for row in after] == [("offer_closed", "2026-11-30", 3)] * 3
    assert [row["why"] for row in after] == ["closed", "closed", "cancelled"]
    assert await fresh(steering, "requests", waiting) == waiting


async def test_e4_the_job_goes_on_until_none_is_left(
    steering: httpx.AsyncClient, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "AT_ONCE", 2)
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    for _ in range(5):
        offer = await an_offer(steering, unit, seats=1)
        await a_request(steering, place, offer)
        ok(await move(steering, "offers", offer, "close"))
    pool = await databases.pool("internships", "worker")
    await pool.execute(LEFT_BEHIND)

    assert await run_job(databases, SERVICE, "end_requests")

    assert await pool.fetchval(WAITING_IN_VAIN) == 0


async def test_an_offer_for_which_more_wait_than_a_transaction_ends_is_closed_all_the_same(
    steering: httpx.AsyncClient, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "MOST", 2)
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    waiting = [await a_request(steering, place, offer) for _ in range(5)]

    ok(await move(steering, "offers", offer, "close"))

    statuses = [(await fresh(steering, "requests", request))["status"] for request in waiting]
    assert statuses == ["offer_closed"] * 2 + ["submitted"] * 3
    assert await run_job(databases, SERVICE, "end_requests")
    assert {(await fresh(steering, "requests", request))["status"] for request in waiting} == {"offer_closed"}


async def ended_at_last(steering: httpx.AsyncClient, offer: dict[str, Any], verb: str) -> list[httpx.Response]:
    """Ends an offer as somebody does who reads it again when told so; one that has placements is closed rather than cancelled."""
    answers = []
    while True:
        body = {"reason": "Travaux"} if verb == "cancel" else {}
        answers.append(await insistent(steering, "offers", await fresh(steering, "offers", offer), verb, **body))
        if answers[-1].status_code == 200:
            return answers
        verb = "close" if answers[-1].status_code == 409 else verb


async def test_e4_whatever_happens_to_requests_while_their_offer_ends_none_waits_and_nothing_deadlocks(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=1_000)
    institutes = [await an_institute(databases) for _ in range(3)]
    seen: set[tuple[str, int]] = set()
    for number in range(ROUNDS):
        offer = await an_offer(steering, unit, seats=3)
        accepted, declined, withdrawn, *_ = [await a_request(steering, place, offer) for _ in range(5)]

        answers = await asyncio.gather(
            after(number % 4 * 0.005, ended_at_last(steering, offer, "close" if number % 2 else "cancel")),
            one(insistent(steering, "requests", accepted, "accept")),
            one(insistent(steering, "requests", declined, "decline", reason="full")),
            one(insistent(steering, "requests", withdrawn, "withdraw")),
            *(one(ask(steering, offer, institute)) for institute in institutes),
        )

        flat = [answer for each in answers for answer in each]
        assert [answer.text for answer in flat if DEADLOCK in answer.text] == []
        assert {answer.status_code for answer in flat} <= {200, 201, 409, 412}
        seen |= {(answer.request.url.path.rpartition("/")[2], answer.status_code) for answer in flat}
        pool = await databases.pool("internships", "worker")
        assert await pool.fetchval(WAITING_IN_VAIN) == 0
        await recount(databases)
    assert {("accept", 200), ("decline", 200), ("withdraw", 200), ("requests", 201), ("close", 200)} <= seen
    assert any(status in (409, 412) for _, status in seen), "nothing ever met"


async def test_e4_whatever_happens_while_the_job_closes_offers_none_waits(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=1_000)
    for _ in range(5):
        offers_over = [await an_offer(steering, unit) for _ in range(3)]
        requests = [await a_request(steering, place, offer) for offer in offers_over for _ in range(3)]
        with time_machine.travel(AFTER_THE_LAST_WEEK):
            closing = asyncio.create_task(run_job(databases, SERVICE, "close_offers"))
            answers = await asyncio.gather(
                *(insistent(steering, "requests", request, "decline", reason="full") for request in requests[::3]),
                *(insistent(steering, "requests", request, "withdraw") for request in requests[1::3]),
            )
            assert await closing
            assert [each.text for each in answers if DEADLOCK in each.text] == []
            while await listed(steering, "offers", status="published"):  # one that somebody was changing waits for the next run
                assert await run_job(databases, SERVICE, "close_offers")
        pool = await databases.pool("internships", "worker")
        assert await pool.fetchval(WAITING_IN_VAIN) == 0


async def after(seconds: float, answers: Awaitable[list[httpx.Response]]) -> list[httpx.Response]:
    """Answers to what is asked a little later: now the ending is first, now the others."""
    await asyncio.sleep(seconds)
    return await answers


async def one(answer: Any) -> list[httpx.Response]:
    """An answer as a list of one."""
    return [await answer]


async def ask(steering: httpx.AsyncClient, offer: dict[str, Any], institute: UUID) -> httpx.Response:
    """A new request while the offer ends."""
    body = {"offer_id": offer["id"], "profession": "ide", "learners": 1, "institute_id": str(institute)}
    while True:
        answer = await steering.post(f"{API}/requests", json=body)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.05)


async def test_e4_an_offer_does_not_end_while_a_request_is_being_made(steering: httpx.AsyncClient, databases: Databases) -> None:
    """A request that slipped in is there when its offer ends, or is refused."""
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    body = RequestCreate(
        offer_id=UUID(offer["id"]), profession=Profession.infirmier, learners=1, institute_id=place.institute, message=None
    )
    async with databases.open("internships", "worker") as slow:
        made = await operations.submit(slow, body, by=SYSTEM)
        closing = asyncio.create_task(insistent(steering, "offers", offer, "close"))
        await asyncio.sleep(0.3)
        assert not closing.done()

    assert (await closing).status_code == 200
    assert (await fresh(steering, "requests", {"id": str(made.id)}))["status"] == "offer_closed"


@pytest.mark.parametrize("verb", ["accept", "close"])
async def test_e4_an_offer_is_taken_before_its_requests(steering: httpx.AsyncClient, databases: Databases, verb: str) -> None:
    """One order for all: who waits for the offer holds none of what waits for it."""
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    request = await a_request(steering, place, offer)
    pool = await databases.pool("internships", "worker")
    async with pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM placement_offer WHERE id = $1 FOR NO KEY UPDATE", offer["id"])
        collection, row = ("requests", request) if verb == "accept" else ("offers", offer)
        moving = asyncio.create_task(insistent(steering, collection, row, verb))
        await asyncio.sleep(0.3)
        assert not moving.done()
        assert await pool.fetchval("SELECT 1 FROM placement_request WHERE id = $1 FOR UPDATE NOWAIT", request["id"])
    assert (await moving).status_code == 200
