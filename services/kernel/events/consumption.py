"""How a batch of events is applied: at once if it can be, one by one after a fault, and what never passes goes to quarantine.

The receipt of a batch is committed before the work and deleted with it, so it is there when a run was cut short, whatever
cut it. It says where the run was (0: the whole batch; n: its nth event) and how often that has been begun.
"""

import contextlib
from collections import Counter as Tally
from collections.abc import AsyncIterator, Iterator, Sequence, Set as AbstractSet
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy
from prometheus_client import Counter

from services.kernel.base.logs import correlation_id
from services.kernel.data.database import Databases
from services.kernel.data.database_errors import RETRYABLE, TRANSIENT
from services.kernel.data.service import Received, Service
from services.kernel.events import incoming_events, quarantine
from services.kernel.events.attempts import attempted
from services.kernel.events.incoming_events import UnreadableError

log = structlog.get_logger(__name__)

RUNS = 3
"""How often one event is begun before it goes to quarantine."""

INTERRUPTED = f"le traitement a été interrompu {RUNS} fois pendant cet événement"
"""The reason of an event whose runs left nothing but their receipts, as when it kills its worker."""

APPLIED = Counter("plam_events_applied", "Events applied, duplicates and older versions included.", ["consumer", "type"])

_BEGIN = """
WITH begun AS (
    INSERT INTO receipt AS r (id) SELECT $1::uuid WHERE pg_try_advisory_lock($2::bigint)
    ON CONFLICT (id) DO UPDATE SET runs = r.runs + 1 RETURNING position, runs
)
SELECT position, runs, ARRAY(
    SELECT event_id || digest FROM quarantine WHERE event_id = ANY($3::uuid[]) AND released_at IS NULL
) AS held FROM begun
"""
_MOVE = "UPDATE receipt SET position = $2, runs = $3 WHERE id = $1"
_END = "DELETE FROM receipt WHERE id = $1"
_TAKE_BACK = "UPDATE receipt SET runs = greatest(runs - 1, 0) WHERE id = $1"


@dataclass(slots=True)
class Item:
    """One event of a batch: as it came, and either what was read or why it could not be."""

    event_id: UUID
    raw: Any
    received: Received | None
    refusal: str = ""

    @property
    def key(self) -> str:
        """What quarantine knows it by."""
        return f"{self.event_id}{quarantine.digest_of(self.raw)}"


def read(raw: Any, *, producer: str, kinds: AbstractSet[str]) -> Item:
    """Reads one event of a message."""
    try:
        received = incoming_events.read(raw, producer=producer, kinds=kinds)
    except UnreadableError as error:
        return Item(quarantine.event_id_of(raw), raw, None, str(error))
    return Item(received.event.id, raw, received)


async def consume(databases: Databases, service: Service, batch: UUID, events: Sequence[Any], *, producer: str) -> bool:
    """Applies a producer's batch, and says whether it is done with: applied or in quarantine, and so to be acknowledged.

    False when another worker is at it, when the quarantine is full, or when the database kept failing: the relay sends it again.
    """
    kinds = databases.producers(service.name).get(producer, frozenset())
    run = _Run(databases, service, batch, producer, [read(raw, producer=producer, kinds=kinds) for raw in events])
    return bool(await attempted(run.begin, "events.database_failed", consumer=service.name, batch=str(batch)))


