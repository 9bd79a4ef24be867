"""When something goes wrong behind a route: no false success, no answer later than the bound, no connection left in a transaction."""

import asyncio
import contextlib
import itertools
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp, Message

from services.contracts.codes import STAFF
from services.kernel.api.auth import Tokens
from services.kernel.base import ids
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.problems import ConnectionLost
from services.kernel.base.settings import PoolSizes, Settings
from services.kernel.data.database import Databases
from services.kernel.data.database_errors import problem_for
from services.kernel.process.app import system_app
from services.plam import ROUTING, SERVICES
from tests.kernel.event_world import until
from tests.kernel.http_world import World, kill, look, tables
from tests.support import hostile
from tests.support.api import BY_STANDARD, Answer, Operation, call, operations
from tests.support.database import SECRET
from tests.support.mute import Mute

BOUND = 4.0
"""Seconds: the two that are promised, and what a machine adds that answers every operation of every service at once."""
JSON = (("content-type", "application/json"),)


class Running:
    """The world behind a port, on the pools that the test asked for."""

    def __init__(self, world: World, settings: Settings) -> None:
        self.world = world
        self.databases = Databases(settings)
        self.app = world.app(self.databases)

    async def post(self, path: str, **body: Any) -> Answer:
        return await call(self.app, "POST", f"/actions/v1/{path}", JSON, json.dumps(body).encode())

    async def get(self, path: str) -> Answer:
        return await call(self.app, "GET", f"/actions/v1/{path}")

    async def rows(self) -> list[int]:
        async with look(self.databases.settings) as connection:
            return [row["id"] for row in await connection.fetch("SELECT id FROM actions.scratch ORDER BY id")]

    async def left_in_a_transaction(self) -> int:
        async with look(self.databases.settings) as connection:
            found: int = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'plam %' "
                "AND (state LIKE 'idle in transaction%' OR (state = 'active' AND query LIKE '%pg_sleep%'))"
            )
            return found


@pytest.fixture
async def running(hurried: Settings) -> AsyncIterator[Callable[..., Running]]:
    """Makes worlds: `running(pools=…, statement_timeout=…)`."""
    made: list[Running] = []

    def make(**given: Any) -> Running:
        made.append(Running(World(), hurried.model_copy(update=given)))
        return made[-1]

    async with tables(hurried):
        yield make
        for each in made:
            await each.databases.close()


async def timed(answer: Awaitable[Answer]) -> tuple[Answer, float]:
    started = time.perf_counter()
    return await answer, time.perf_counter() - started


async def test_a_commit_that_fails_is_never_a_success(running: Callable[..., Running]) -> None:
    world = running()
    answer = await world.post("scratch", id=1, parent=99)  # the constraint is deferred: only COMMIT meets it
    assert answer.status == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert await world.rows() == []
    assert (await world.post("scratch", id=1)).status == 201
    assert await world.rows() == [1]


async def test_a_connection_lost_before_the_commit_is_never_a_success(running: Callable[..., Running]) -> None:
    world = running()
    answer, seconds = await timed(world.post("killed", id=1))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert seconds < BOUND
    assert await world.rows() == []
    assert (await world.post("scratch", id=2)).status == 201


async def test_connections_closed_while_within_reach_cost_no_request(running: Callable[..., Running]) -> None:
    world = running(pools=PoolSizes(api=4))
    assert {answer.status for answer in await asyncio.gather(*(world.get("slow?seconds=0.1") for _ in range(4)))} == {200}
    kept = await world.databases.connections("actions")
    assert len(kept._free) == 4
    within_reach = [connection for _, connection in kept._free]
    for connection in within_reach:
        await kill(world.databases.settings, connection.get_server_pid())

    async def heard() -> bool:
        return all(connection._con is None for connection in within_reach)  # the driver's pool has taken it back

    await until(heard)
    answers = [await world.post("scratch", id=number) for number in range(5)]
    assert [answer.status for answer in answers] == [201] * 5


async def test_o1_a_read_goes_on_when_the_server_closes_its_connection(settings: Settings) -> None:
    assert settings.database_url is not None
    async with tables(settings), Mute(settings.database_url.get_secret_value()).serving() as network:
        world = Running(World(), settings.model_copy(update={"database_url": SecretStr(network.url), "pools": PoolSizes(api=4)}))
        for _ in range(5):
            kept = await world.databases.connections("actions")
            while len(kept._free) < 4:  # a busy machine may answer one before it begins the next
                assert {answer.status for answer in await asyncio.gather(*(world.get("slow?seconds=0.1") for _ in range(4)))} == {200}
            network.terminate()
            await asyncio.sleep(0.05)  # heard, while the stream has not ended: the driver takes the connection for open
            assert [(await world.get("slow?seconds=0")).status for _ in range(4)] == [200] * 4
            assert len(kept._free) == 1, "those as old as the one that was lost are gone too"
        await world.databases.close()


