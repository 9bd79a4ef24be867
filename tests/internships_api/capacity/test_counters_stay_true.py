"""Whatever is done in whatever order, by several at once, the stored counters are what a recount gives."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from random import Random

import httpx
import pytest

from services.internships_api.weeks import WEEK
from services.kernel.data.database import Databases
from tests.support.internships import (
    API,
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

CALLERS, LEAST, MOST = 4, 30, 150
VERBS = ["publish"] * 3 + ["ask"] * 4 + ["accept"] * 3 + ["give"] * 2 + ["cancel", "close", "decline", "withdraw"]
WANTED = {("publish", 200), ("publish", 409), ("accept", 200), ("cancel", 200), ("close", 200), ("give", 200), ("give", 409)}
MOVES: dict[str, tuple[str, str, dict[str, str]]] = {
    "accept": ("requests", "submitted", {}),
    "decline": ("requests", "submitted", {"reason": "full"}),
    "withdraw": ("requests", "submitted", {}),
    "cancel": ("placements", "confirmed", {"reason": "other"}),
    "close": ("offers", "published", {}),
}
"""verb → where, the state of the rows it is tried on, its body."""


@dataclass
class Walker:
    """Does things at random, on what a list shows: perhaps no longer true when they arrive."""

    client: httpx.AsyncClient
    place: Place
    unit: Json
    random: Random

    async def step(self) -> tuple[str, int]:
        """What was tried, and the status of the answer (0: there was nothing to try it on)."""
        verb = self.random.choice(VERBS)
        if verb == "publish":
            return verb, await self.publish()
        if verb == "give":
            return verb, await self.give()
        collection, status, body = ("offers", "published", {}) if verb == "ask" else MOVES[verb]
        rows = await listed(self.client, collection, status=status)
        if not rows:
            return verb, 0
        row = self.random.choice(rows)
        return verb, await self.ask(row) if verb == "ask" else (await insistent(self.client, collection, row, verb, **body)).status_code

    async def publish(self) -> int:
        """Prepares and publishes an offer of one to three weeks."""
        start = FIRST + self.random.randrange(4) * WEEK
        period = {"starts_on": start.isoformat(), "ends_on": (start + self.random.randint(1, 3) * WEEK).isoformat()}
        draft = await made(self.client, "offers?force=true", offer_body(self.unit, seats=self.random.randint(1, 4), **period))
        return (await insistent(self.client, "offers", draft, "publish")).status_code

    async def give(self) -> int:
        """Sets the capacity of two weeks."""
        start = FIRST + self.random.randrange(4) * WEEK
        capacity = self.random.choice([20, 50, 80])
        return (await set_capacity(self.client, self.unit, capacity, start.isoformat(), (start + 2 * WEEK).isoformat())).status_code

    async def ask(self, offer: Json) -> int:
        """Asks for one or two seats."""
        body = {"offer_id": offer["id"], "profession": "ide", "learners": min(self.random.randint(1, 2), offer["seats"])}
        return (await self.client.post(f"{API}/requests?force=true", json=body | {"institute_id": str(self.place.institute)})).status_code


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_counters_are_what_a_recount_gives(steering: httpx.AsyncClient, databases: Databases, seed: int) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place, capacity=80)
    seen: Counter[tuple[str, int]] = Counter()

    async def walk(number: int) -> None:
        walker = Walker(steering, place, unit, Random(100 * seed + number))  # noqa: S311  a walk that can be walked again
        for step in range(MOST):
            if step >= LEAST and seen.keys() >= WANTED:
                return
            seen[await walker.step()] += 1

    await asyncio.gather(*(walk(number) for number in range(CALLERS)))

    await recount(databases)
    assert {status for _, status in seen} <= {0, 200, 201, 409, 412}
    assert seen.keys() >= WANTED, "the walks never came by some of what they are to try"
