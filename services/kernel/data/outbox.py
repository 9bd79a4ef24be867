"""The tables every event goes through, in each service's schema, and the statements that fill, count and empty them.

outbox ──▶ delivery (one a consumer) ──▶ batch, sent ──▶ acknowledged        in the producer's schema
receipt (a batch being applied) ──▶ deleted with the work, or quarantine     in the consumer's schema
job (when each periodic job is next due)                                     in its service's schema
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol
from uuid import UUID
from weakref import WeakKeyDictionary, WeakSet

import sqlalchemy as sa
import structlog
from asyncpg.pool import PoolConnectionProxy

from services.kernel.data.database_errors import UNREACHABLE
from services.kernel.data.privacy import INTERNAL, PERSONAL

log = structlog.get_logger(__name__)

KEPT_AFTER_ACKNOWLEDGEMENT = timedelta(days=7)
WAKE_INTERVAL = 0.02
"""Seconds between two NOTIFY of one service: a notification costs its writer more than it saves the relay."""

_instant = sa.DateTime(timezone=True)
_written = sa.text("clock_timestamp()")


def event_tables(metadata: sa.MetaData) -> None:
    """Declares outbox, delivery, receipt, quarantine and job in the metadata's schema.

    No foreign key joins a delivery to its event: both are written in one statement and purged in one, and the check
    would cost every event a trigger.
    """
    sa.Table(
        "outbox",
        metadata,
        sa.Column("id", sa.UUID(), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False, info=PERSONAL),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False, info=PERSONAL),
        sa.Column("recorded_at", _instant, nullable=False, server_default=_written),
        info=INTERNAL,
    )
    delivery = sa.Table(
        "delivery",
        metadata,
        sa.Column("consumer", sa.Text, primary_key=True),
        sa.Column("event_id", sa.UUID(), primary_key=True),
        sa.Column("batch", sa.UUID()),
        sa.Column("sends", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("sent_at", _instant),
        sa.Column("acknowledged_at", _instant),
        postgresql_with={"fillfactor": 60, "autovacuum_vacuum_scale_factor": 0.05},
        info=INTERNAL,
    )
    unclaimed, unacknowledged = delivery.c.batch.is_(None), delivery.c.acknowledged_at.is_(None)
    sa.Index("delivery_unclaimed", delivery.c.consumer, delivery.c.event_id, postgresql_where=sa.and_(unclaimed, unacknowledged))
    sa.Index("delivery_out", delivery.c.consumer, delivery.c.batch, postgresql_where=sa.and_(sa.not_(unclaimed), unacknowledged))
    sa.Table(
        "receipt",
        metadata,
        sa.Column("id", sa.UUID(), primary_key=True, comment="a batch"),
        sa.Column("position", sa.Integer, nullable=False, server_default=sa.text("0"), comment="0: the whole batch; n: its nth event"),
        sa.Column("runs", sa.Integer, nullable=False, server_default=sa.text("1"), comment="how often that was begun"),
        sa.Column("recorded_at", _instant, nullable=False, server_default=_written),
        info=INTERNAL,
    )
    sa.Table(
        "quarantine",
        metadata,
        sa.Column("event_id", sa.UUID(), primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True, comment="of the event: another may bear its id"),
        sa.Column("producer", sa.Text, nullable=False, comment="whose message brought it"),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False, info=PERSONAL),
        sa.Column("reason", sa.Text, nullable=False, info=PERSONAL),
        sa.Column("recorded_at", _instant, nullable=False, server_default=_written),
        sa.Column("released_at", _instant),
        info=INTERNAL,
    )
    sa.Table(
        "job",
        metadata,
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("due_at", _instant, nullable=False, server_default=_written),
        sa.Column("sent_at", _instant, comment="when its message last went out; null once it has run"),
        sa.Column("last_run_at", _instant),
        sa.Column("last_error", sa.Text, info=PERSONAL),
        info=INTERNAL,
    )


RECORD_EVENTS = """
WITH recorded AS (
    INSERT INTO outbox (id, kind, subject, version, type, event)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[]) RETURNING id
)
INSERT INTO delivery (consumer, event_id) SELECT consumer, id FROM recorded, unnest($7::text[]) AS consumer
"""
"""Many events that have the same consumers (one kind has), as arrays, and the consumers. `save` writes the like in its own statement."""

_KNOWN = """
    (SELECT consumer FROM delivery ORDER BY consumer LIMIT 1)
    UNION ALL
    SELECT (SELECT d.consumer FROM delivery d WHERE d.consumer > known.consumer ORDER BY d.consumer LIMIT 1)
    FROM known WHERE known.consumer IS NOT NULL
