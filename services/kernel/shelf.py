"""Connections within reach: those that a request gave back in order go to the next one, without the detour by the driver's pool.

The pool starts a task at each release, looks at all its connections at each acquisition, and sets timers: a tenth of a read.
"""

import time

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from services.kernel.problems import Unavailable

log = structlog.get_logger(__name__)

IDLE = 300.0
"""Seconds after which a connection that nobody used is closed: a network on the way may have forgotten it."""


def is_open(connection: PoolConnectionProxy) -> bool:
    """Whether a pooled connection can be used. The driver takes back one that the server closed, and its proxy then answers nothing."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False


class Shelf:
    """The connections of one pool, for whoever opens a `Database` on it.

    `keeps` says whether connections stay here between two uses. They then count as taken in the pool, so nobody else may
    draw on that pool for more than an instant. Whoever waits for the pool goes first.
    """

    def __init__(self, pool: asyncpg.Pool, *, wait: float, keeps: bool) -> None:
        self.pool = pool
        self._wait = wait
        self._keeps = keeps
        self._free: list[tuple[float, PoolConnectionProxy]] = []  # since when; the one that waits longest first
        self._waiting = 0

    async def take(self) -> PoolConnectionProxy:
        """A connection. Raises `Unavailable` when none is free within the bound, or none can be made."""
        while self._free:
            since, connection = self._free.pop()
            if is_open(connection) and time.monotonic() - since < IDLE:
                return connection
            await self._drop(connection)
        self._waiting += 1
        try:
            return await self.pool.acquire(timeout=self._wait)
        except TimeoutError as error:
            raise Unavailable("Toutes les connexions à la base sont occupées.") from error
        except OSError as error:
            log.warning("database.out_of_reach", error=repr(error))
            raise Unavailable("La base de données ne répond pas.") from error
        finally:
            self._waiting -= 1

    async def give(self, connection: PoolConnectionProxy) -> None:
        """Gives back a connection whose last statement ended as it should, outside any transaction."""
        if self._keeps and not self._waiting and is_open(connection):
            now = time.monotonic()
            self._free.append((now, connection))
            if now - self._free[0][0] >= IDLE:
                await self._drop(self._free.pop(0)[1])
        else:
            await self.pool.release(connection)

    async def clear(self) -> None:
        """Gives what is here back to the pool, which can then be closed."""
        self._keeps = False
        while self._free:
            await self.pool.release(self._free.pop()[1])

    async def _drop(self, connection: PoolConnectionProxy) -> None:
        """Closes a connection, without a word to a server that may not hear it; the pool makes another when one is needed."""
        if is_open(connection):
            connection.terminate()
        await self.pool.release(connection)
