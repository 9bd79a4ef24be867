"""The relay: takes events from a service's outbox to the broker, until each consumer has acknowledged them."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import dramatiq
import orjson
import structlog
from asyncpg.pool import PoolConnectionProxy
from prometheus_client import Counter

from services.kernel.base import ids
from services.kernel.data.database import Databases
from services.kernel.data.database_errors import UNREACHABLE, is_open
from services.kernel.data.outbox import channel_of
from services.kernel.data.service import Service
from services.kernel.events.brokers import BrokerUnavailableError, Sender, volatile

log = structlog.get_logger(__name__)

SENT = Counter("plam_relay_events_sent", "Events given to the broker, sent again included.", ["service", "consumer", "again"])


@dataclass(frozen=True)
class Pace:
    """How much is out at once, and for how long before it is sent again."""

    events: int = 500
    size: int = 1_048_576 - 8_192  # a message of 1 MiB, less what is written around its events
    window: int = 50
    lease: timedelta = timedelta(seconds=30)
    longest_lease: timedelta = timedelta(minutes=10)
    again_at_once: int = 4  # batches sent again a round, since they are held in memory
    poll: float = 2.0
    rest: float = 0.05  # between two rounds, unless the last was full: events that come in a stream share a message (2.5 ms of CPU each)
    longest_pause: float = 15.0  # while a broker is away
    longest_wait: float = 1.0  # while the database is: what was written meanwhile waits for nothing else


@dataclass(frozen=True)
class Batch:
    """What one message carries: always the same events under the same number."""

    id: UUID
    consumer: str
    events: Sequence[str]
    again: bool


_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"

_OUT = """
WITH RECURSIVE out AS (
    (SELECT batch, sends, sent_at FROM delivery
     WHERE consumer = $1 AND batch IS NOT NULL AND acknowledged_at IS NULL ORDER BY batch LIMIT 1)
    UNION ALL
    SELECT next.* FROM out, LATERAL (
        SELECT batch, sends, sent_at FROM delivery
        WHERE consumer = $1 AND batch > out.batch AND batch IS NOT NULL AND acknowledged_at IS NULL ORDER BY batch LIMIT 1) AS next
)
SELECT batch, sent_at IS NULL
           OR sent_at + least($2::interval * power(2, least(sends, 30) - 1), $3::interval) < clock_timestamp() AS due
FROM out
"""
"""Each batch that is out, by one index probe each, and whether its lease has ended by the database's clock."""

_CLAIM = """
WITH waiting AS MATERIALIZED (
    SELECT event_id FROM delivery WHERE consumer = $1 AND batch IS NULL AND acknowledged_at IS NULL
    ORDER BY event_id LIMIT $3 FOR UPDATE SKIP LOCKED
), sized AS (
    SELECT o.id, o.event, sum(octet_length(o.event) + 1) OVER (ORDER BY o.id) AS size, row_number() OVER (ORDER BY o.id) AS place
    FROM waiting JOIN outbox o ON o.id = waiting.event_id
)
UPDATE delivery d SET batch = $2, sends = 1, sent_at = clock_timestamp()
FROM sized WHERE d.consumer = $1 AND d.event_id = sized.id AND (sized.size <= $4 OR sized.place = 1)
RETURNING d.event_id, sized.event
"""

_RECLAIM = """
UPDATE delivery d SET sends = least(d.sends + 1, 1000), sent_at = clock_timestamp()
FROM outbox o WHERE d.consumer = $1 AND d.batch = $2 AND d.acknowledged_at IS NULL AND o.id = d.event_id
RETURNING d.event_id, o.event
"""

_NOT_TAKEN = (
    "UPDATE delivery SET sent_at = NULL, sends = greatest(sends - 1, 0) WHERE consumer = $1 AND batch = $2 AND acknowledged_at IS NULL"
)
_ALL_DUE = "UPDATE delivery SET sent_at = NULL WHERE batch IS NOT NULL AND acknowledged_at IS NULL"


