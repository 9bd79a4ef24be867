"""Idle connections of a pool: what a request gave back in order goes to the next one, without a release and an acquisition.

The pool starts a task at each release, looks at all its connections at each acquisition, and sets timers: a tenth of a read.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from services.kernel.base.problems import ConnectionLost, Unavailable
from services.kernel.data.database_errors import CONNECTING, is_lost, is_open

log = structlog.get_logger(__name__)

IDLE = 300.0
"""Seconds after which a connection that nobody used is closed: a network on the way may have forgotten it."""


class IdleConnections:
    """The connections of one pool, for whoever opens a `Database` on it, or borrows one.

    `keeps` says whether connections stay here between two uses. They then count as taken in the pool, so nobody else may
    draw on that pool for more than an instant. Whoever waits for the pool goes first. `generation` counts the times that
    the server closed a connection: all that are older than the last of them are suspect.
    """

    def __init__(self, pool: asyncpg.Pool, *, wait: float, keeps: bool) -> None:
        self.pool = pool
        self.generation = 0
        self._wait = wait
        self._keeps = keeps
        self._free: list[tuple[float, PoolConnectionProxy]] = []  # since when; the one that waits longest first
        self._waiting = 0
        self._behind: set[asyncio.Task[None]] = set()

    async def take(self) -> PoolConnectionProxy:
        """A connection. Raises `Unavailable` when none is free within the bound, or none can be made."""
        while self._free:
            since, connection = self._free.pop()
            if is_open(connection) and time.monotonic() - since < IDLE:
                return connection
            self.drop(connection)
        return await self._acquired(self._wait)

    async def give(self, connection: PoolConnectionProxy, generation: int) -> None:
        """Gives back a connection taken at a generation, whose last statement ended as it should, outside any transaction."""
        if self._keeps and not self._waiting and generation == self.generation and is_open(connection):
            now = time.monotonic()
            self._free.append((now, connection))
            if now - self._free[0][0] >= IDLE:
                self.drop(self._free.pop(0)[1])
        else:
            await self.pool.release(connection)

    @asynccontextmanager
    async def borrowed(self, wait: float) -> AsyncIterator[PoolConnectionProxy]:
        """A connection from the pool, for statements that are each their own transaction. Raises `Unavailable`.

        Whoever is cancelled does not wait for a server that may not answer: the connection is given back behind them.
        """
        generation = self.generation
        connection = await self._acquired(wait)
        try:
            yield connection
        except asyncio.CancelledError:
            _ = self.in_background(self.pool.release(connection))
            raise
        except Exception as error:
            lost = is_lost(error, connection)
            _ = self.in_background(self.pool.release(connection))
            if lost:
                await self.lost(generation, error)
                raise ConnectionLost("La base de données a fermé la connexion.") from error
            raise
        await self.pool.release(connection)

    async def lost(self, generation: int, error: Exception) -> None:
        """The server closed a connection of this generation: those that are as old, which it has most likely closed too, are dropped."""
        if generation != self.generation:
            return
        self.generation += 1
        log.warning("database.connection_lost", error=repr(error)[:200], kept=len(self._free))
        await self.pool.expire_connections()
        while self._free:
            self.drop(self._free.pop()[1])

    def in_background(self, tidying: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Does what nobody is to wait for, such as a rollback that a silent server never answers: it has its own bounds."""
        task = asyncio.get_running_loop().create_task(tidying)
        self._behind.add(task)
        task.add_done_callback(self._tidied)
        return task

    async def clear(self) -> None:
        """Gives what is here back to the pool, which can then be closed."""
        self._keeps = False
        while self._free:
            await self.pool.release(self._free.pop()[1])

    def drop(self, connection: PoolConnectionProxy) -> None:
        """Closes a connection at once, without telling the server; the pool makes another when one is needed."""
        with contextlib.suppress(asyncpg.InterfaceError):  # the pool has it back already
            connection.terminate()

    async def _acquired(self, wait: float) -> PoolConnectionProxy:
        self._waiting += 1
        try:
            return await self.pool.acquire(timeout=wait)
        except TimeoutError as error:
            raise Unavailable("Toutes les connexions à la base sont occupées.") from error
        except CONNECTING as error:
            log.warning("database.out_of_reach", error=repr(error)[:200])
            raise Unavailable("La base de données ne répond pas.") from error
        finally:
            self._waiting -= 1

    def _tidied(self, task: asyncio.Task[None]) -> None:
        self._behind.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("database.not_tidied", error=repr(error)[:200])
