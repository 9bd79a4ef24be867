"""`kill -9` at random: nothing is lost, nothing is counted twice."""

import asyncio
import random
import time
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.support.story import action_of
from tests.system.processes import Plant, wait_ready

SECONDS = 30
WRITERS = 4


class Writer:
    """A client that knows what it was told: each action it created, and whether its submission was acknowledged."""

    def __init__(self, address: str, token: str) -> None:
        self.client = httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=5)
        self.created: set[str] = set()
        self.submitted: set[str] = set()

    async def write_until(self, end: float) -> None:
        """Creates actions and submits them, each request under its key until it has an answer."""
        while time.monotonic() < end:
            body = action_of()
            action = await self._answered("/actions/v1/actions", 201, end, json=body)
            if action is None:
                return
            self.created.add(body["ref"])
            moved = await self._answered(f"/actions/v1/actions/{action['id']}/submit", 200, end, headers={"If-Match": '"1"'})
            if moved is None:
                return
            self.submitted.add(body["ref"])

    async def _answered(self, path: str, expected: int, end: float, **request: object) -> dict[str, str] | None:
        headers = {**request.pop("headers", {}), "Idempotency-Key": uuid4().hex}  # type: ignore[dict-item]  # our own two callers
        while time.monotonic() < end + 15:
            try:
                answer = await self.client.post(path, headers=headers, **request)  # type: ignore[arg-type]  # idem
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == expected:
                found: dict[str, str] = answer.json()
                return found
            assert answer.status_code in (409, 503), answer.text
            await asyncio.sleep(0.05)
        return None


async def test_nothing_is_lost_and_nothing_is_doubled(plant: Plant, steering_token: str, capsys: pytest.CaptureFixture[str]) -> None:
    api = f"http://127.0.0.1:{plant.port}"
    start = {
        "api": lambda: plant.start("api", "serve", PLAM_PORT=str(plant.port)),
        "relay": lambda: plant.start("relay", "relay"),
        "worker": lambda: plant.start("worker", "worker"),
    }
    for launch in start.values():
        launch()
    await asyncio.to_thread(wait_ready, api, "actions", plant.processes["api"])
    end = time.monotonic() + SECONDS
    writers = [Writer(api, steering_token) for _ in range(WRITERS)]
    writing = [asyncio.create_task(writer.write_until(end)) for writer in writers]
    seed = random.randrange(2**32)
    kills = await _kill_at_random(plant, start, end, random.Random(seed))
    await asyncio.gather(*writing)
    for writer in writers:
        await writer.client.aclose()

    verified = plant.command("verify", "--patience", "90")

    created = set().union(*(writer.created for writer in writers))
    submitted = set().union(*(writer.submitted for writer in writers))
    stored = await _stored(plant.environment["PLAM_DATABASE_URL"])
    with capsys.disabled():
        print(f"\n{kills} kill -9 en {SECONDS} s (graine {seed}) : {len(created)} actions créées, {len(submitted)} soumises")
        print(verified)
    assert created
    assert created <= stored.keys(), "une action dont la création a été confirmée manque"
    assert {ref for ref in submitted if stored[ref] != 2} == set(), "une soumission confirmée manque, ou compte deux fois"
    assert "encore en route" not in verified


async def _kill_at_random(plant: Plant, start: dict[str, object], end: float, chance: random.Random) -> int:
    kills = 0
    while time.monotonic() < end:
        await asyncio.sleep(chance.uniform(0.5, 1.5))
        name = chance.choice(list(start))
        plant.processes[name].kill()
        kills += 1
        await asyncio.sleep(chance.uniform(0, 0.3))
        start[name]()  # type: ignore[operator]  # a launcher
    return kills


async def _stored(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        return {row["ref"]: row["version"] for row in await connection.fetch("SELECT ref, version FROM actions.action")}
    finally:
        await connection.close()
