"""Events through RabbitMQ: ours in batches with facts and figures, beside Dramatiq with one message an event."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pika  # type: ignore[import-untyped]  # it has no types
import pika.exceptions  # type: ignore[import-untyped]  # it has no types

from services.actions_api.actions.schemas import ACTION
from services.actions_api.actions.tables import Action
from services.actions_api.milestones.schemas import MILESTONE
from services.actions_api.milestones.tables import Milestone, RescheduleReason
from services.contracts.actions import ActionStatus, MilestoneStatus
from services.kernel.base import clock, ids
from services.kernel.base.principals import SYSTEM
from services.kernel.data import saving
from services.kernel.data.nouns import Noun
from services.kernel.data.outbox import Recorded, channel_of, record
from services.kernel.data.records import Record
from tests.bench.measure import Figure, compared, cpu_seconds, resident_mb
from tests.bench.servers import process
from tests.bench.world import action_of
from tests.support.database import SECRET

ROUNDS = 5
OURS, UPDATES, SAME = 6_000, 4_000, 600
"""Events a round."""
STATUSES = (ActionStatus.draft, ActionStatus.submitted, ActionStatus.approved, ActionStatus.in_progress, ActionStatus.completed)
VERSIONS = len(STATUSES)
COUNTERS = 1_000
BROKER = "amqp://guest:guest@127.0.0.1:5672"
QUEUES = ("observatory.events", "observatory.jobs", "actions.acknowledgements", "actions.jobs", "bench_update", "bench_same")
PREFETCH = {"dramatiq_queue_prefetch": "1000"}


@dataclass(frozen=True)
class Contender:
    """Processes that take events from where they were written to where they count."""

    pids: tuple[int, ...]
    sender: asyncio.subprocess.Process | None
    connection: asyncpg.Connection
    counted: str
    """The query of how many events wait (ours), or have counted (the yardsticks: every event adds one)."""


def broker_url() -> str | None:
    """The RabbitMQ that answers, or none."""
    url = os.environ.get("PLAM_TEST_AMQP_URL", BROKER)
    try:
        connection = pika.BlockingConnection(pika.URLParameters(f"{url}{'&' if '?' in url else '?'}socket_timeout=2&stack_timeout=3"))
    except (pika.exceptions.AMQPError, OSError):
        return None
    for queue in QUEUES:
        for name in (queue, f"{queue}.DQ", f"{queue}.XQ"):
            connection.channel().queue_delete(name)
    connection.close()
    return url


async def measured(url: str, yardstick_url: str, broker: str, home: Path, *, rounds: int = ROUNDS) -> list[Figure]:
    """events/update and events/usual, and a line on memory and throughput."""
    environment = {"PLAM_BROKER_URL": broker, "PLAM_HOME": str(home), "PLAM_LOG_LEVEL": "info"}
    await _make_counters(yardstick_url)
    costs: dict[str, list[float]] = {"ours": [], "update": [], "same": []}
    speeds: list[float] = []
    async with (
        ours(url, environment) as own,
        yardstick("update", yardstick_url, environment, "SELECT coalesce(sum(amount), 0)::bigint FROM bench.counter") as update,
        yardstick("same", yardstick_url, environment, "SELECT coalesce(sum(version), 0)::bigint FROM observatory.fact") as same,
    ):
        await _count_the_same(own, same, home)
        memory: list[float] = []
        for round_ in range(rounds + 1):
            cost, seconds = await _relayed(own, some_events(OURS))
            sent = await _sent(update, [n % COUNTERS for n in range(UPDATES)], UPDATES, home)
            events = some_events(SAME)
            alike = await _sent(same, [orjson.loads(event.event) for event in events], SAME, home)
            memory.append(resident_mb(own.pids[1]))
            if round_:
                speeds.append(OURS / seconds)
                for name, value in (("ours", cost), ("update", sent), ("same", alike)):
                    costs[name].append(value)
    print(
        f"events: {OURS * (rounds + 1):,} through RabbitMQ, {sorted(speeds)[len(speeds) // 2]:,.0f} events/s; "
        f"worker's memory {memory[1]:.0f} MB after round 1, {memory[-1]:.0f} MB after round {rounds}"
    )
    return [
        compared("events/update", costs["ours"], costs["update"], "CPU µs/event"),
        compared("events/usual", costs["ours"], costs["same"], "CPU µs/event"),
    ]


@asynccontextmanager
async def ours(url: str, environment: dict[str, str]) -> AsyncIterator[Contender]:
    """`plam relay` and `plam worker`."""
    environment = {**environment, "PLAM_DATABASE_URL": url, "PLAM_SECRET": SECRET}
    connection = await asyncpg.connect(url)
    waiting = "SELECT count(*) FROM actions.delivery WHERE acknowledged_at IS NULL"
    async with (
        process("services.plam", "relay", "actions", environment=environment) as relay,
        process("services.plam", "worker", "actions", "observatory", environment=environment) as worker,
    ):
        yield Contender((relay.pid, worker.pid), None, connection, waiting)
    await connection.close()


@asynccontextmanager
async def yardstick(kind: str, url: str, environment: dict[str, str], counted: str) -> AsyncIterator[Contender]:
    """A worker of Dramatiq's, and a process that sends to it."""
    environment = {**environment, **PREFETCH, "PLAM_DATABASE_URL": url, "PLAM_SECRET": SECRET}
    connection = await asyncpg.connect(url)
    async with AsyncExitStack() as stack:
        worker = await stack.enter_async_context(process("tests.bench.one_message", "serve", kind, environment=environment))
        sender = await stack.enter_async_context(process("tests.bench.one_message", "send", kind, environment=environment))
        assert worker.stdout is not None
        await asyncio.wait_for(worker.stdout.readline(), 30)
        yield Contender((worker.pid, sender.pid), sender, connection, counted)
    await connection.close()


