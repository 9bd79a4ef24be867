"""The one path to PostgreSQL: `Database` is one asyncpg connection in one transaction, behind `fetch`, `one` and `save`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar, overload
from weakref import WeakKeyDictionary

import asyncpg
from asyncpg.pool import PoolConnectionProxy
from sqlalchemy.sql.base import Executable
from sqlmodel.sql.expression import Select, SelectOfScalar

from services.kernel.base.principals import Principal
from services.kernel.base.problems import ConnectionLost, NotFound, PreconditionFailed
from services.kernel.base.secrets import secret_of
from services.kernel.base.settings import Settings
from services.kernel.data import saving
from services.kernel.data.connecting import Use, make_pool
from services.kernel.data.database_errors import DATABASE_ERRORS, is_lost, is_open
from services.kernel.data.fetch_many import fetch_many
from services.kernel.data.idle_connections import IdleConnections
from services.kernel.data.nouns import NOUNS, Noun
from services.kernel.data.outbox import RelayWaker
from services.kernel.data.records import Record
from services.kernel.data.statements import prepare
from services.kernel.data.walls import SERVICE, Wall, settings_of

Routing = Mapping[str, Mapping[str, frozenset[str]]]
"""service → consumer → kinds of state: who hears what."""

LONGEST_ROLLBACK = 1.0
"""Seconds until a connection that does not answer is cut rather than rolled back."""

T = TypeVar("T")
R = TypeVar("R", bound=Record)


class Database:
    """One connection in one transaction, for one request, one batch or one command.

    The connection is taken at the first statement, and the transaction begins at the first statement that writes or
    locks. A single `save` waits for the end, where one statement is a transaction by itself: run a second statement
    and it goes first, inside a transaction. Only the edge that opened the database commits.

    `caller` gives who asks: before a statement that touches a table behind a wall, the transaction is told so, and begins by that.
    Without a caller nothing is told: a worker's connection passes every wall, one of the API none.
    """

    def __init__(
        self, databases: "Databases", connections: IdleConnections, service: str, caller: Callable[[], Principal] | None = None
    ) -> None:
        self.databases = databases
        self.service = service
        self._connections = connections
        self._caller = caller
        self._acts_itself = False
        self._told = ""
        self._connection: PoolConnectionProxy | None = None
        self._generation = 0
        self._in_transaction = False
        self._held: saving.Write | None = None
        self._emitted = False
        self.refused: Record | None = None
        """The row that a unique key refused: of a table behind a wall, PostgreSQL does not say which values it had."""

    @overload
    async def fetch(self, statement: SelectOfScalar[T], /, **parameters: Any) -> list[T]: ...
    @overload
    async def fetch(self, statement: Select[Any] | Executable, /, **parameters: Any) -> list[Any]: ...
    async def fetch(self, statement: Executable, /, **parameters: Any) -> list[Any]:
        """Runs a statement; its rows as instances of a table class, as scalars, or as the driver's records."""
        compiled, arguments = prepare(statement, parameters)
        told = self._to_tell(compiled.wall)
        connection = await (self._begun(told) if told or compiled.writes or self._held else self._acquired())
        records = await connection.fetch(compiled.sql, *arguments)
        return [compiled.row(record) for record in records] if compiled.row else records

    @overload
    async def one(self, statement: SelectOfScalar[T], /, *, version: int | None = None, **parameters: Any) -> T: ...
    @overload
    async def one(self, statement: Select[Any] | Executable, /, *, version: int | None = None, **parameters: Any) -> Any: ...
    async def one(self, statement: Executable, /, *, version: int | None = None, **parameters: Any) -> Any:
        """The one row of a statement. Raises `NotFound`, and `PreconditionFailed` when it is not at `version`."""
        rows = await self.fetch(statement, **parameters)
        if not rows:
            raise NotFound
        if version is not None and rows[0].version != version:
            raise PreconditionFailed(f"La ressource est à la version {rows[0].version}.", version=rows[0].version)
        return rows[0]

    async def save(self, row: R, *, event: str | None = None, by: Principal) -> R:
        """Writes a row at its next version, with its document, its history, its event and the event's deliveries.

        Raises `PreconditionFailed` when somebody wrote the row since it was read: at once inside a transaction,
        otherwise at the edge, before any answer leaves.
        """
        noun = saving.advance(row, by)
        written = saving.write(noun, row, event, self.databases.emission(self.service, noun))
        told = self._to_tell(noun.wall)
        if self._held is None and not self._in_transaction and not told:
            self._held = written
        else:
            await self._run(await self._begun(told), written)
        return row

    async def save_many(self, rows: Sequence[R], *, event: str | None = None, by: Principal) -> None:
        """Writes many rows of one noun as `save` writes one, in few round trips: for imports.

        Raises `PreconditionFailed` when somebody wrote one of them since it was read.
        """
        if not rows:
            return
        written = []
        for row in rows:
            noun = saving.advance(row, by)
            written.append(saving.write(noun, row, event, self.databases.emission(self.service, noun)))
        connection = await self._begun(self._to_tell(NOUNS[type(rows[0])].wall))
        for sql in {write.sql: None for write in written}:
            of_same = [write.arguments for write in written if write.sql == sql]
            if len(await fetch_many(connection, sql, of_same)) != len(of_same):
                raise PreconditionFailed("Une des ressources a été modifiée entre-temps : relisez-la.")
        self._emitted = self._emitted or written[0].emits

    async def connection(self) -> PoolConnectionProxy:
        """The driver's connection, its transaction begun: for COPY, advisory locks and the kernel's own SQL."""
        return await self._begun("")

    @contextmanager
    def as_service(self) -> Iterator[None]:
        """What the service itself does in a caller's transaction, on rows of anybody's: every wall lets it pass.

        For what follows from a caller's act, or must hold whoever asks. What is read here is not shown to the caller.
        """
        before, self._acts_itself = self._acts_itself, True
        try:
            yield
        finally:
            self._acts_itself = before

    def emitted(self) -> None:
        """Says that this transaction wrote events by other means than `save`: the relay is woken after the commit."""
        self._emitted = True

    async def commit(self) -> None:
        """Commits what was written and gives the connection back. For the edge alone, which closes in any case."""
        if self._in_transaction:
            await (await self.connection()).execute("COMMIT")
            self._in_transaction, self._told = False, ""
        elif self._held is not None:
            held, self._held = self._held, None
            await self._run(await self._acquired(), held)
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._connections.give(connection, self._generation)
        if self._emitted:
            self.databases.waker(self.service).wake()

    async def close(self) -> None:
        """Rolls back what is not committed and gives the connection back."""
        if (tidying := self.abandon()) is not None:
            await asyncio.shield(tidying)

    def abandon(self) -> asyncio.Task[None] | None:
        """Does the same behind the caller, whose answer is due and does not wait for a server that may not answer."""
        self._held = None
        connection, self._connection = self._connection, None
        began, self._in_transaction, self._told = self._in_transaction, False, ""
        return None if connection is None else self._connections.in_background(self._tidy(connection, began=began))

    async def lost(self, error: Exception) -> bool:
        """Whether the error means that the server closed this connection; others as old are then given up too."""
        if self._connection is None or not is_lost(error, self._connection):
            return False
        await self._connections.lost(self._generation, error)
        return True

    async def _tidy(self, connection: PoolConnectionProxy, *, began: bool) -> None:
        try:
            if began and is_open(connection):
                async with asyncio.timeout(LONGEST_ROLLBACK):
                    await connection.execute("ROLLBACK")
        except (*DATABASE_ERRORS, asyncpg.InternalClientError):
            self._connections.drop(connection)
        finally:
            await self._connections.pool.release(connection)

    async def _acquired(self) -> PoolConnectionProxy:
        if self._connection is None:
            self._connection = await self._connections.take()
            self._generation = self._connections.generation
        return self._connection

    async def _begun(self, told: str) -> PoolConnectionProxy:
        """The connection, its transaction begun and told who asks: both in one round trip."""
        connection = await self._acquired()
        if not self._in_transaction:
            self._in_transaction, self._told = True, told
            await connection.execute(f"BEGIN; {told}")
        elif told and told != self._told:
            self._told = told
            await connection.execute(told)
        if self._held is not None:
            held, self._held = self._held, None
            await self._run(connection, held)
        return connection

    def _to_tell(self, wall: Wall | None) -> str:
        """What a transaction must have been told before it touches what is behind a wall: who asks; nothing where nobody does."""
        if wall is None or self._caller is None:
            return ""
        return SERVICE if self._acts_itself else settings_of(wall, self._caller())

    async def _run(self, connection: PoolConnectionProxy, written: saving.Write) -> None:
        try:
            wrote = await connection.fetchval(written.sql, *written.arguments)
        except asyncpg.UniqueViolationError:
            self.refused = written.row
            raise
        if wrote is None:
            raise PreconditionFailed("La ressource a été modifiée entre-temps : relisez-la.")
        self._emitted = self._emitted or written.emits


