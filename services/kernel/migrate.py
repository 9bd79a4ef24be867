"""`plam migrate`: missing schemas and roles, then each service's migrations, under one advisory lock."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config

from services.kernel.database import owner_role, runtime_role
from services.kernel.service import Service
from services.kernel.settings import Settings

MIGRATIONS = Path(__file__).parents[2] / "migrations"
LOCK = 7_526_001


async def migrate(services: Sequence[Service], settings: Settings, revision: str = "head") -> None:
    """Brings every service's schema to a revision. Waits for a migration already under way."""
    for service in services:
        url = settings.database_url_of(service.name)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
            await _prepare(connection, service.name)
            await asyncio.to_thread(command.upgrade, alembic_config(service, url), revision)
            version = f'"{service.name}".alembic_version'
            await connection.execute(f'REVOKE INSERT, UPDATE, DELETE ON {version} FROM "{runtime_role(service.name)}"')
        finally:
            await connection.close()


def alembic_config(service: Service, url: str) -> Config:
    """Alembic's configuration for one service; `migrations/env.py` reads the attributes."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", str(MIGRATIONS / service.name))
    config.attributes.update(service=service.name, metadata=service.metadata, url=url)
    return config


async def _prepare(connection: asyncpg.Connection, service: str) -> None:
    """Roles and schema, made when missing: the owner migrates, the runtime role reads and writes rows, nothing else."""
    owner, runtime = owner_role(service), runtime_role(service)
    for role in (owner, runtime):
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            try:
                await connection.execute(f'CREATE ROLE "{role}" NOLOGIN')
            except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
                pass  # another database of the same server is being prepared at the same moment
        if not await connection.fetchval("SELECT pg_has_role(current_user, $1, 'MEMBER')", role):
            await connection.execute(f'GRANT "{role}" TO current_user')
    database = await connection.fetchval("SELECT quote_ident(current_database())")
    await connection.execute(
        f'CREATE SCHEMA IF NOT EXISTS "{service}" AUTHORIZATION "{owner}";'
        f'REVOKE ALL ON SCHEMA "{service}" FROM PUBLIC;'
        f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC;"
        f'GRANT USAGE ON SCHEMA "{service}" TO "{runtime}";'
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA "{service}" '
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "{runtime}";'
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" IN SCHEMA "{service}" GRANT USAGE ON SEQUENCES TO "{runtime}"'
    )
