"""Whatever is done in whatever order, by several at once, the stored counters are what a recount gives."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import date
from random import Random

import httpx
import pytest

from services.internships_api.weeks import WEEK
from services.kernel.data.database import Databases
from tests.support.internships import (
    API,
    FIRST,
    LAST,
    Json,
    Place,
    a_place,
    a_unit,
    insistent,
    listed,
    made,
    offer_body,
    patch,
    recount,
    set_capacity,
)

CALLERS, LEAST, MOST = 4, 30, 150
OFTEN = ["publish"] * 3 + ["ask"] * 4 + ["accept"] * 3 + ["give"] * 2
VERBS = [*OFTEN, "cancel", "close", "decline", "withdraw", "reopen", "resize", "shift"]
DONE = {(verb, 200) for verb in ("publish", "accept", "cancel", "close", "give", "reopen", "resize", "shift")}
WANTED = {*DONE, ("publish", 409), ("give", 409)}
MOVES: dict[str, tuple[str, str, dict[str, str]]] = {
    "accept": ("requests", "submitted", {}),
    "decline": ("requests", "submitted", {"reason": "full"}),
    "withdraw": ("requests", "submitted", {}),
    "cancel": ("placements", "confirmed", {"reason": "other"}),
    "close": ("offers", "published", {}),
    "reopen": ("offers", "closed", {"reason": "Erreur"}),
    "resize": ("offers", "published", {}),
    "shift": ("offers", "published", {}),
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
        if verb in ("ask", "shift"):
            return verb, await (self.ask(row) if verb == "ask" else self.shift(row))
        seats = {"seats": self.random.randint(1, 4)} if verb == "resize" else {}
        return verb, (await insistent(self.client, collection, row, verb, **body, **seats)).status_code

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

    async def shift(self, offer: Json) -> int:
        """Moves the weeks of an offer by one, at one end or at both."""
        starts, ends = date.fromisoformat(offer["starts_on"]), date.fromisoformat(offer["ends_on"])
        moved = {"starts_on": starts + self.random.randint(-1, 1) * WEEK, "ends_on": ends + self.random.randint(0, 1) * WEEK}
        while True:
            answer = await patch(self.client, "offers", offer, **{name: day.isoformat() for name, day in moved.items() if day < LAST})
            if answer.status_code != 503:
                return 409 if answer.status_code == 422 else answer.status_code  # without a week left

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
