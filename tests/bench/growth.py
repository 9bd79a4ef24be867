"""A list page's latency among 10⁶ rows, over its latency among 10⁴: one request at a time, the two systems in turns."""

from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

import asyncpg

from services.kernel.api.paging import cursor
from tests.bench.load import get, send
from tests.bench.measure import Figure
from tests.bench.requests import bearer_of
from tests.bench.servers import server
from tests.support.database import SECRET
from tests.support.keys import token_keys

SMALL, TIMES = 10_000, 100
ROUNDS = 9
FILTERS = ("", "&axis=A4", "&status=draft", "&flagship=true")
"""None so rare that a page of the small system would be cut short."""


async def measured(small: str, large: str, home: Path, *, rounds: int = ROUNDS) -> list[Figure]:
    """growth/list: first pages and later ones, with and without filters."""
    async with AsyncExitStack() as stack:
        systems = []
        for url in (small, large):
            environment = {"PLAM_DATABASE_URL": url, "PLAM_SECRET": SECRET, "PLAM_HOME": str(home), "PLAM_TOKEN_KEYS": token_keys(home)}
            _, port = await stack.enter_async_context(server("services.plam", "serve", "actions", environment=environment))
            systems.append((port, await _pages(url, home)))
        latencies: list[list[float]] = [[], []]
        for round_ in range(rounds + 1):
            for system in (0, 1) if round_ % 2 else (1, 0):
                port, pages = systems[system]
                answered = await send(port, pages, connections=1, seconds=10)
                if round_:
                    latencies[system].append(median(answered.seconds) * 1e6)
    ratios = [large / small for small, large in zip(*latencies, strict=True)]
    return [Figure("growth/list", median(latencies[1]), median(latencies[0]), median(ratios), min(ratios), max(ratios), "latency µs")]


async def _pages(url: str, home: Path) -> list[bytes]:
    connection = await asyncpg.connect(url)
    try:
        places = [
            await connection.fetchval("SELECT id FROM actions.action ORDER BY id OFFSET $1 LIMIT 1", offset)
            for offset in await connection.fetchval("SELECT ARRAY[count(*) / 4, count(*) / 2, count(*) - 1] FROM actions.action")
        ]
    finally:
        await connection.close()
    headers = bearer_of(home)
    return [get(f"/actions/v1/actions?limit=50&after={cursor(place)}{filters}", **headers) for filters in FILTERS for place in places] * 4
