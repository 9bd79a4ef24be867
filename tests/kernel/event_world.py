"""A producer, a consumer that fails where a test says so, and what a test does with them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import dramatiq

from services.contracts.actions import ActionState, ActionStatus
from services.contracts.codes import Department, Sector, Side
from services.kernel.base import clock, ids
from services.kernel.data.database import Database, Databases
from services.kernel.data.outbox import Recorded, record
from services.kernel.data.saving import event_json
from services.kernel.data.service import Received, Service
from services.kernel.events.relay import Pace, Relay
from services.kernel.events.worker import working
from tests.support.database import STUCK

BEFORE_ITS_POLL = STUCK / 10
"""Seconds in which a relay that polls every `STUCK` has been woken, or never will be."""


@dataclass
class Consumer:
    """What the consumer does with a batch: keeps copies, counts changes, and fails where a test says so."""

    copies: Callable[[Database, Sequence[Received]], Awaitable[None]]
    faults: dict[UUID, Callable[[], None]] = field(default_factory=dict)
    runs: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    batches: list[int] = field(default_factory=list)
    pause: float = 0.0

    async def apply(self, db: Database, batch: Sequence[Received]) -> None:
        """The consumer's `Apply`."""
        self.batches.append(len(batch))
        for received in batch:
            self.runs[received.event.id] += 1
            if fault := self.faults.get(received.event.id):
                fault()
        await self.copies(db, batch)
        if self.pause:
            await asyncio.sleep(self.pause)


@dataclass
class World:
    """The producer, the consumer, and what a test does with them."""

    databases: Databases
    producer: Service
    consumer: Service
    behaviour: Consumer

    async def emit(self, count: int = 1, *, versions: Sequence[int] = (1,), alter: Callable[[str], str] = str) -> list[Recorded]:
        """Commits events of `count` new entities, at each of these versions, and wakes the relays."""
        events = [event for _ in range(count) for event in self.events(ids.new(), versions)]
        return await self.commit([Recorded(**{**vars(event), "event": alter(event.event)}) for event in events])

    def events(self, entity: UUID, versions: Sequence[int]) -> list[Recorded]:
        """Events of one entity, not recorded yet."""
        made = []
        for version in versions:
            event_id, type_ = ids.new(), f"{self.producer.name}.action.started"
            event = event_json(event_id, type_, self.producer.name, action_state(entity, version), clock.now().isoformat())
            made.append(Recorded(event_id, "action", str(entity), version, type_, event))
        return made

    async def commit(self, events: Sequence[Recorded]) -> list[Recorded]:
        """Commits events that were made before."""
        async with self.databases.open(self.producer.name) as db:
            await record(await db.connection(), events, list(self.producer.consumers))
            db.emitted()
        return list(events)

    async def rows(self, service: Service, sql: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows of a query in a service's schema."""
        pool = await self.databases.pool(service.name)
        found: list[asyncpg.Record] = await pool.fetch(sql, *arguments)
        return found

    async def copies(self) -> dict[str, int]:
        """Entity → version that the consumer has."""
        return {str(row["id"]): row["version"] for row in await self.rows(self.consumer, "SELECT id, version FROM action_copy")}

    async def waiting(self) -> int:
        """Deliveries not acknowledged."""
        rows = await self.rows(self.producer, "SELECT count(*) FROM delivery WHERE acknowledged_at IS NULL")
        return int(rows[0][0])

    async def quarantined(self) -> dict[UUID, str]:
        """Event → why it is held."""
        rows = await self.rows(self.consumer, "SELECT event_id, reason FROM quarantine WHERE released_at IS NULL")
        return {row["event_id"]: row["reason"] for row in rows}

    async def acknowledged(self, within: float = STUCK) -> None:
        """Waits until everything is acknowledged."""
        await until(self._nothing_waits, within)

    async def _nothing_waits(self) -> bool:
        return await self.waiting() == 0

    @asynccontextmanager
    async def relaying(self, broker: dramatiq.Broker, *, relays: int = 1, pace: Pace | None = None) -> AsyncIterator[None]:
        """Relays at work, each with pools of its own as in a process of its own."""
        stop = asyncio.Event()
        pools = [self.databases, *(Databases(self.databases.settings) for _ in range(relays - 1))]
        tasks = [asyncio.create_task(Relay(self.producer, each, broker, pace=pace).run(stop)) for each in pools]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)
            for each in pools[1:]:
                await each.close()

    @asynccontextmanager
    async def working(self, broker: dramatiq.Broker, *, threads: int = 4) -> AsyncIterator[asyncio.Task[None]]:
        """A worker for both services; what it gives ends when the worker has died."""
        async with working(broker, [self.producer, self.consumer], self.databases, threads=threads) as watch:
            yield watch


def action_state(entity: UUID, version: int) -> ActionState:
    """A state of an action."""
    return ActionState(
        id=entity,
        version=version,
        ref=f"A{version}",
        axis="1",
        objectives=("1.1",),
        departments=(Department("44"), Department("85")),
        sectors=tuple(Sector)[:1],
        sides=tuple(Side)[:1],
        flagship=False,
        status=ActionStatus.in_progress,
    )


async def until(condition: Callable[[], Awaitable[bool]], within: float = STUCK) -> None:
    """Waits for a condition; fails when it does not come true in time."""
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110  # it looks at other processes
            await asyncio.sleep(0.01)