class Relay:
    """The relay of one service. Any number may run, in any processes: what one claims, no other does.

    A claim is committed before its batch is sent, so a crash between the two is mended by the lease. Of several relays
    one at a time claims for a consumer, under an advisory lock, or else each would see the window half empty.
    """

    def __init__(self, service: Service, databases: Databases, broker: dramatiq.Broker, *, pace: Pace | None = None) -> None:
        self._service = service
        self._databases = databases
        self._broker = broker
        self._pace = pace or Pace()
        self._awake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: PoolConnectionProxy | None = None
        self._held = AsyncExitStack()  # which gives the listening connection back

    async def run(self, stop: asyncio.Event) -> None:
        """Relays until `stop` is set. Neither a database nor a broker that fails ends it: it pauses and goes on."""
        if not self._service.consumers:
            await stop.wait()
            return
        self._loop = asyncio.get_running_loop()
        waker = self._databases.waker(self._service.name)
        waker.attach(self._wake)
        sender = Sender(self._broker)
        stopping = asyncio.create_task(self._wake_at(stop))
        try:
            await self._repeat(stop, sender)
        finally:
            waker.detach(self._wake)
            sender.close()
            stopping.cancel()
            await self._stop_listening()

    async def _repeat(self, stop: asyncio.Event, sender: Sender) -> None:
        pause, forgotten = 0.0, volatile(self._broker)
        while not stop.is_set():
            self._awake.clear()
            begun = time.monotonic()
            try:
                await self._listen()
                if forgotten:
                    await self._make_all_due()
                    forgotten = False
                more = await self.round(sender)
                pause = 0.0
            except (BrokerUnavailableError, *UNREACHABLE) as error:
                longest = self._pace.longest_pause if isinstance(error, BrokerUnavailableError) else self._pace.longest_wait
                pause = min(max(pause * 2, 0.25), longest)
                log.warning("relay.pausing", service=self._service.name, seconds=pause, error=repr(error))
                await self._pause(stop, pause)
                continue
            except Exception:  # a fault of ours must not leave a process that seems to relay and does not
                log.exception("relay.failed", service=self._service.name)
                await self._pause(stop, pause := self._pace.longest_pause)
                continue
            if not more:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), self._pace.poll)
                await asyncio.sleep(max(0.0, begun + self._pace.rest - time.monotonic()))

    async def _pause(self, stop: asyncio.Event, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)

    async def round(self, sender: Sender) -> bool:
        """Sends what is due, for each consumer at most one batch of new events. Whether more is likely to wait."""
        more = False
        for consumer in self._service.consumers:
            batches = await self._claim(consumer)
            for at, batch in enumerate(batches):
                try:
                    await self._send(sender, batch)
                except BrokerUnavailableError:
                    await self._put_back(batches[at:])
                    raise
            more = more or any(batch.again or self._full(batch) for batch in batches)
        return more

    def _full(self, batch: Batch) -> bool:
        return len(batch.events) * 2 > self._pace.events or sum(map(len, batch.events)) * 2 > self._pace.size

    async def _claim(self, consumer: str) -> list[Batch]:
        pace = self._pace
        batches = []
        async with self._databases.open(self._service.name, "relay") as db:
            connection = await db.connection()
            await connection.execute(_ALONE, f"relay {self._service.name} {consumer}", timeout=10)
            out = await connection.fetch(_OUT, consumer, pace.lease, pace.longest_lease)
            for row in [row for row in out if row["due"]][: pace.again_at_once]:
                rows = await connection.fetch(_RECLAIM, consumer, row["batch"])
                batches.append(_batch(row["batch"], consumer, rows, again=True))
            if len(out) < pace.window:
                batch = ids.new()
                rows = await connection.fetch(_CLAIM, consumer, batch, pace.events, pace.size)
                batches.append(_batch(batch, consumer, rows, again=False))
        return [batch for batch in batches if batch.events]

    async def _send(self, sender: Sender, batch: Batch) -> None:
        arguments = {
            "batch": str(batch.id),
            "producer": self._service.name,
            "events": [orjson.Fragment(event) for event in batch.events],
        }
        await sender.send(f"{batch.consumer}.events", f"{batch.consumer}.consume", arguments)
        SENT.labels(self._service.name, batch.consumer, str(batch.again).lower()).inc(len(batch.events))
        if batch.again:
            log.info("relay.sent_again", service=self._service.name, consumer=batch.consumer, batch=str(batch.id), events=len(batch.events))

    async def _put_back(self, batches: Sequence[Batch]) -> None:
        """Makes due at once what the broker did not take. Should this fail too, the lease does it."""
        async with self._databases.borrowed(self._service.name, "relay") as connection:
            await connection.executemany(_NOT_TAKEN, [(batch.consumer, batch.id) for batch in batches])

    async def _make_all_due(self) -> None:
        """A broker in this process has forgotten what an earlier process gave it."""
        async with self._databases.borrowed(self._service.name, "relay") as connection:
            await connection.execute(_ALL_DUE)

    async def _listen(self) -> None:
        if self._listening is not None and is_open(self._listening):
            return
        await self._stop_listening()
        async with AsyncExitStack() as held:
            connection = await held.enter_async_context(self._databases.borrowed(self._service.name, "relay"))
            await connection.add_listener(channel_of(self._service.name), self._heard)
            self._listening, self._held = connection, held.pop_all()  # only now: one that does not listen is tried again

    async def _stop_listening(self) -> None:
        connection, self._listening = self._listening, None
        if connection is None:
            return
        with contextlib.suppress(asyncpg.InterfaceError):  # the server has closed it, and the pool has it back
            connection.terminate()  # without a word: a server that is silent would not hear it
        await self._held.aclose()

    def _heard(self, *_notification: Any) -> None:
        self._awake.set()

    def _wake(self) -> None:
        if self._loop is not None and not self._awake.is_set():
            with contextlib.suppress(RuntimeError):  # its loop has closed: it is no longer there to be woken
                self._loop.call_soon_threadsafe(self._awake.set)

    async def _wake_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._awake.set()


def _batch(batch: UUID, consumer: str, rows: Sequence[Any], *, again: bool) -> Batch:
    events = [event for _, event in sorted((row["event_id"], row["event"]) for row in rows)]
    return Batch(batch, consumer, events, again)