async def test_o1_a_write_is_a_503_when_the_server_closes_its_connection(settings: Settings) -> None:
    assert settings.database_url is not None
    async with tables(settings), Mute(settings.database_url.get_secret_value()).serving() as network:
        world = Running(World(), settings.model_copy(update={"database_url": SecretStr(network.url), "pools": PoolSizes(api=4)}))
        await asyncio.gather(*(world.get("slow?seconds=0.1") for _ in range(4)))
        network.terminate()
        await asyncio.sleep(0.05)
        lost = await world.post("scratch", id=1)
        assert (lost.status, lost.headers["retry-after"]) == (503, "1")
        assert world.world.runs == 1, "a write is not tried again: nobody knows how far it came"
        assert [(await world.post("scratch", id=number)).status for number in range(2, 5)] == [201] * 3
        assert await world.rows() == [2, 3, 4]
        await world.databases.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_o1_backends_terminated_at_any_moment_are_never_a_500(running: Callable[..., Running], method: str) -> None:
    world = running(pools=PoolSizes(api=4))
    answers: list[Answer] = []
    numbers = itertools.count()
    enough = asyncio.Event()

    async def client() -> None:
        while not enough.is_set():
            answers.append(await (world.get("slow?seconds=0.003") if method == "GET" else world.post("scratch", id=next(numbers))))

    clients = [asyncio.create_task(client()) for _ in range(6)]
    for _ in range(25):
        await asyncio.sleep(0.05)
        async with look(world.databases.settings) as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'plam actions api'"
            )
    enough.set()
    await asyncio.gather(*clients)
    assert {answer.status for answer in answers} <= {200, 201, 503}
    assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status == 503)
    assert len(await world.rows()) >= sum(answer.status == 201 for answer in answers)


async def test_o1_the_driver_s_own_faults_on_an_open_connection_stay_bugs(running: Callable[..., Running]) -> None:
    databases = running().databases
    fault = asyncpg.InternalClientError("a codec that does not exist")

    async def opened(*, closed: bool) -> None:
        async with databases.open("actions") as db:
            connection = await db.connection()
            if closed:
                connection.terminate()
            raise fault

    async def borrowed(*, closed: bool) -> None:
        async with databases.borrowed("actions", "relay") as connection:
            if closed:
                connection.terminate()
            raise fault

    for way in (opened, borrowed):
        with pytest.raises(asyncpg.InternalClientError):
            await way(closed=False)
        with pytest.raises(ConnectionLost):
            await way(closed=True)
    assert problem_for(fault) is None


