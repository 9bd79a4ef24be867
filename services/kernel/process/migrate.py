"""`plam migrate`: missing schemas and roles, then each service's migrations, under one advisory lock.

The login needs CREATEROLE and the database to be its own, no more: what is the schema's is done under its owner role, which the
login can take because it made it, or was granted it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from services.kernel.base.secrets import secret_of
from services.kernel.base.settings import Settings
from services.kernel.data import secret_fingerprints
from services.kernel.data.database_roles import owner_role, runtime_role
from services.kernel.data.records import PURGED
from services.kernel.data.schema_revisions import ahead, scripts_of
from services.kernel.data.service import Service

LOCK = 7_526_001
SET_OPTION = 16
"""From this PostgreSQL on, to be a member of a role and to be allowed to take it are two things."""


_LACKING = """
SELECT string_agg(quote_ident(rolname), ', ' ORDER BY rolname) FROM pg_roles
WHERE rolname ~ '^plam_[a-z]+_(owner|runtime)$' AND NOT pg_has_role(current_user, oid, 'SET')
"""
"""The roles that the login may not take; from PostgreSQL 16 on, since before any login with CREATEROLE may give itself any role."""


_HISTORIES = r"""
SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
WHERE schemaname = $1 AND tablename LIKE '%\_version' AND tablename <> 'alembic_version'
"""
"""Every noun's history: what was is never changed, whatever its migration forgot to say; some is deleted, when it is old."""


class MigrationRefused(Exception):
    """PostgreSQL does not let the login migrate, or a migration failed; the message says what to do."""


async def migrate(services: Sequence[Service], settings: Settings, revision: str = "head") -> list[str]:
    """Brings every service's schema to a revision; what there is to say of it. Waits for a migration already under way.

    A schema that a later release has migrated stays as it is: this release works on it. Raises `MigrationRefused`,
    and `SecretRefused` for a schema of another secret, which stays as it is.
    """
    said: list[str] = []
    secret = secret_of(settings)
    for service in services:
        url = settings.database_url_of(service.name)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
            said += await _migrate(connection, service, url, revision, secret)
        finally:
            await connection.close()
    return said


async def make_roles(services: Sequence[Service], settings: Settings) -> None:
    """Makes the roles of services alone, which a server must know before a backup is restored to it. Raises `MigrationRefused`."""
    for service in services:
        connection = await asyncpg.connect(settings.database_url_of(service.name))
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
            await _take_roles(connection, service.name)
        finally:
            await connection.close()


async def _migrate(connection: asyncpg.Connection, service: Service, url: str, revision: str, secret: bytes) -> list[str]:
    said = await _prepare(connection, service.name)
    await secret_fingerprints.compare(connection, service.name, secret)
    version = f'"{service.name}".alembic_version'
    async with _as_owner(connection, service.name):
        is_there = await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", version)
        here = await connection.fetchval(f"SELECT version_num FROM {version}") if is_there else None
    if here and (words := ahead(service.name, here)):
        return [*said, words]
    try:
        await asyncio.to_thread(command.upgrade, alembic_config(service, url), revision)
    except (CommandError, SQLAlchemyError) as error:
        cause = getattr(error, "orig", None) or error
        raise MigrationRefused(f"La migration du schéma {service.name} n'a pas abouti ({cause}) : rien n'en est gardé.") from error
    async with _as_owner(connection, service.name):
        await connection.execute(f'REVOKE INSERT, UPDATE, DELETE ON {version} FROM "{runtime_role(service.name)}"')
        for table in await connection.fetch(_HISTORIES, service.name):
            declared = service.metadata.tables.get(table["name"])
            rights = "UPDATE" if declared is not None and declared.info.get(PURGED) else "UPDATE, DELETE"
            await connection.execute(f'REVOKE {rights} ON {table["name"]} FROM "{runtime_role(service.name)}"')
    await secret_fingerprints.begin(connection, service.name, secret)
    return said


def alembic_config(service: Service, url: str) -> Config:
    """Alembic's configuration for one service; `migrations/env.py` reads the attributes."""
    config = scripts_of(service.name)
    config.attributes.update(service=service.name, metadata=service.metadata, url=url)
    return config