class Databases:
    """The pools of a process: one a service, a use and an event loop, made when first used."""

    def __init__(self, settings: Settings, routing: Routing | None = None, *, any_secret: bool = False) -> None:
        """`any_secret`: for who replaces or repairs, connects whatever secret the pseudonyms of a schema were made with."""
        self.settings = settings
        self.secret = secret_of(settings)
        self._any_secret = any_secret
        self._routing: Routing = routing or {}
        self._emissions: dict[tuple[str, str], saving.Emission] = {}
        self._wakers: dict[str, RelayWaker] = {}
        self._kept: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, Use], IdleConnections]] = WeakKeyDictionary()
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    @asynccontextmanager
    async def open(
        self, service: str, use: Use = "api", *, by: Principal | None = None, rehearsal: bool = False
    ) -> AsyncIterator[Database]:
        """A `Database` that commits on a clean exit and rolls back on an exception; a rehearsal always rolls back. `by`: who asks.

        Raises `ConnectionLost` for whatever the driver says when the server closes the connection.
        """
        database = Database(self, await self.connections(service, use), service, None if by is None else lambda: by)
        try:
            yield database
            if rehearsal:
                await database.connection()  # what is held is written too: a rehearsal meets every refusal
            else:
                await database.commit()
        except Exception as error:
            if await database.lost(error):
                raise ConnectionLost("La base de données a fermé la connexion.") from error
            raise
        finally:
            await database.close()

    @asynccontextmanager
    async def borrowed(self, service: str, use: Use, *, wait: float = 5.0) -> AsyncIterator[PoolConnectionProxy]:
        """A connection of a pool, within `wait` seconds, for statements that are each their own transaction."""
        async with (await self.connections(service, use)).borrowed(wait) as connection:
            yield connection

    async def pool(self, service: str, use: Use = "api") -> asyncpg.Pool:
        """The asyncpg pool of a service, for a use, in the running event loop."""
        return (await self.connections(service, use)).pool

    async def connections(self, service: str, use: Use = "api") -> IdleConnections:
        """The connections of that pool, from which a `Database` takes its connection."""
        loop = asyncio.get_running_loop()
        of_loop = self._kept.setdefault(loop, {})
        if connections := of_loop.get((service, use)):
            return connections
        async with self._locks.setdefault(loop, asyncio.Lock()):
            if (service, use) not in of_loop:
                pool = await make_pool(self.settings, service, use, secret=None if self._any_secret else self.secret)
                of_loop[service, use] = IdleConnections(pool, wait=self.settings.acquire_timeout, keeps=use == "api")
        return of_loop[service, use]

    async def close(self) -> None:
        """Closes the pools of the running event loop."""
        for waker in self._wakers.values():
            await waker.settle()
        of_loop = self._kept.pop(asyncio.get_running_loop(), {})
        await asyncio.gather(*(_closed(connections) for connections in of_loop.values()))

    def emission(self, service: str, noun: Noun) -> saving.Emission:
        """Who hears the events of a noun, and the key of its pseudonyms."""
        kind = noun.state.kind if noun.state else ""
        found = self._emissions.get((service, kind))
        if found is None:
            found = self._emissions[service, kind] = saving.Emission(service, self.hearers(service, kind), self.secret)
        return found

    def hearers(self, service: str, kind: str) -> tuple[str, ...]:
        """The services that hear a kind of state from a service."""
        return tuple(consumer for consumer, kinds in self._routing.get(service, {}).items() if kind in kinds)

    def producers(self, consumer: str) -> Mapping[str, frozenset[str]]:
        """The services that a consumer hears, and the kinds of state that each sends it."""
        return {service: heard[consumer] for service, heard in self._routing.items() if consumer in heard}

    def waker(self, service: str) -> RelayWaker:
        """What wakes the relays of a service after a commit."""
        if service not in self._wakers:
            self._wakers[service] = RelayWaker(service, self)
        return self._wakers[service]


async def _closed(connections: IdleConnections) -> None:
    try:
        await connections.clear()
        await asyncio.wait_for(connections.pool.close(), 2)
    except TimeoutError:
        connections.pool.terminate()
