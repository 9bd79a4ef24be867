"""Alembic's environment: one service at a time, as the owner of its schema. `services.kernel.process.migrate` calls it."""

import asyncio
from typing import Any

import asyncpg
import sqlalchemy as sa
import sqlmodel
from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.kernel.data.walls import ON, REGION

attributes = context.config.attributes
SERVICE: str = attributes["service"]


def ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Whether a schema is the service's: the others are none of its business."""
    return name == SERVICE if kind == "schema" else True


def render(kind: str, item: Any, _context: Any) -> str | bool:
    """SQLModel's string type is written as SQLAlchemy's, so that a migration needs SQLAlchemy alone."""
    if kind == "type" and isinstance(item, sqlmodel.sql.sqltypes.AutoString):
        return "sa.Text()"
    return False


def run(connection: Connection) -> None:
    """Runs the migrations on a connection."""
    context.configure(
        connection=connection,
        target_metadata=attributes["metadata"],
        version_table_schema=SERVICE,
        include_schemas=True,
        include_name=ours,
        render_item=render,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Connects as the schema's owner."""

    async def connect() -> asyncpg.Connection:
        session = {"role": f"plam_{SERVICE}_owner", "lock_timeout": "5s", REGION: ON}  # whoever owns a table stands before its wall too
        return await asyncpg.connect(attributes["url"], server_settings=session)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


given: sa.Connection | None = attributes.get("connection")
if given is None:
    asyncio.run(main())
else:
    run(given)
