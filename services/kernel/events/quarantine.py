"""Quarantine: events that a service could not apply, why, and how they are tried again.

A row is an event as it came, whole, for it may yet be applied: its id and a digest of all it says. So a forgery that bears the id of a
sound event stands for itself alone. At most `MOST_HELD` wait: beyond that a message that brings more is not acknowledged, its sound
events apart, and a real producer sends it again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog
from asyncpg.pool import PoolConnectionProxy
from prometheus_client import Counter

from services.kernel.base.logs import correlation_id
from services.kernel.data.database import Databases
from services.kernel.data.service import Service
from services.kernel.events.incoming_events import UnreadableError, read

log = structlog.get_logger(__name__)

QUARANTINED = Counter("plam_events_quarantined", "Events put in quarantine.", ["consumer"])

HELD = "SELECT count(*) FROM quarantine WHERE released_at IS NULL"
"""How many events wait in quarantine, for metrics and `plam doctor`."""

MOST_HELD = 10_000

_HOLD = """
INSERT INTO quarantine (event_id, digest, producer, source, type, event, reason) SELECT $1, $2, $3, $4, $5, $6, $7
WHERE (SELECT count(*) FROM (SELECT FROM quarantine WHERE released_at IS NULL LIMIT $8) AS waiting) < $8
   OR EXISTS (SELECT FROM quarantine WHERE event_id = $1 AND digest = $2 AND released_at IS NULL)
ON CONFLICT (event_id, digest) DO UPDATE
   SET producer = excluded.producer, reason = excluded.reason, recorded_at = clock_timestamp(), released_at = NULL
RETURNING true
"""
_LISTED = """
SELECT event_id, digest, producer, source, type, event, reason, recorded_at FROM quarantine
WHERE released_at IS NULL ORDER BY recorded_at, event_id, digest
"""
_TAKEN = "SELECT event FROM quarantine WHERE event_id = $1 AND digest = $2 AND released_at IS NULL FOR UPDATE SKIP LOCKED"
_RELEASED = "UPDATE quarantine SET released_at = clock_timestamp() WHERE event_id = $1 AND digest = $2"
_STILL_HELD = "UPDATE quarantine SET reason = $3 WHERE event_id = $1 AND digest = $2"


@dataclass(frozen=True)
class Held:
    """An event in quarantine."""

    event_id: UUID
    digest: str
    producer: str
    source: str
    type: str
    event: str
    reason: str
    recorded_at: datetime


def event_id_of(raw: Any) -> UUID:
    """The event's id; for what has none, a number drawn from its bytes, so that its copies are one."""
    try:
        return UUID(raw["id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return UUID(digest_of(raw)[:32])


def digest_of(raw: Any) -> str:
    """What tells an event from another that bears its id: a hash of all that it says."""
    return hashlib.sha256(_text_of(raw).encode()).hexdigest()


def _text_of(raw: Any) -> str:
    try:
        return orjson.dumps(raw).decode()
    except TypeError:  # nested deeper than orjson writes, which no event is: nothing would be lost with it
        return "null"


async def hold(connection: PoolConnectionProxy, raw: Any, reason: str, *, producer: str) -> bool:
    """Puts an event in quarantine, in the connection's transaction; `tell` follows its commit. False when the quarantine is full."""
    named = event_id_of(raw), digest_of(raw), producer, _named(raw, "source"), _named(raw, "type")
    return bool(await connection.fetchval(_HOLD, *named, _text_of(raw), _storable(reason), MOST_HELD))


def tell(consumer: str, raw: Any, reason: str, *, held: bool) -> None:
    """Counts and logs an event that is in quarantine from now on, or found it full."""
    QUARANTINED.labels(consumer).inc(held)
    words = "events.quarantined" if held else "events.quarantine_full"
    log.error(words, consumer=consumer, event_id=str(event_id_of(raw)), type=_named(raw, "type"), reason=_storable(reason))


async def held(databases: Databases, service: Service) -> Sequence[Held]:
    """What waits in a service's quarantine, oldest first."""
    pool = await databases.pool(service.name, "worker")
    return [Held(**row) for row in await pool.fetch(_LISTED)]


async def retry(databases: Databases, service: Service, events: Sequence[Held]) -> Sequence[Held]:
    """Applies quarantined events, each in its own transaction, and releases those that pass. Returns the ones released.

    The reason of the others is that of this attempt.
    """
    return [event for event in events if await _retry(databases, service, event)]


async def _retry(databases: Databases, service: Service, held: Held) -> bool:
    key = held.event_id, held.digest
    try:
        async with databases.open(service.name, "worker") as db:
            connection = await db.connection()
            event = await connection.fetchval(_TAKEN, *key)
            if event is None:
                return False
            kinds = databases.producers(service.name).get(held.producer, frozenset())
            received = read(orjson.loads(event), producer=held.producer, kinds=kinds)
            token = correlation_id.set(received.event.correlationid)
            try:
                await service.hear(db, [received])
            finally:
                correlation_id.reset(token)
            await connection.execute(_RELEASED, *key)
    except Exception as error:  # noqa: BLE001  # whatever the service raises is the new reason
        pool = await databases.pool(service.name, "worker")
        await pool.execute(_STILL_HELD, *key, _storable(reason_of(error)))
        return False
    log.info("events.released", consumer=service.name, event_id=str(held.event_id))
    return True


def reason_of(error: BaseException) -> str:
    """Why an event was not applied, for a person."""
    return str(error) if isinstance(error, UnreadableError) else f"{type(error).__name__} : {error}"


def _named(raw: Any, attribute: str) -> str:
    named = raw.get(attribute) if isinstance(raw, dict) else None
    return _storable(named) if isinstance(named, str) else ""


def _storable(text: str) -> str:
    # PostgreSQL's text takes neither NUL nor a lone surrogate
    return text[:2_000].replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