def some_events(count: int) -> list[Recorded]:
    """Events of new actions and of three milestones of each, at five successive versions.

    The versions of one entity are far apart: none replaces another in a batch.
    """
    made: list[tuple[Noun, Record]] = []
    for number in range(count // VERSIONS // 4):
        action = action_of(number)
        made += [(ACTION, action), *((MILESTONE, _milestone(action, days)) for days in (30, 60, 90))]
    return [_event(noun, row, version) for version in range(VERSIONS) for noun, row in made]


def _milestone(action: Action, days: int) -> Milestone:
    due = clock.today() + timedelta(days=days)
    return Milestone(
        action_id=action.id,
        axis=action.axis,
        departments=action.departments,
        action_status=ActionStatus.in_progress,
        title="Charte signée",
        due=due,
        due_initial=due,
    )


def _event(noun: Noun, row: Record, version: int) -> Recorded:
    if isinstance(row, Action):
        row.status = STATUSES[version]
    elif isinstance(row, Milestone) and version == VERSIONS - 1:
        row.status, row.reached_on = MilestoneStatus.reached, clock.today()
    elif isinstance(row, Milestone) and version:
        later = row.due + timedelta(days=15)
        moved = {"on": str(clock.today()), "old_due": str(row.due), "new_due": str(later), "reason": RescheduleReason.partner.value}
        row.due, row.reschedules = later, [*row.reschedules, moved]
    saving.advance(row, SYSTEM)
    state = saving.state_of(noun, row, b"")
    event_id, type_ = ids.new(), f"actions.{state.kind}.changed"
    event = saving.event_json(event_id, type_, "actions", state, row.updated_at.isoformat())
    return Recorded(event_id, state.kind, str(row.id), row.version, type_, event)


async def _relayed(own: Contender, events: Sequence[Recorded]) -> tuple[float, float]:
    """CPU µs an event, from the outbox to the acknowledgement; and the seconds it took."""
    connection = own.connection
    before, begun = cpu_seconds(*own.pids), time.perf_counter()
    async with connection.transaction():
        await connection.execute("SET LOCAL search_path = actions")
        await record(connection, events, ["observatory"])
        await connection.execute("SELECT pg_notify($1, '')", channel_of("actions"))
    await _until(connection, own.counted, 0)
    return (cpu_seconds(*own.pids) - before) / len(events) * 1e6, time.perf_counter() - begun


async def _sent(contender: Contender, events: Sequence[Any], count: int, home: Path) -> float:
    """CPU µs an event, from the sender's call to its effect."""
    assert contender.sender is not None
    assert contender.sender.stdin is not None
    assert contender.sender.stdout is not None
    file = home / f"{ids.new()}.json"
    file.write_bytes(orjson.dumps(events))
    contender.sender.stdin.write(f"{file}\n".encode())
    await asyncio.wait_for(contender.sender.stdout.readline(), 30)
    file.unlink()
    counted = await contender.connection.fetchval(contender.counted)
    before = cpu_seconds(*contender.pids)
    contender.sender.stdin.write(b"go\n")
    await asyncio.wait_for(contender.sender.stdout.readline(), 60)
    await _until(contender.connection, contender.counted, counted + count)
    return (cpu_seconds(*contender.pids) - before) / count * 1e6


async def _until(connection: asyncpg.Connection, query: str, wanted: int) -> None:
    async with asyncio.timeout(60):
        while await connection.fetchval(query) != wanted:  # noqa: ASYNC110  # it looks at other processes
            await asyncio.sleep(0.02)


FACTS = "SELECT kind, entity_key, version FROM observatory.fact ORDER BY 1, 2"
FIGURES = "SELECT measure, grain, start, department, detail, amount FROM observatory.rollup WHERE amount <> 0 ORDER BY 1, 2, 3, 4, 5"


async def _count_the_same(own: Contender, same: Contender, home: Path) -> None:
    """Asserts that both ways leave the same facts and the same figures."""
    events = some_events(SAME)
    await _relayed(own, events)
    await _sent(same, [orjson.loads(event.event) for event in events], SAME, home)
    queries = (FACTS, FIGURES)
    found = [[await contender.connection.fetch(query) for query in queries] for contender in (own, same)]
    assert found[0] == found[1], "one message an event counts something else"
    assert found[0][1], "no figure moved"


async def _make_counters(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "CREATE SCHEMA bench; CREATE TABLE bench.counter (id int PRIMARY KEY, amount bigint NOT NULL DEFAULT 0) WITH (fillfactor = 50);"
        f"INSERT INTO bench.counter SELECT generate_series(0, {COUNTERS - 1})"
    )
    await connection.close()
