"""List, single read and write: ours, the bare server and the usual one, each in its own process, round by round."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from services.contracts.codes import Role
from services.kernel.api.auth import Tokens
from services.kernel.api.paging import cursor
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from tests.bench.load import get, post, send
from tests.bench.measure import Figure, compared, cpu_seconds
from tests.bench.servers import server
from tests.bench.world import an_action
from tests.support.database import SECRET
from tests.support.keys import token_keys

ROUNDS = 9
ROWS = 10_000
OF_EACH = ("id", "created_at", "updated_at", "ref", "title", "history", "axis", "objectives", "departments", "flagship")
"""What differs between two actions created one after the other: compared by type."""

_numbers = count(1_000_000)


@dataclass(frozen=True)
class Contender:
    """A server at work, and what its requests begin with."""

    name: str
    pid: int
    port: int
    path: str
    headers: Mapping[str, str]
    share: float
    """How many of a round's requests it gets, so that the slow one does not take all the time."""


Requests = Callable[[Contender, int], list[bytes]]


@asynccontextmanager
async def contenders(url: str, home: Path) -> AsyncIterator[list[Contender]]:
    """The three servers, on one database."""
    environment = {"PLAM_DATABASE_URL": url, "PLAM_SECRET": SECRET, "PLAM_HOME": str(home), "PLAM_TOKEN_KEYS": token_keys(home)}
    async with AsyncExitStack() as stack:
        made = []
        for name, module, path, headers, share in (
            ("ours", ("services.plam", "serve", "actions"), "/actions/v1/actions", bearer_of(home), 1.0),
            ("bare", ("tests.bench.bare",), "/actions", {}, 1.0),
            ("usual", ("tests.bench.usual",), "/actions", {}, 0.25),
        ):
            pid, port = await stack.enter_async_context(server(*module, environment=environment))
            made.append(Contender(name, pid, port, path, headers, share))
        yield made


def bearer_of(home: Path) -> dict[str, str]:
    """The header of a caller of the agency; the token is signed by the key that ours will find in its data folder."""
    token = Tokens(Settings(home=home)).issue(Principal(somebody("bench"), frozenset({Role.steering})), timedelta(hours=1))
    return {"Authorization": f"Bearer {token}"}


async def measured(url: str, home: Path, *, rounds: int = ROUNDS) -> list[Figure]:
    """list, read and write, each against the two yardsticks."""
    connection = await asyncpg.connect(url)
    ids = [row["id"] for row in await connection.fetch("SELECT id FROM actions.action ORDER BY id DESC")]
    await connection.close()
    pages = [cursor(each) for each in ids[:: len(ids) // 100][:90]]

    def lists(contender: Contender, number: int) -> list[bytes]:
        return [get(f"{contender.path}?limit=50&after={pages[n % len(pages)]}", **contender.headers) for n in range(number)]

    def reads(contender: Contender, number: int) -> list[bytes]:
        return [get(f"{contender.path}/{ids[n * 7 % len(ids)]}", **contender.headers) for n in range(number)]

    def writes(contender: Contender, number: int) -> list[bytes]:
        return [post(contender.path, an_action(next(_numbers)), **contender.headers) for _ in range(number)]

    async with contenders(url, home) as running:
        await _same(running, lists, 200)
        await _same(running, reads, 200)
        await _same(running, writes, 201)
        figures = []
        for name, requests, number, wanted in (("list", lists, 500, 200), ("read", reads, 1_000, 200), ("write", writes, 600, 201)):
            costs = await _costs(running, requests, number, wanted, rounds)
            figures += [compared(f"{name}/{other}", costs["ours"], costs[other], "CPU µs/request") for other in ("bare", "usual")]
        return figures


async def _costs(running: list[Contender], requests: Requests, number: int, wanted: int, rounds: int) -> dict[str, list[float]]:
    """CPU µs a request, of each contender, in each round. The first round warms up and does not count."""
    costs: dict[str, list[float]] = {contender.name: [] for contender in running}
    for round_ in range(rounds + 1):
        for contender in running[round_ % 3 :] + running[: round_ % 3]:
            sent = requests(contender, int(number * contender.share))
            before = cpu_seconds(contender.pid)
            answered = await send(contender.port, sent, wanted=wanted, seconds=4)
            if round_:
                costs[contender.name].append((cpu_seconds(contender.pid) - before) / len(answered.bodies) * 1e6)
    return costs


async def _same(running: Sequence[Contender], requests: Requests, wanted: int) -> None:
    """Asserts that the contenders answer the same thing, whatever its bytes."""
    answers = []
    for contender in running:
        round_ = await send(contender.port, requests(contender, 3), wanted=wanted, connections=1)
        answers.append([_comparable(orjson.loads(body), created=wanted == 201) for body in round_.bodies])
    for contender, answer in zip(running, answers, strict=True):
        assert answer == answers[0], f"{contender.name} answers something else: {answer[0]} rather than {answers[0][0]}"


def _comparable(body: dict[str, Any], *, created: bool) -> dict[str, Any]:
    for row in body.get("items", [body]):
        for name in OF_EACH if created else ():
            row[name] = type(row[name]).__name__
        if not created:
            row["history"] = [{**step, "at": step["at"].replace("+00:00", "Z")} for step in row["history"]]
    return body
