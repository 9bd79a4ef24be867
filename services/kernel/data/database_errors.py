"""What a database that fails raises, and what the client is told of it."""

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy
from starlette.requests import ClientDisconnect

from services.kernel.base.problems import BadRequest, PreconditionFailed, Problem, Unavailable
from services.kernel.data.constraints import conflict_of

log = structlog.get_logger(__name__)

DATABASE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
"""What a database raises that cannot be reached, does not answer, or not as it should; time-outs are among `OSError`."""
UNREACHABLE = (*DATABASE_ERRORS, Unavailable)
"""The same, for who takes a connection too: none may be free in time, or it is lost on the way."""
CONNECTION_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError, TimeoutError)
"""The same on a connection that was made. Any other `OSError` of a request is a fault of ours, such as a file that is not there."""
OTHER_SCHEMA = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InvalidSchemaNameError)
"""Tables that are not those of this code: the schema was exchanged under a connection, or a migration did more than add."""
OTHER_TABLES = "La base n'a pas les tables que cette version de PlaM attend : plam doctor dit laquelle des deux est en retard."
BUGS = (asyncpg.DataError, asyncpg.SyntaxOrAccessError)

CONNECTING = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,
    OSError,
)
"""What making a connection raises when the server is away, starts, stops, has no place left, or breaks off its greeting."""
_LOST = (
    asyncpg.PostgresConnectionError,  # closed while a statement ran
    asyncpg.OperatorInterventionError,  # what the server said of it, had it the time
    asyncpg.InterfaceError,  # closed before the statement: the pool has taken the connection back
    asyncpg.InternalClientError,  # told so between two statements, and the driver has not yet seen the end of the stream
    OSError,  # the network's own words
)

TRANSIENT = (
    Unavailable,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
"""Errors that say nothing against an event or a job, though it was being done: its run does not count.

Others that a failing database can cause (`OSError`, a bare `InterfaceError`) may come from the event as well. They count, which
harms no sound event: counting takes a database that answers.
"""
RETRYABLE = (*TRANSIENT, OSError, asyncpg.InterfaceError)
"""Errors of the database around an event or a job: it is tried again as it was."""


def is_open(connection: PoolConnectionProxy) -> bool:
    """Whether a pooled connection can be used. The driver takes back one that the server closed, and its proxy then answers nothing."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False


def is_lost(error: Exception, connection: PoolConnectionProxy) -> bool:
    """Whether the error means that the server closed this connection.

    Each of the driver's errors for that has other causes too, faults of ours among them: it is the connection that decides.
    """
    return isinstance(error, _LOST) and not is_open(connection)


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
    if other_schema or (isinstance(error, CONNECTION_ERRORS) and not isinstance(error, BUGS)):
        log.warning("database.unavailable", error=type(error).__name__, detail=str(error)[:200])
        return Unavailable(OTHER_TABLES if other_schema else "La base de données ne répond pas.")
    return None
