"""Quarantine: events that a service could not apply, why, and how they are tried again."""

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
from pydantic import ValidationError

from services.contracts.envelope import Event
from services.contracts.registry import UnknownState, read_state
from services.kernel.database import Databases
from services.kernel.logs import correlation_id
from services.kernel.service import Received, Service

log = structlog.get_logger(__name__)

QUARANTINED = Counter("plam_events_quarantined", "Events put in quarantine.", ["consumer"])

HELD = "SELECT count(*) FROM quarantine WHERE released_at IS NULL"
"""How many events wait in quarantine, for metrics and `plam doctor`."""

_HOLD = """
INSERT INTO quarantine (event_id, source, type, event, reason) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (event_id) DO UPDATE SET reason = excluded.reason, recorded_at = clock_timestamp(), released_at = NULL
"""
_LISTED = (
    "SELECT event_id, source, type, event, reason, recorded_at FROM quarantine WHERE released_at IS NULL ORDER BY recorded_at, event_id"
)
_TAKEN = "SELECT event FROM quarantine WHERE event_id = $1 AND released_at IS NULL FOR UPDATE SKIP LOCKED"


class UnreadableError(Exception):
    """An event that this release cannot read; the message says why, for a person."""


@dataclass(frozen=True)
class Held:
    """An event in quarantine."""

    event_id: UUID
    source: str
    type: str
    event: str
    reason: str
    recorded_at: datetime


def read(raw: Any) -> Received:
    """An event off the wire with its state in the newest shape. Raises `UnreadableError`."""
    try:
        event = Event.model_validate(raw)
        return Received(event, read_state(event))
    except UnknownState as error:
        raise UnreadableError(str(error)) from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))} : {fault['msg']}" for fault in error.errors(include_input=False, include_url=False)]
        raise UnreadableError("données refusées : " + " ; ".join(faults[:5])) from error


def event_id_of(raw: Any) -> UUID:
    """The event's id; for what has none, a number drawn from its bytes, so that its copies are one."""
    try:
        return UUID(raw["id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return UUID(bytes=hashlib.sha256(orjson.dumps(raw)).digest()[:16])


async def hold(connection: PoolConnectionProxy, raw: Any, reason: str) -> None:
    """Puts an event in quarantine, in the connection's transaction; `tell` follows its commit."""
    await connection.execute(
        _HOLD, event_id_of(raw), _named(raw, "source"), _named(raw, "type"), orjson.dumps(raw).decode(), _storable(reason)
    )


def tell(consumer: str, raw: Any, reason: str) -> None:
    """Counts and logs an event that is in quarantine from now on."""
    QUARANTINED.labels(consumer).inc()
    log.error("events.quarantined", consumer=consumer, event_id=str(event_id_of(raw)), type=_named(raw, "type"), reason=reason)


async def held(databases: Databases, service: Service) -> Sequence[Held]:
    """What waits in a service's quarantine, oldest first."""
    pool = await databases.pool(service.name, "worker")
    return [Held(**row) for row in await pool.fetch(_LISTED)]


async def retry(databases: Databases, service: Service, event_ids: Sequence[UUID]) -> Sequence[UUID]:
    """Applies quarantined events, each in its own transaction, and releases those that pass. Returns the ones released.

    The reason of the others is that of this attempt.
    """
    return [event_id for event_id in event_ids if await _retry(databases, service, event_id)]


async def _retry(databases: Databases, service: Service, event_id: UUID) -> bool:
    try:
        async with databases.open(service.name, "worker") as db:
            connection = await db.connection()
            event = await connection.fetchval(_TAKEN, event_id)
            if event is None or service.apply is None:
                return False
            received = read(orjson.loads(event))
            token = correlation_id.set(received.event.correlationid)
            try:
                await service.apply(db, [received])
            finally:
                correlation_id.reset(token)
            await connection.execute("UPDATE quarantine SET released_at = clock_timestamp() WHERE event_id = $1", event_id)
    except Exception as error:  # noqa: BLE001  # whatever the service raises is the new reason
        pool = await databases.pool(service.name, "worker")
        await pool.execute("UPDATE quarantine SET reason = $2 WHERE event_id = $1", event_id, _storable(reason_of(error)))
        return False
    log.info("events.released", consumer=service.name, event_id=str(event_id))
    return True


def reason_of(error: BaseException) -> str:
    """Why an event was not applied, for a person."""
    return str(error) if isinstance(error, UnreadableError) else f"{type(error).__name__} : {error}"


def _named(raw: Any, attribute: str) -> str:
    return _storable(raw.get(attribute)) if isinstance(raw, dict) else ""


def _storable(value: Any) -> str:
    # PostgreSQL's text takes neither NUL nor a lone surrogate
    return str("" if value is None else value).replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()[:2_000]