async def test_a_connection_that_nobody_used_for_long_is_closed(running: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> None:
    world = running(pools=PoolSizes(api=2))
    await asyncio.gather(*(world.get("slow?seconds=0.1") for _ in range(2)))
    kept = await world.databases.connections("actions")
    old = {connection.get_server_pid() for _, connection in kept._free}
    monkeypatch.setattr("services.kernel.data.idle_connections.IDLE", 0.0)
    assert (await world.post("scratch", id=1)).status == 201
    monkeypatch.setattr("services.kernel.data.idle_connections.IDLE", 300.0)
    assert (await world.post("scratch", id=2)).status == 201
    assert len(old) == 2
    assert not old & {connection.get_server_pid() for _, connection in kept._free}


async def test_a_bug_is_a_problem_that_tells_nothing_and_stores_nothing(running: Callable[..., Running]) -> None:
    world = running(pools=PoolSizes(api=1))
    for number in range(3):  # were the only connection lost, the second would wait in vain
        answer = await world.post("broken", id=number)
        assert answer.status == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.problem["request_id"] == answer.headers["x-request-id"]
        assert b"canary" not in answer.body
        assert b"Traceback" not in answer.body
    assert await world.rows() == []
    assert await world.left_in_a_transaction() == 0
    assert (await world.post("scratch", id=1)).status == 201


async def test_a_pool_without_a_free_connection_is_a_bounded_wait(running: Callable[..., Running]) -> None:
    world = running(pools=PoolSizes(api=1), acquire_timeout=0.3)
    first = asyncio.create_task(world.get("slow?seconds=1.2"))
    await world.world.entered.wait()
    others = await asyncio.gather(*(timed(world.post("scratch", id=number)) for number in range(5)))
    assert {answer.status for answer, _ in others} == {503}
    assert {answer.headers["retry-after"] for answer, _ in others} == {"1"}
    assert max(seconds for _, seconds in others) < BOUND
    health = await call(world.app, "GET", "/actions/readyz")
    assert health.status == 200  # it has a connection of its own
    assert (await first).status == 200


async def test_a_statement_that_takes_too_long_is_a_503(running: Callable[..., Running]) -> None:
    world = running(statement_timeout=0.2)
    answer, seconds = await timed(world.get("slow?seconds=5"))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert seconds < 1.5
    assert (await world.get("slow?seconds=0")).status == 200


async def test_a_lock_that_is_not_given_is_a_503(running: Callable[..., Running]) -> None:
    world = running(lock_timeout=0.2)
    async with look(world.databases.settings) as other, other.transaction():
        await other.execute("LOCK TABLE actions.scratch")
        answer, seconds = await timed(world.post("scratch", id=1))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert seconds < 1.5
    assert (await world.post("scratch", id=1)).status == 201


async def test_an_answer_that_takes_too_long_is_a_503(running: Callable[..., Running]) -> None:
    world = running(request_timeout=0.3)
    answer, seconds = await timed(world.get("slow?seconds=1.5"))
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert seconds < 1.5
    assert await settled(world) == 0


async def test_cancelled_requests_leave_nothing_behind(running: Callable[..., Running]) -> None:
    world = running(pools=PoolSizes(api=4), acquire_timeout=2)
    chance = random.Random(7)  # noqa: S311  moments, not secrets

    async def cancelled(number: int) -> None:
        task = asyncio.create_task(world.post("scratch", id=number) if number % 2 else world.get(f"slow?seconds={chance.random() / 50}"))
        await asyncio.sleep(chance.random() / 100)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    for start in range(0, 400, 8):
        await asyncio.gather(*(cancelled(number) for number in range(start, start + 8)))
    assert await settled(world) == 0
    answers = await asyncio.gather(*(world.post("scratch", id=1_000 + number) for number in range(4)))
    assert [answer.status for answer in answers] == [201] * 4  # every connection of the pool is free again
    kept = await world.databases.connections("actions")
    assert kept.pool.get_size() - kept.pool.get_idle_size() == len(kept._free)


async def settled(world: Running) -> int:
    """How many connections are still in a transaction, once those that were being given back have been."""
    left = 1
    for _ in range(100):
        if not (left := await world.left_in_a_transaction()):
            break
        await asyncio.sleep(0.02)
    return left


async def test_a_client_that_goes_away_leaves_nothing_behind(running: Callable[..., Running]) -> None:
    world = running(pools=PoolSizes(api=1))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/actions/v1/scratch", "raw_path": b"/actions/v1/scratch", "query_string": b"", "root_path": "",
        "client": None, "server": None, "state": {},
        "headers": [(b"host", b"plam.test"), (b"content-type", b"application/json"), (b"content-length", b"1000")],
    }  # fmt: skip
    messages: Iterator[Message] = iter([{"type": "http.request", "body": b'{"id": 1', "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(messages)

    async def send(message: Message) -> None:
        sent.append(message)

    await world.app(scope, receive, send)
    assert all(message["status"] < 500 for message in sent if message["type"] == "http.response.start")
    assert await world.rows() == []
    assert await world.left_in_a_transaction() == 0
    assert (await world.post("scratch", id=1)).status == 201


# ── The database is away ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Away:
    """The real system, whose database does not answer."""

    def __init__(self, url: str, home: Path) -> None:
        settings = Settings(home=home, database_url=url, secret=SECRET)
        self.databases = Databases(settings, ROUTING)
        self.app: ASGIApp = system_app(SERVICES, self.databases)
        token = Tokens(settings).issue(Principal(somebody("tests"), frozenset(STAFF), ids.new()), timedelta(hours=1))
        self.authorization = ("authorization", f"Bearer {token}")

    async def answer(self, operation: Operation) -> tuple[Answer, float]:
        target, given, body = hostile.sound(operation)
        content = None if body is None else json.dumps(body).encode()
        headers = (self.authorization, *given.items(), *(JSON if body is not None else ()))
        return await timed(call(self.app, operation.method.upper(), target, headers, content))


OF_THE_CODE = (*BY_STANDARD, "listPermissions", "listAxes", "listObjectives", "listDepartments", "listIndicators", "readIndicator")
"""Operations that answer what the code knows, and those whose form is refused before."""


def on_the_database(operation: Operation) -> bool:
    """Whether an operation cannot answer without its database: all but what tells of the process, and of the code."""
    return operation.path.rpartition("/")[2] not in ("livez", "metrics") and operation.id not in OF_THE_CODE


async def check(away: Away) -> None:
    """Every operation answers 503 within the bound, unless its own rules refuse the request first; `livez` is well."""
    found = operations()
    refused = []
    for operation, (answer, seconds) in zip(found, await asyncio.gather(*map(away.answer, found)), strict=True):
        assert seconds < BOUND, operation
        if operation.path.endswith("/livez"):
            assert answer.status == 200, operation
        elif on_the_database(operation) and answer.status != 422:
            assert (answer.status, answer.headers.get("retry-after")) == (503, "1"), (operation, answer)
            assert answer.headers["content-type"] == "application/problem+json"
            refused.append(operation)
        else:
            assert answer.status < 500 or answer.status == 503, operation
    assert len(refused) > len(found) / 2


async def test_a_closed_port_is_a_503_everywhere(tmp_path: Path) -> None:
    async with asyncio.timeout(60):
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        away = Away(f"postgresql://postgres@127.0.0.1:{port}/nothing", tmp_path)
        await check(away)
        await away.databases.close()


async def test_a_database_that_never_says_a_word_is_a_503_everywhere(tmp_path: Path) -> None:
    async with asyncio.timeout(120):
        held: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda _reader, writer: held.append(writer), "127.0.0.1", 0)
        away = Away(f"postgresql://postgres@127.0.0.1:{server.sockets[0].getsockname()[1]}/nothing", tmp_path)
        try:
            await check(away)
        finally:
            await away.databases.close()
            for writer in held:
                writer.close()
            server.close()
