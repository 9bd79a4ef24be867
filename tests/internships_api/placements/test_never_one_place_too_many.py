"""Seats and weeks under concurrency: exactly what there is, whoever comes; and the naive way beside, which oversells."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import httpx
import pytest
from asyncpg import DeadlockDetectedError
from sqlalchemy import func
from sqlmodel import col, select

from services.contracts.codes import Profession
from services.internships_api.capacity.operations import shift_counters
from services.internships_api.capacity.queries import weeks_for_update
from services.internships_api.offers.tables import Offer
from services.internships_api.placements.tables import Placement
from services.internships_api.weeks import WEEK, weeks as mondays
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM
from services.kernel.base.settings import PoolSizes, Settings
from services.kernel.data.database import Databases
from services.plam import ROUTING
from tests.support.http import ok
from tests.support.internships import (
    FIRST,
    LAST,
    Json,
    a_place,
    a_request,
    a_unit,
    an_offer,
    counters,
    fresh,
    insistent,
    listed,
    recount,
    set_capacity,
)

SEATS = 10
MONDAYS = [*mondays(FIRST, LAST), LAST]


@pytest.fixture
async def wide(settings: Settings, databases: Databases) -> AsyncIterator[Databases]:
    """Pools wide enough for sixteen transactions at once, which wait for one another longer than requests may."""
    settings = settings.model_copy(update={"pools": PoolSizes(api=20), "lock_timeout": 10.0, "statement_timeout": 20.0})
    wide = Databases(settings, ROUTING)
    yield wide
    await wide.close()


async def test_200_acceptances_at_once_for_10_places_give_10_placements_and_190_refusals(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    """All 200 are sent at once; those that find every connection taken are told 503, and come back with their key."""
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=SEATS * 10)
    offer = await an_offer(steering, unit, seats=SEATS)
    requests = [await a_request(steering, place, offer) for _ in range(200)]

    answers = await asyncio.gather(*(insistent(steering, "requests", request, "accept") for request in requests))

    assert Counter(answer.status_code for answer in answers) == {200: SEATS, 409: 190}
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"urn:plam:problem:no-seat-left"}
    assert len(await listed(steering, "placements", offer_id=offer["id"])) == SEATS
    assert len(await listed(steering, "requests", status="accepted")) == SEATS
    assert (await fresh(steering, "offers", offer))["taken"] == SEATS
    assert await counters(steering, unit) == [(100, 100, 100)] * 5
    await recount(databases)


async def test_counting_and_then_inserting_oversells_every_time(steering: httpx.AsyncClient, databases: Databases, wide: Databases) -> None:
    """The naive way, in READ COMMITTED: sixteen transactions that have all counted before any inserts."""
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place), seats=SEATS)
    request = await a_request(steering, place, offer)
    counted, inserted = asyncio.Barrier(16), asyncio.Barrier(16)

    async def naive() -> None:
        async with wide.open("internships", "worker") as db:
            await db.connection()
            row = await db.one(select(Offer))
            (taken,) = await db.fetch(select(func.count()).select_from(Placement).where(col(Placement.offer_id) == row.id))
            await counted.wait()
            if taken < row.seats:
                await db.save(placement_on(row, request), event="internships.placement.confirmed", by=SYSTEM)
            await inserted.wait()

    await asyncio.gather(*(naive() for _ in range(16)))

    assert len(await listed(steering, "placements", offer_id=offer["id"])) == 16
    with pytest.raises(AssertionError, match="taken"):
        await recount(databases)


def placement_on(offer: Offer, request: Json) -> Placement:
    """A placement that took no seat."""
    return Placement(
        request_id=request["id"],
        offer_id=offer.id,
        unit_id=offer.unit_id,
        organisation_id=offer.organisation_id,
        institute_id=request["institute_id"],
        department=offer.department,
        profession=Profession.infirmier,
        starts_on=offer.starts_on,
        ends_on=offer.ends_on,
        confirmed_on=clock.today(),
    )


async def test_a_request_accepted_by_two_at_once_takes_its_seats_once(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    offer = await an_offer(steering, unit, seats=9)
    request = await a_request(steering, place, offer, learners=3)

    answers = await asyncio.gather(*(insistent(steering, "requests", request, "accept") for _ in range(3)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 2}
    assert (await fresh(steering, "offers", offer))["taken"] == 3
    await recount(databases)


async def test_a_placement_cancelled_by_two_at_once_frees_its_seat_once(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place), seats=4)
    ok(await insistent(steering, "requests", await a_request(steering, place, offer, learners=2), "accept"))
    placement = (await listed(steering, "placements"))[0]

    answers = await asyncio.gather(*(insistent(steering, "placements", placement, "cancel", reason="other") for _ in range(3)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 2}
    assert (await fresh(steering, "offers", offer))["taken"] == 1
    await recount(databases)


async def test_offers_published_at_once_never_exceed_a_week_s_capacity(steering: httpx.AsyncClient, databases: Databases) -> None:
    """Thirty offers over overlapping weeks, twice what the unit can hold: what is published fits, what is refused did not."""
    unit = await a_unit(steering, await a_place(databases), capacity=60)
    periods = [("2027-02-01", "2027-02-22"), ("2027-02-15", "2027-03-08"), ("2027-02-08", "2027-03-01")]
    drafts = [
        await an_offer(steering, unit, published=False, seats=1 + number % 2, starts_on=start, ends_on=end)
        for number in range(10)
        for start, end in periods
    ]

    answers = await asyncio.gather(*(insistent(steering, "offers", draft, "publish") for draft in drafts))

    assert {answer.status_code for answer in answers} == {200, 409}
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {problem["type"] for problem in refused} == {"urn:plam:problem:capacity-lacking"}
    assert all(week["offered_tenths"] > 40 for problem in refused for week in problem["weeks"])
    weeks = [offered for _, offered, _ in await counters(steering, unit)]
    assert max(weeks) == weeks[2] == 60, "the week that every offer shares is full: there were enough offers of one seat"
    await recount(databases)


async def test_ranges_taken_from_both_ends_do_not_deadlock(steering: httpx.AsyncClient, databases: Databases, wide: Databases) -> None:
    """Sixteen at once over ranges that overlap from the left and from the right, on weeks stored last first."""
    unit = await a_unit(steering, await a_place(databases), capacity=0)
    for start, end in zip(MONDAYS[-2::-1], MONDAYS[:0:-1], strict=True):
        ok(await set_capacity(steering, unit, 1_000, start.isoformat(), end.isoformat()))
    ranges = [(FIRST, LAST), (MONDAYS[2], LAST), (FIRST, MONDAYS[3]), (MONDAYS[1], MONDAYS[4])] * 4

    async def back_and_forth(start: date, end: date) -> None:
        for _ in range(8):
            async with wide.open("internships", "worker") as db:
                await shift_counters(db, UUID(unit["id"]), start, end, offered_tenths=7)
                await shift_counters(db, UUID(unit["id"]), start, end, taken_tenths=5)
            async with wide.open("internships", "worker") as db:
                await shift_counters(db, UUID(unit["id"]), start, end, offered_tenths=-7, taken_tenths=-5)

    await asyncio.gather(*(back_and_forth(*each) for each in ranges))

    assert await counters(steering, unit) == [(1_000, 0, 0)] * 5


async def test_weeks_taken_one_by_one_in_opposite_orders_deadlock_every_time(
    steering: httpx.AsyncClient, databases: Databases, wide: Databases
) -> None:
    """The naive way: two transactions that each hold the week that the other wants next."""
    unit = await a_unit(steering, await a_place(databases))
    holding = asyncio.Barrier(2)

    async def naive(*weeks: date) -> None:
        async with wide.open("internships", "worker") as db:
            for week in weeks:
                await db.fetch(weeks_for_update(UUID(unit["id"]), week, week + WEEK))
                if week == weeks[0]:
                    await holding.wait()

    ended = await asyncio.gather(naive(FIRST, MONDAYS[1]), naive(MONDAYS[1], FIRST), return_exceptions=True)

    assert [type(each) for each in ended if each] == [DeadlockDetectedError]