async def _prepare(connection: asyncpg.Connection, service: str) -> list[str]:
    """Roles and schema, made when missing: the owner migrates, the runtime role reads and writes rows, nothing else."""
    owner, runtime = await _take_roles(connection, service)
    if not await connection.fetchval("SELECT to_regnamespace(quote_ident($1)) IS NOT NULL", service):
        await _make_schema(connection, service, owner)
    async with _as_owner(connection, service):
        await connection.execute(
            f'REVOKE ALL ON SCHEMA "{service}" FROM PUBLIC;'
            f'GRANT USAGE ON SCHEMA "{service}" TO "{runtime}";'
            f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{service}" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{runtime}";'
            f'ALTER DEFAULT PRIVILEGES IN SCHEMA "{service}" GRANT USAGE ON SEQUENCES TO "{runtime}"'
        )
    return await _without_temporary_tables(connection)


async def _take_roles(connection: asyncpg.Connection, service: str) -> tuple[str, str]:
    owner, runtime = owner_role(service), runtime_role(service)
    for role in (owner, runtime):
        await _take(connection, role)
    return owner, runtime


async def _take(connection: asyncpg.Connection, role: str) -> None:
    """Makes a role when it is missing, and lets the login work under it."""
    login = await connection.fetchval("SELECT current_user")
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        try:
            await connection.execute(f'CREATE ROLE "{role}" NOLOGIN')
        except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            pass  # another database of the same server is being prepared at the same moment
        except asyncpg.InsufficientPrivilegeError as error:
            raise MigrationRefused(
                f"Le compte « {login} » ne peut pas créer le rôle {role} : un superutilisateur doit lui donner ce droit "
                f'(ALTER ROLE "{login}" CREATEROLE), puis relancez plam migrate.'
            ) from error
    separate = connection.get_server_version().major >= SET_OPTION
    if await connection.fetchval("SELECT pg_has_role(current_user, $1, $2)", role, "SET" if separate else "MEMBER"):
        return
    how = " WITH SET TRUE, INHERIT TRUE" if separate else ""
    try:
        await connection.execute(f'GRANT "{role}" TO "{login}"{how}')
    except asyncpg.InsufficientPrivilegeError as error:
        lacking = await connection.fetchval(_LACKING)
        raise MigrationRefused(
            f"Des rôles de PlaM existent déjà, et le compte « {login} » ne les a pas créés : leur créateur ou un superutilisateur doit les "
            f'lui donner (GRANT {lacking} TO "{login}"{how}), puis relancez plam migrate.'
        ) from error


async def _make_schema(connection: asyncpg.Connection, service: str, owner: str) -> None:
    try:
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{service}" AUTHORIZATION "{owner}"')
    except asyncpg.InsufficientPrivilegeError as error:
        login, database = await connection.fetchrow("SELECT current_user, quote_ident(current_database())") or ("", "")
        raise MigrationRefused(
            f"Le compte « {login} » ne peut pas créer le schéma {service} : la base doit lui appartenir "
            f'(ALTER DATABASE {database} OWNER TO "{login}"), puis relancez plam migrate.'
        ) from error


async def _without_temporary_tables(connection: asyncpg.Connection) -> list[str]:
    """Nobody makes temporary tables but who was given that right; a login to whom the database does not belong can only say so."""
    allowed = "SELECT has_database_privilege('public', current_database(), 'TEMPORARY')"
    if await connection.fetchval(allowed):
        database = await connection.fetchval("SELECT quote_ident(current_database())")
        revoke = f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC"
        await connection.execute(revoke)
        if await connection.fetchval(allowed):
            return [f"Chacun peut encore créer des tables temporaires dans cette base ; son propriétaire peut l'empêcher : {revoke}."]
    return []


@asynccontextmanager
async def _as_owner(connection: asyncpg.Connection, service: str) -> AsyncIterator[None]:
    await connection.execute(f'SET ROLE "{owner_role(service)}"')
    try:
        yield
    finally:
        await connection.execute("RESET ROLE")
