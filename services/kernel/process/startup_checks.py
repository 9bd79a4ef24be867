"""Whether a process or a command may work on its databases: it reaches them, their schemas are its release's, their secret is its own."""

import asyncio
from collections.abc import Sequence

import asyncpg
import structlog

from services.kernel.data import secret_fingerprints
from services.kernel.data.connecting import RoleRefused
from services.kernel.data.database import Databases
from services.kernel.data.database_errors import UNREACHABLE
from services.kernel.data.schema_revisions import SchemaBehind
from services.kernel.data.secret_fingerprints import SecretRefused
from services.kernel.data.service import Service
from services.kernel.process.event_metrics import skew_of

log = structlog.get_logger(__name__)

MUCH_SKEW = 5.0
"""Seconds between two clocks that are worth a word."""
SKEWED = "L'horloge de ce processus et celle de la base diffèrent : à minuit, des faits seraient datés du mauvais jour. Réglez-les (NTP)."

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
