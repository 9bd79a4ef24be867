"""`plam rotate`: the secret of the pseudonyms is replaced, and what is known of each person goes on under a new pseudonym.

mark every schema (new fingerprint, the previous one beside it: no process starts) ──▶ move, a batch at a time ──▶ clear the marks
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import orjson

from services.kernel.base.settings import Settings
from services.kernel.data import secret_fingerprints
from services.kernel.data.database import Database, Databases
from services.kernel.data.outbox import LAG
from services.kernel.data.saving import pseudonym
from services.kernel.data.secret_fingerprints import SecretRefused, fingerprint
from services.kernel.data.service import Service
from services.kernel.events.resync import identifiers_of, published

BATCH = 500
LOCK = 7_526_003
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'plam %'"

Rename = Callable[[Database, str, str, Mapping[str, str]], Awaitable[int]]
"""In a consumer's transaction: gives the entities of a source and a kind their new keys; how many had an old one."""
Connections = Mapping[str, asyncpg.Connection]


class NotStillError(Exception):
    """Something is at work or on its way: a rotation beside it would leave states under the previous pseudonyms."""


async def rotate(databases: Databases, services: Sequence[Service], consumer: Service, rename: Rename) -> int:
    """Replaces PLAM_SECRET_PREVIOUS by PLAM_SECRET: answers how many entities of `consumer` moved. Begun again, it finishes.

    Pseudonyms are known to one consumer alone. Raises `SecretRefused`, `NotStillError`.
    """
    previous, new = _secrets(databases.settings, databases.secret)
    async with _connected(databases.settings, services) as connections:
        await _mark(connections, fingerprint(previous), fingerprint(new))
        moved = 0
        for service in services:
            for noun in published(service):
                if noun.state and noun.pseudonymous and noun.state.kind in service.consumers.get(consumer.name, ()):
                    async for identifiers in identifiers_of(databases, service, noun, batch=BATCH):
                        names = {str(pseudonym(previous, each)): str(pseudonym(new, each)) for each in identifiers}
                        async with databases.open(consumer.name, "worker") as db:
                            moved += await rename(db, f"/{service.name}", noun.state.kind, names)
                            await _rename_held(db, names)
        for name, connection in connections.items():
            await secret_fingerprints.replace(connection, name, fingerprint(new), None)
    return moved


def _secrets(settings: Settings, new: bytes) -> tuple[bytes, bytes]:
    if settings.secret_previous is None:
        raise SecretRefused("Donnez à PLAM_SECRET_PREVIOUS l'ancien secret, et à PLAM_SECRET le nouveau.")
    previous = settings.secret_previous.get_secret_value().encode()
    if previous == new:
        raise SecretRefused("PLAM_SECRET et PLAM_SECRET_PREVIOUS sont le même secret : il n'y a rien à remplacer.")
    return previous, new


async def _rename_held(db: Database, names: Mapping[str, str]) -> None:
    """Events in quarantine, too, name their entities anew: tried again, they must not bring a previous pseudonym back."""
    connection = await db.connection()
    for (event,) in await connection.fetch("SELECT event FROM quarantine WHERE released_at IS NULL"):
        raw = orjson.loads(event)
        if isinstance(raw, dict) and (name := names.get(str(raw.get("subject")))):
            await connection.execute("UPDATE quarantine SET event = $2 WHERE event = $1", event, event.replace(raw["subject"], name))


async def _mark(connections: Connections, previous: str, new: str) -> None:
    """Says in every schema that the rotation is under way; takes it back when something is still at work."""
    before: dict[str, asyncpg.Record] = {}
    for name, connection in connections.items():
        kept = await secret_fingerprints.kept_by(connection, name)
        if kept is None or (kept["fingerprint"], kept["previous"]) not in ((previous, None), (new, previous), (new, None)):
            raise SecretRefused(f"PLAM_SECRET_PREVIOUS n'est pas le secret du schéma « {name} » : rien n'est changé.")
        before[name] = kept
    for name, connection in connections.items():
        await secret_fingerprints.replace(connection, name, new, previous)
    try:
        await _check_still(connections)
    except NotStillError:
        for name, kept in before.items():
            await secret_fingerprints.replace(connections[name], name, kept["fingerprint"], kept["previous"])
        raise


async def _check_still(connections: Connections) -> None:
    """Whoever connected before the mark is seen here; whoever connects after it is refused, by each connection."""
    for name, connection in connections.items():
        if await connection.fetchval(OTHERS):
            raise NotStillError("Des processus de PlaM sont encore connectés à la base : arrêtez-les tous, puis relancez « plam rotate ».")
        if waiting := await secret_fingerprints.as_owner(connection, name, LAG):
            words = f"{sum(row['events'] for row in waiting)} événement(s) de « {name} » sont encore en route"
            raise NotStillError(f"{words} : laissez finir relais et ouvriers (« plam verify » le dit), arrêtez-les, puis recommencez.")


@asynccontextmanager
async def _connected(settings: Settings, services: Sequence[Service]) -> AsyncIterator[Connections]:
    """A connection a service, each with the lock that keeps a second rotation out."""
    async with AsyncExitStack() as stack:
        found: dict[str, asyncpg.Connection] = {}
        for service in services:
            connection = await asyncpg.connect(settings.database_url_of(service.name), timeout=settings.relay_timeout)
            stack.push_async_callback(connection.close)
            await connection.execute("SELECT pg_advisory_lock($1::int, hashtext($2))", LOCK, service.name)
            found[service.name] = connection
        yield found
