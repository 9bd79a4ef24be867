"""One statement for many rows of arguments, which can be cut short at any moment."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
from asyncpg.pool import PoolConnectionProxy

_ending: set["asyncio.Future[Any]"] = set()
"""What still ends, which the event loop alone would let go."""


async def fetch_many(connection: PoolConnectionProxy, sql: str, rows: Sequence[Sequence[Any]]) -> list[asyncpg.Record]:
    """The driver's `fetchmany`. Cut short, it closes the connection.

    asyncpg ignores a cancellation while it still sends: it would wait for an answer to an unfinished message, for ever, with the
    rows that the transaction has locked.
    """
    running = asyncio.ensure_future(connection.fetchmany(sql, rows))
    try:
        found: list[asyncpg.Record] = await asyncio.shield(running)
    except asyncio.CancelledError:
        if not running.done():
            _ending.add(running)
            running.add_done_callback(_retrieve)
            connection.terminate()
        raise
    return found


def _retrieve(running: "asyncio.Future[Any]") -> None:
    """Retrieves the error that closing the connection gave it."""
    _ending.discard(running)
    if not running.cancelled():
        running.exception()
