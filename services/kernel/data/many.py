"""One statement for many rows of arguments, which can be cut short at any moment."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy


async def fetch_many(connection: PoolConnectionProxy, sql: str, rows: Sequence[Sequence[Any]]) -> list[asyncpg.Record]:
    """The driver's `fetchmany`. Cut short, it closes the connection.

    The driver takes no heed of a cancellation while it is still sending: it would wait for ever for an answer to what it has
    not said, and so would the rows that the transaction has locked.
    """
    running = asyncio.ensure_future(connection.fetchmany(sql, rows))
    try:
        found: list[asyncpg.Record] = await asyncio.shield(running)
    except asyncio.CancelledError:
        if not running.done():
            running.add_done_callback(_heeded)
            connection.terminate()
        raise
    return found


def _heeded(running: "asyncio.Future[Any]") -> None:
    """What the closed connection says of it is no news."""
    if not running.cancelled():
        running.exception()