"""
CONSUMERS = f"WITH RECURSIVE known AS ({_KNOWN}) SELECT array_agg(consumer) FROM known WHERE consumer IS NOT NULL"
"""Every consumer that has a delivery, by one index probe each."""

MOST_COUNTED = 10_000
"""Waiting events of a consumer that are counted, of those that are out and of those that are not: a million would take seconds."""

LAG = f"""
WITH RECURSIVE known AS ({_KNOWN}), waiting AS (
    SELECT known.consumer, fresh.events + sent.events AS events, least(first.event_id::text, sent.oldest)::uuid AS oldest
    FROM known
    CROSS JOIN LATERAL (
        SELECT count(*) AS events FROM (
            SELECT FROM delivery d WHERE d.consumer = known.consumer AND batch IS NULL AND acknowledged_at IS NULL
            ORDER BY event_id LIMIT {MOST_COUNTED}) AS counted) AS fresh
    LEFT JOIN LATERAL (
        SELECT event_id FROM delivery d WHERE d.consumer = known.consumer AND batch IS NULL AND acknowledged_at IS NULL
        ORDER BY event_id LIMIT 1) AS first ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS events, min(event_id::text COLLATE "C") AS oldest FROM (
            SELECT event_id FROM delivery d WHERE d.consumer = known.consumer AND batch IS NOT NULL AND acknowledged_at IS NULL
            ORDER BY batch LIMIT {MOST_COUNTED}) AS counted) AS sent
    WHERE known.consumer IS NOT NULL
)
SELECT w.consumer, w.events, extract(epoch FROM clock_timestamp() - o.recorded_at)::float8 AS age
FROM waiting w LEFT JOIN outbox o ON o.id = w.oldest WHERE w.events > 0 ORDER BY w.consumer
"""
"""Ids of events and of batches rise with time: the first of each index is the oldest."""

PURGE = """
WITH old AS MATERIALIZED (
    SELECT id FROM outbox o
    WHERE o.recorded_at < clock_timestamp() - $1::interval
      AND NOT EXISTS (SELECT FROM delivery d WHERE d.event_id = o.id AND d.consumer = ANY($2::text[]) AND d.acknowledged_at IS NULL)
    ORDER BY o.id LIMIT $3 FOR UPDATE SKIP LOCKED
), deliveries AS (
    DELETE FROM delivery d USING old WHERE d.event_id = old.id AND d.consumer = ANY($2::text[])
), events AS (
    DELETE FROM outbox o USING old WHERE o.id = old.id
)
SELECT count(*) FROM old
"""


@dataclass(frozen=True)
class Recorded:
    """One event ready to be recorded."""

    id: UUID
    kind: str
    subject: str
    version: int
    type: str
    event: str


@dataclass(frozen=True)
class Lag:
    """What a consumer has not acknowledged: how many events, counted up to `MOST_COUNTED`, and the age in seconds of the oldest."""

    consumer: str
    events: int
    age: float

    def __str__(self) -> str:
        """How many, in words that say when there are more."""
        return f"au moins {MOST_COUNTED} événement(s)" if self.events >= MOST_COUNTED else f"{self.events} événement(s)"


async def lags(connection: PoolConnectionProxy, *, timeout: float | None = None) -> Sequence[Lag]:  # noqa: ASYNC109  # the driver's
    """The lag of each consumer that has not acknowledged everything, in a time that does not grow with it."""
    return [Lag(row["consumer"], row["events"], row["age"] or 0.0) for row in await connection.fetch(LAG, timeout=timeout)]


async def record(connection: PoolConnectionProxy, events: Sequence[Recorded], consumers: Sequence[str]) -> None:
    """Writes events of one kind and their deliveries, in the connection's transaction, by one statement."""
    if events:
        columns = zip(*((e.id, e.kind, e.subject, e.version, e.type, e.event) for e in events), strict=True)
        await connection.execute(RECORD_EVENTS, *map(list, columns), list(consumers))


async def purge(connection: PoolConnectionProxy, *, kept: timedelta = KEPT_AFTER_ACKNOWLEDGEMENT, batch: int = 5_000) -> int:
    """Deletes one batch of events older than `kept` that every consumer has acknowledged. Returns how many there were."""
    consumers = await connection.fetchval(CONSUMERS) or []
    purged: int = await connection.fetchval(PURGE, kept, consumers, batch)
    return purged


class Pools(Protocol):
    """The part of `Databases` that is needed here, which builds on this module."""

    def borrowed(self, service: str, use: Literal["relay"], *, wait: float) -> AbstractAsyncContextManager[PoolConnectionProxy]: ...


def channel_of(service: str) -> str:
    """The NOTIFY channel of a service's outbox."""
    return f"{service}_outbox"


class RelayWaker:
    """Wakes the relays of one service: those of this process directly, else those of others by NOTIFY.

    One a process and service. Several wakings within `WAKE_INTERVAL` are one NOTIFY, sent by a background task on a
    connection of the relay's pool. One that is lost costs a poll's delay, never an event.
    """

    def __init__(self, service: str, pools: Pools) -> None:
        self._service = service
        self._pools = pools
        self._relays: tuple[Callable[[], None], ...] = ()
        self._woken: WeakSet[asyncio.AbstractEventLoop] = WeakSet()
        self._notifying: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()

    def wake(self) -> None:
        """After a commit that wrote events. Synchronous, cheap, from any thread."""
        if self._relays:
            for wake in self._relays:
                wake()
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a thread without a loop: the relays' poll finds the events
            return
        self._woken.add(loop)
        if (task := self._notifying.get(loop)) is None or task.done():
            self._notifying[loop] = loop.create_task(self._notify(loop))

    def attach(self, wake: Callable[[], None]) -> None:
        """Registers a relay of this process; `wake` may be called from any thread."""
        self._relays = (*self._relays, wake)

    def detach(self, wake: Callable[[], None]) -> None:
        """Forgets a relay that has stopped."""
        self._relays = tuple(other for other in self._relays if other != wake)

    async def settle(self) -> None:
        """Waits until what was woken in this event loop has been notified: before its pools close."""
        if task := self._notifying.get(asyncio.get_running_loop()):
            await asyncio.wait([task], timeout=1)

    async def _notify(self, loop: asyncio.AbstractEventLoop) -> None:
        while loop in self._woken:
            self._woken.discard(loop)
            try:
                async with self._pools.borrowed(self._service, "relay", wait=1) as connection:
                    await connection.execute("SELECT pg_notify($1, '')", channel_of(self._service), timeout=1)
            except UNREACHABLE as error:
                log.warning("outbox.wake_failed", service=self._service, error=repr(error))
            await asyncio.sleep(WAKE_INTERVAL)
