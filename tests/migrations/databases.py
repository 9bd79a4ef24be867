"""What tests of migrations do to a database that nothing has been done to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from services.kernel.data.service import Service
from services.kernel.process import migrate as kernel_migrate


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of its superuser."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def execute(url: str, *statements: str) -> None:
    """Runs statements."""
    async with connected(url) as connection:
        for statement in statements:
            await connection.execute(statement)


async def prepare(url: str, service: Service) -> None:
    """Makes a service's roles and schema."""
    async with connected(url) as connection:
        await kernel_migrate._prepare(connection, service.name)


async def names(url: str, query: str, schema: str) -> list[Any]:
    """The first column of a query that is told a schema."""
    async with connected(url) as connection:
        return [row[0] for row in await connection.fetch(query, schema)]
