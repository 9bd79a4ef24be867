"""Whatever is done in whatever order, by several at once, the stored counters are what a recount gives."""

import asyncio
from collections import Counter
from random import Random

import httpx
import pytest

from services.internships_api.weeks import WEEK
from services.kernel.database import Databases
from tests.support.internships import (
    FIRST,
    Json,
    Place,
    a_place,
    a_unit,
    insistent,
    listed,
    made,
    offer_body,
    recount,
    set_capacity,
)

CALLERS, STEPS = 4, 30


async def some_move(steering: httpx.AsyncClient, place: Place, unit: Json, random: Random) -> tuple[str, int]:
    """One thing done at random, on what a list shows: perhaps no longer true when it arrives."""
    verb = random.choice(
        ["publish", "publish", "ask", "ask", "ask", "accept", "accept", "accept", "decline", "cancel", "close", "withdraw", "give"]
    )
    if verb == "give":
        start = FIRST + random.randrange(4) * WEEK
        return verb, (
            await set_capacity(steering, unit, random.choice([60, 90, 120]), start.isoformat(), (start + 2 * WEEK).isoformat())
        ).status_code
    if verb == "publish":
        start = FIRST + random.randrange(4) * WEEK
        period = {"starts_on": start.isoformat(), "ends_on": (start + random.randint(1, 3) * WEEK).isoformat()}
        draft = await made(steering, "offers", offer_body(unit, seats=random.randint(1, 4), **period))
        return verb, (await insistent(steering, "offers", draft, "publish")).status_code
    if verb == "ask":
        offers = await listed(steering, "offers", status="published")
        for offer in random.sample(offers, min(1, len(offers))):
            learners = random.randint(1, min(2, offer["seats"]))
            body = {"offer_id": offer["id"], "profession": "ide", "learners": learners, "institute_id": str(place.institute)}
            return verb, (await steering.post("/internships/v1/requests", json=body)).status_code
        return verb, 0
    collection, status, body = {
        "accept": ("requests", "submitted", {}),
        "decline": ("requests", "submitted", {"reason": "full"}),
        "withdraw": ("requests", "submitted", {}),
        "cancel": ("placements", "confirmed", {"reason": "other"}),
        "close": ("offers", "published", {}),
    }[verb]
    rows = await listed(steering, collection, status=status)
    for row in random.sample(rows, min(1, len(rows))):
        return verb, (await insistent(steering, collection, row, verb, **body)).status_code
    return verb, 0


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_counters_are_what_a_recount_gives(steering: httpx.AsyncClient, databases: Databases, seed: int) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=90)
    seen: Counter[tuple[str, int]] = Counter()

    async def caller(number: int) -> None:
        random = Random(100 * seed + number)  # noqa: S311  a walk that can be walked again
        for _ in range(STEPS):
            seen[await some_move(steering, place, unit, random)] += 1

    await asyncio.gather(*(caller(number) for number in range(CALLERS)))

    await recount(databases)
    assert {status for _, status in seen} <= {0, 200, 201, 409, 412}
    for verb, status in (("publish", 200), ("publish", 409), ("accept", 200), ("cancel", 200), ("close", 200), ("give", 409)):
        assert seen[verb, status], f"the walk never saw {verb} answered {status}"
