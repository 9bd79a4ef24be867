"""PostgreSQL restarted, its backends terminated, frozen, under load: never a 500, never late, nothing lost, nothing doubled."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.support.servers import real
from tests.support.story import action_of
from tests.system.conftest import empty_broker
from tests.system.own_postgres import OwnPostgres, own_postgres
from tests.system.processes import Plant

WRITERS, READERS = 6, 12
EACH = 0.2
"""Seconds between two requests of one client: 30 writes and 60 reads a second in all."""
PROMISED = 2.0
MACHINE = 0.5
"""Seconds that a machine adds, seen from the client, which runs the load, the server, three processes and their neighbours' work."""
READS = (
    "/actions/v1/actions?limit=20",
    "/actions/v1/milestones?limit=20",
    "/observatory/v1/indicators/K03/values",
    "/access/v1/communes?limit=5",
)
PROCESSES = ("serve", "relay", "worker")


@dataclass
class Seen:
    """What the clients were told."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    late: int = 0
    wrong: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    phase: str = "calme"

    def note(self, answer: httpx.Response, seconds: float) -> None:
        """One answer, and how long it took to come."""
        self.statuses[answer.status_code] += 1
        self.slowest[self.phase] = max(self.slowest.get(self.phase, 0), seconds)
        self.late += seconds > PROMISED
        if answer.status_code not in (200, 201, 409, 503) or (answer.status_code == 503 and "retry-after" not in answer.headers):
            self.wrong.append(f"{self.phase} : {answer.status_code} {answer.text[:300]}")


class Load:
    """Clients with keep-alive connections, until the server says that it closes them."""

    def __init__(self, address: str, token: str) -> None:
        self.seen = Seen()
        self._address = address
        self._headers = {"Authorization": f"Bearer {token}"}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Seen]:
        """Asks while the block lasts; who is told that its connection closes goes."""
        over = asyncio.Event()
        tasks = [asyncio.create_task(self._client(number, over)) for number in range(WRITERS + READERS)]
        try:
            yield self.seen
        finally:
            over.set()
            await asyncio.gather(*tasks)

    async def _client(self, number: int, over: asyncio.Event) -> None:
        await asyncio.sleep(number * EACH / (WRITERS + READERS))
        async with httpx.AsyncClient(base_url=self._address, headers=self._headers, timeout=15) as client:
            try:
                await (self._write(client, over) if number < WRITERS else self._read(client, over))
            except httpx.TransportError as error:
                self.seen.cut.append(f"{self.seen.phase} : {error!r}")

    async def _read(self, client: httpx.AsyncClient, over: asyncio.Event) -> None:
        for path in itertools.cycle(READS):
            if over.is_set() or await self._asked(client, "GET", path) is None:
                return

    async def _write(self, client: httpx.AsyncClient, over: asyncio.Event) -> None:
        while not over.is_set():
            body, key = action_of(), uuid4().hex
            while True:  # under its key until it has an answer of its own
                answer = await self._asked(client, "POST", "/actions/v1/actions", json=body, headers={"Idempotency-Key": key})
                if answer is not None and answer.status_code == 201:
                    self.seen.created.append(body["ref"])
                    break
                if answer is None or over.is_set():
                    return

    async def _asked(self, client: httpx.AsyncClient, method: str, path: str, **request: object) -> httpx.Response | None:
        """One request, at the pace of this client. None once the connection closes; what was created counts all the same."""
        started = time.perf_counter()
        answer = await client.request(method, path, **request)  # type: ignore[arg-type]  # handed on as it came
        self.seen.note(answer, time.perf_counter() - started)
        if answer.headers.get("connection") == "close":
            if answer.status_code == 201:
                self.seen.created.append(str(request["json"]["ref"]))  # type: ignore[index]  # a write's body
            return None
        await asyncio.sleep(max(0.0, started + EACH - time.perf_counter()))
        return answer


@pytest.fixture
def server(postgres: None, tmp_path: Path) -> Iterator[OwnPostgres]:
    """A PostgreSQL of this test's own."""
    with own_postgres(tmp_path / "server") as made:
        yield made


