"""Whether a process or a command may work on its databases: it reaches them, their schemas are its release's, their secret is its own."""

import asyncio
from collections.abc import Sequence

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from services.kernel.data import secret_fingerprints
from services.kernel.data.connecting import RoleRefused
from services.kernel.data.database import Databases
from services.kernel.data.database_errors import UNREACHABLE
from services.kernel.data.database_roles import runtime_role
from services.kernel.data.schema_revisions import SchemaBehind
from services.kernel.data.secret_fingerprints import SecretRefused
from services.kernel.data.service import Service
from services.kernel.data.walls import WALLED
from services.kernel.process.event_metrics import skew_of

log = structlog.get_logger(__name__)

MUCH_SKEW = 5.0
"""Seconds between two clocks that are worth a word."""
SKEWED = "L'horloge de ce processus et celle de la base diffèrent : à minuit, des faits seraient datés du mauvais jour. Réglez-les (NTP)."

OPEN_WALLS = "SELECT name FROM unnest($1::text[]) AS name WHERE NOT row_security_active(to_regclass(name)::oid) ORDER BY name"
"""The tables behind a wall that lets whoever works here pass: a superuser, a role with BYPASSRLS, or row security switched off."""

LOOK_AGAIN = 1.0
"""Seconds between two looks at a database that is away."""

FINAL = (
    SchemaBehind,
    SecretRefused,
    RoleRefused,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidPasswordError,
    asyncpg.InvalidCatalogNameError,
)
"""Refusals that no waiting mends."""


async def check(databases: Databases, services: Sequence[Service]) -> None:
    """Connects to the database of each service, which looks at its schema (see `Databases`), and at the fingerprint of its secret.

    Raises what refuses it.
    """
    for service in services:
        async with databases.borrowed(service.name, "health", wait=databases.settings.request_timeout) as connection:
            secret_fingerprints.check(service.name, databases.secret, await connection.fetchrow(secret_fingerprints.KEPT))
            if abs(skew := await skew_of(connection)) > MUCH_SKEW:
                log.warning("clock.skewed", service=service.name, seconds=round(skew, 1), detail=SKEWED)
            if words := await open_walls(connection, service.name):
                log.warning("database.open_walls", service=service.name, detail=words)


async def open_walls(connection: PoolConnectionProxy, service: str) -> str:
    """What to do about walls of a service that hold nobody back; nothing where all of them hold."""
    tables = [row["name"] for row in await connection.fetch(OPEN_WALLS, [name for name in WALLED if name.partition(".")[0] == service])]
    if not tables:
        return ""
    role = runtime_role(service)
    return (
        f"PostgreSQL montre toutes les lignes de {', '.join(tables)} à {role}, quel que soit l'appelant : retirez-lui SUPERUSER et "
        f'BYPASSRLS (ALTER ROLE "{role}" NOSUPERUSER NOBYPASSRLS), ou remettez la sécurité par ligne (ENABLE ROW LEVEL SECURITY).'
    )


async def check_when_there(databases: Databases, services: Sequence[Service]) -> None:
    """The same for a process that starts: it waits for a database that is away, for it can do nothing without."""
    while True:
        try:
            return await check(databases, services)
        except FINAL:
            raise
        except UNREACHABLE as error:
            log.warning("process.database_away", error=type(error).__name__, detail=str(error)[:200])
            await asyncio.sleep(LOOK_AGAIN)
