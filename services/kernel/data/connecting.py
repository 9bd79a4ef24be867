"""How a pool's connections are made: under the runtime role, with bounds for their use, to a schema of this release and this secret."""

from functools import partial
from typing import Any, Literal

import asyncpg
import orjson

from services.kernel.base.problems import Unavailable
from services.kernel.base.settings import Settings
from services.kernel.data import secret_fingerprints
from services.kernel.data.database_roles import runtime_role
from services.kernel.data.schema_revisions import check_revision, missing
from services.kernel.data.walls import ON, REGION

Use = Literal["api", "worker", "relay", "health"]


class RoleRefused(Unavailable):
    """PostgreSQL does not let the login work under a service's runtime role."""


async def make_pool(settings: Settings, service: str, use: Use, *, secret: bytes | None) -> asyncpg.Pool:
    """The pool of a service for a use. `secret`: the key that the schema's pseudonyms must be made with; None: any."""
    session = {
        "role": runtime_role(service),
        "search_path": service,
        "application_name": f"plam {service} {use}",
        "timezone": "UTC",
        "jit": "off",
    }
    if use != "api":  # a request says who asks, in each transaction; whatever else runs is the service itself
        session[REGION] = ON
    if use in ("api", "health"):
        session |= {
            "statement_timeout": f"{settings.statement_timeout * 1000:.0f}",
            "lock_timeout": f"{settings.lock_timeout * 1000:.0f}",
            "idle_in_transaction_session_timeout": "30s",
        }
    return await asyncpg.create_pool(
        settings.database_url_of(service),
        min_size=0,
        max_size=getattr(settings.pools, use),
        server_settings=session,
        connect=partial(_connect, service),
        init=partial(_prepare, service, secret),
        reset=_keep,
        timeout=2,
        command_timeout={"relay": settings.relay_timeout, "worker": settings.work_timeout}.get(use),
        max_inactive_connection_lifetime=300,
    )


async def _prepare(service: str, secret: bytes | None, connection: asyncpg.Connection) -> None:
    """Makes a new connection ready, whoever asks for it.

    Raises `SchemaBehind` for a schema that is older than the code, `SecretRefused` for one of another secret.
    """
    await _set_codecs(connection)
    try:
        here = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        here = None
    if check_revision(service, here) and secret is not None:
        secret_fingerprints.check(service, secret, await connection.fetchrow(secret_fingerprints.KEPT))


async def _connect(service: str, *arguments: Any, **options: Any) -> asyncpg.Connection:
    """A connection under the runtime role. Raises `SchemaBehind` when the role is not there, `RoleRefused` when it is not given."""
    try:
        return await asyncpg.connect(*arguments, **options)
    except asyncpg.InvalidParameterValueError as error:  # the role is the one parameter that a server may not know
        raise missing(service) from error
    except asyncpg.InsufficientPrivilegeError as error:
        words = f"PostgreSQL ne laisse pas ce compte travailler sous le rôle {runtime_role(service)} ({error})"
        raise RoleRefused(f"{words} : donnez-lui ce rôle (GRANT), ou lancez plam migrate avec ce compte.") from error


async def _set_codecs(connection: asyncpg.Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads)


async def _keep(_connection: asyncpg.Connection) -> None:
    # the default reset is one more round trip a request; nothing here sets session state
    return