@pytest.fixture
def plant(tmp_path: Path, server: OwnPostgres) -> Iterator[Plant]:
    """A migrated system on that server and on RabbitMQ."""
    broker = real("PLAM_TEST_AMQP_URL")
    empty_broker(broker)
    with Plant(tmp_path, server.url, broker) as made:
        yield made
    empty_broker(broker)


async def test_o1_o10_a_database_that_comes_and_goes_under_load(
    plant: Plant, server: OwnPostgres, steering_token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    address = await asyncio.to_thread(plant.serve, "serve")
    for name in ("relay", "worker"):
        await asyncio.to_thread(plant.work, name)
    back: dict[str, datetime] = {}
    load = Load(address, steering_token)
    async with load.running() as seen:
        await asyncio.sleep(4)
        for phase in ("redémarrée", "redémarrée encore"):
            seen.phase = phase
            await asyncio.to_thread(server.restart)
            back[phase] = datetime.now(UTC)
            await asyncio.sleep(4)
        seen.phase = "connexions closes"
        for _ in range(4):
            await _terminate_backends(server.url)
            back[seen.phase] = datetime.now(UTC)
            await asyncio.sleep(1)
        await asyncio.sleep(3)
        seen.phase = "gelée"
        server.freeze()
        await asyncio.sleep(10)
        server.thaw()
        back[seen.phase] = datetime.now(UTC)
        await asyncio.sleep(4)
        seen.phase = "gelée, SIGTERM"
        server.freeze()
        await asyncio.sleep(1)
        ended = await asyncio.gather(*(asyncio.to_thread(_ended, plant, name) for name in PROCESSES))
        server.thaw()
    for name in ("relay", "worker"):
        plant.start(name, name)
    verified = await asyncio.to_thread(plant.command, "verify", "--patience", "90")
    stored, resumed = await _looked_at(server.url, back)
    with capsys.disabled():
        _tell(seen, ended, resumed, verified)
    assert seen.wrong == []
    assert seen.cut == []
    assert max(seen.slowest.values()) < PROMISED + MACHINE
    assert set(seen.created) <= stored.keys(), "une création confirmée manque"
    assert {ref for ref in seen.created if stored[ref] != 1} == set(), "une création compte deux fois"
    assert len(seen.created) == len(set(seen.created)) > 200
    assert "encore en route" not in verified
    assert max(resumed.values()) < 2.0
    assert max(ended) < 20


def _tell(seen: Seen, ended: list[float], resumed: dict[str, float], verified: str) -> None:
    print(f"\nréponses {dict(seen.statuses)}, plus de {PROMISED:.0f} s : {seen.late}, créées {len(seen.created)}, coupées {len(seen.cut)}")
    print("la plus lente :", ", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in seen.slowest.items()))
    print("le relais reprend après :", ", ".join(f"{phase} {seconds:.2f} s" for phase, seconds in resumed.items()))
    print("SIGTERM, base gelée :", ", ".join(f"{name} {seconds:.1f} s" for name, seconds in zip(PROCESSES, ended, strict=True)))
    print(verified)


def _ended(plant: Plant, name: str) -> float:
    started = time.monotonic()
    assert plant.processes[name].terminate(25) == 0, plant.processes[name].told()[-3000:]
    return time.monotonic() - started


async def _terminate_backends(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'plam %'")
    finally:
        await connection.close()


async def _looked_at(url: str, back: dict[str, datetime]) -> tuple[dict[str, int], dict[str, float]]:
    """How often each action is in the table, by its reference; and seconds from each return to the relay's next batch."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT ref, count(*) AS times FROM actions.action GROUP BY ref")
        resumed = {}
        for phase, instant in back.items():
            sent = await connection.fetchval("SELECT min(sent_at) FROM actions.delivery WHERE sent_at > $1", instant)
            resumed[phase] = (sent - instant).total_seconds()
        return {row["ref"]: row["times"] for row in rows}, resumed
    finally:
        await connection.close()
