"""From what was raised to what the client is told."""

import asyncpg
import structlog
from starlette.requests import ClientDisconnect

from services.kernel.constraints import conflict_of
from services.kernel.problems import BadRequest, PreconditionFailed, Problem, Unavailable

log = structlog.get_logger(__name__)

AWAY = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What a database raises that cannot be reached, does not answer, or not as it should; time-outs are among `OSError`."""
OUT_OF_REACH = (*AWAY, Unavailable)
"""The same, for who takes a connection too: none may be free in time."""
BROKEN_OFF = (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError, TimeoutError)
"""The same on a connection that was made. Any other `OSError` of a request is a fault of ours, such as a file that is not there."""
OTHER_SCHEMA = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InvalidSchemaNameError)
"""Tables that are not those of this code: the schema was exchanged under a connection, or a migration did more than add."""
OTHER_TABLES = "La base n'a pas les tables que cette version de PlaM attend : plam doctor dit laquelle des deux est en retard."
BUGS = (asyncpg.DataError, asyncpg.SyntaxOrAccessError)


def problem_for(error: Exception) -> Problem | None:
    """The problem that an error stands for: a broken constraint is a conflict, a wait that ended a 503. None: a bug."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, ClientDisconnect):
        return BadRequest("Le corps s'est interrompu.")  # nobody reads it; the log line and the metric do not call it a bug
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return conflict_of(error)
    if isinstance(error, (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)):
        return PreconditionFailed("Une autre requête a changé la même ressource : relisez-la.")
    other_schema = isinstance(error, OTHER_SCHEMA)
    if other_schema or (isinstance(error, BROKEN_OFF) and not isinstance(error, BUGS)):
        log.warning("database.unavailable", error=type(error).__name__, detail=str(error)[:200])
        return Unavailable(OTHER_TABLES if other_schema else "La base de données ne répond pas.")
    return None
