"""`kill -9` at random: nothing is lost, nothing is counted twice."""

import asyncio
import random
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.support.story import action_of
from tests.system.processes import Plant, Process, free_port, wait_ready

Launchers = dict[str, Callable[[], Process]]

SECONDS = 30
WRITERS = 4


class Writer:
    """A client that knows what it was told: each action it created, and whether its submission was acknowledged."""

    def __init__(self, addresses: list[str], token: str) -> None:
        self.client = httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=5)
        self._addresses = cycle(addresses)
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

    async def _answered(self, path: str, expected: int, end: float, **request: Any) -> dict[str, str] | None:
        headers = {**request.pop("headers", {}), "Idempotency-Key": uuid4().hex}
        while time.monotonic() < end + 15:
            try:
                answer = await self.client.post(next(self._addresses) + path, headers=headers, **request)
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
    ports = [free_port(), free_port()]
    start: Launchers = {f"api-{port}": partial(plant.start, f"api-{port}", "serve", PLAM_PORT=str(port)) for port in ports}
    start |= {name: partial(plant.start, name, name) for name in ("relay", "worker")}
    for launch in start.values():
        launch()
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    for address in addresses:
        await asyncio.to_thread(wait_ready, address, "actions")
    end = time.monotonic() + SECONDS
    writers = [Writer(addresses, steering_token) for _ in range(WRITERS)]
    writing = [asyncio.create_task(writer.write_until(end)) for writer in writers]
    seed = time.time_ns() % 2**32
    kills = await _kill_at_random(plant, start, end, random.Random(seed))  # noqa: S311  # chance, not secrecy
    await asyncio.gather(*writing)
    for writer in writers:
        await writer.client.aclose()

    verified = plant.command("verify", "--patience", "90")

    created = {ref for writer in writers for ref in writer.created}
    submitted = {ref for writer in writers for ref in writer.submitted}
    stored = await _stored(plant.environment["PLAM_DATABASE_URL"])
    with capsys.disabled():
        print(f"\n{kills} kill -9 en {SECONDS} s (graine {seed}) : {len(created)} actions créées, {len(submitted)} soumises")
        print(verified)
    assert created
    assert created <= stored.keys(), "une action dont la création a été confirmée manque"
    assert {ref for ref in submitted if stored[ref] != 2} == set(), "une soumission confirmée manque, ou compte deux fois"
    assert "encore en route" not in verified


async def _kill_at_random(plant: Plant, start: Launchers, end: float, chance: random.Random) -> int:
    kills = 0
    while time.monotonic() < end:
        await asyncio.sleep(chance.uniform(0.5, 1.5))
        name = chance.choice(list(start))
        plant.processes[name].kill()
        kills += 1
        await asyncio.sleep(chance.uniform(0, 0.3))
        start[name]()
    return kills


async def _stored(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        return {row["ref"]: row["version"] for row in await connection.fetch("SELECT ref, version FROM actions.action")}
    finally:
        await connection.close()