@dataclass(frozen=True)
class _Run:
    databases: Databases
    service: Service
    batch: UUID
    producer: str
    items: Sequence[Item]
    unkept: list[Item] = field(default_factory=list)
    """What found the quarantine full."""

    async def begin(self) -> bool:
        async with _receipts(self.databases, self.service) as receipts:
            begun = await receipts.fetchrow(_BEGIN, self.batch, _lock_of(self.batch), [item.event_id for item in self.items])
            if begun is None:
                log.info("events.already_at_work", consumer=self.service.name, batch=str(self.batch))
                return False
            held = frozenset(begun["held"])
            try:
                if begun["position"] or begun["runs"] > 1 or not await self.at_once(held):
                    await self.one_by_one(receipts, begun["position"], begun["runs"], held)
            except RETRYABLE:
                with contextlib.suppress(*RETRYABLE):
                    await receipts.execute(_TAKE_BACK, self.batch)
                raise
        return not self.unkept

    async def at_once(self, held: frozenset[str]) -> bool:
        """The whole batch in one transaction, which ends its receipt too. False if some event is at fault."""
        try:
            await self.apply(self._not_in(held, self.items), at=len(self.items))
        except TRANSIENT:
            raise
        except Exception as error:  # noqa: BLE001  # whichever event it was is found by taking them one by one
            log.warning("events.one_by_one", consumer=self.service.name, batch=str(self.batch), error=repr(error))
            return False
        return True

    async def one_by_one(self, receipts: PoolConnectionProxy, position: int, runs: int, held: frozenset[str]) -> None:
        """The events from `position` on, which has been begun `runs` times, each in a transaction that moves the receipt on."""
        if position == 0:
            position, runs = 1, 1
            await receipts.execute(_MOVE, self.batch, position, runs)
        reason = INTERRUPTED
        while position <= len(self.items):
            item = self.items[position - 1]
            if runs > RUNS:
                item = Item(item.event_id, item.raw, None, reason)
            try:
                await self.apply(self._not_in(held, [item]), at=position)
                position, runs, reason = position + 1, 1, INTERRUPTED
            except TRANSIENT:
                raise
            except Exception as error:
                if item.received is None:  # quarantine itself refuses it: nothing is left to try
                    raise
                reason, runs = quarantine.reason_of(error), runs + 1
                await receipts.execute(_MOVE, self.batch, position, runs)

    def _not_in(self, held: frozenset[str], items: Sequence[Item]) -> Sequence[Item]:
        return [item for item in items if item.key not in held] if held else items

    async def apply(self, items: Sequence[Item], *, at: int) -> None:
        """One transaction: the readable events applied, the others in quarantine, the receipt moved past `at` or ended."""
        name, received = self.service.name, [item.received for item in items if item.received]
        refused = [item for item in items if item.received is None]
        async with self.databases.open(name, "worker") as db:
            connection = await db.connection()
            kept = [await quarantine.hold(connection, item.raw, item.refusal, producer=self.producer) for item in refused]
            if received:
                with _correlated(name, received):
                    await self.service.hear(db, received)
            if at == len(self.items):
                await connection.execute(_END, self.batch)
            else:
                await connection.execute(_MOVE, self.batch, at + 1, 1)
        for item, held in zip(refused, kept, strict=True):
            quarantine.tell(name, item.raw, item.refusal, held=held)
            if not held:
                self.unkept.append(item)
        for type_, count in Tally(one.event.type for one in received).items():
            APPLIED.labels(name, type_).inc(count)


@contextmanager
def _correlated(consumer: str, received: Sequence[Received]) -> Iterator[None]:
    """Binds the correlation id that the events share; of a batch that has several, the log line names them all."""
    correlations = list(dict.fromkeys(one.event.correlationid for one in received if one.event.correlationid))
    token = correlation_id.set(correlations[0] if len(correlations) == 1 else "")
    try:
        yield
        several = {"correlation_ids": correlations} if len(correlations) > 1 else {}
        log.info("events.applied", consumer=consumer, events=len(received), **several)
    finally:
        correlation_id.reset(token)


@asynccontextmanager
async def _receipts(databases: Databases, service: Service) -> AsyncIterator[PoolConnectionProxy]:
    """A connection for receipts, each statement its own transaction, that holds the batch's lock until the end.

    Copies of a message that run side by side would each count as a run, and put sound events in quarantine.
    """
    async with databases.borrowed(service.name, "worker") as connection:
        try:
            yield connection
        finally:
            try:
                await connection.execute("SELECT pg_advisory_unlock_all()", timeout=2)
            except RETRYABLE:
                with contextlib.suppress(asyncpg.InterfaceError):  # the server has closed it
                    connection.terminate()  # its lock goes with it
            except BaseException:
                connection.terminate()
                raise


def _lock_of(batch: UUID) -> int:
    return int.from_bytes(batch.bytes[8:], signed=True)
