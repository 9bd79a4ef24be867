"""What a service is, to the kernel: a name, its tables, its routes, who hears its events, what it hears."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, Protocol

from fastapi import APIRouter
from sqlalchemy import MetaData

from services.contracts.access import RevocationState
from services.contracts.envelope import Event, State
from services.contracts.registry import schema_of
from services.kernel.data import revoked
from services.kernel.data.database import Database


class Received(NamedTuple):
    """An event that has arrived, and its state read in the newest shape."""

    event: Event
    state: State

    @property
    def rank(self) -> tuple[int, int]:
        """What tells news from what is known: the version, then the number of the shape in which the event said it."""
        return self.state.version, schema_of(self.event)[1]


Apply = Callable[[Database, Sequence[Received]], Awaitable[None]]
"""Applies a batch in the given transaction; idempotent, since older or equal versions change nothing."""


class Holdings(Protocol):
    """What a consumer holds of other services' entities: how `plam follow` compares it with their owner's rows, and changes it.

    Entities are named as events name them, by the service that sends them (`/access`), a kind and a key.
    """

    async def keys(self, db: Database, source: str, kind: str) -> Sequence[str]:
        """The entities held."""

    async def differing(self, db: Database, said: Sequence[Received]) -> Sequence[str]:
        """Those of one kind that are not held as their states say, or not at all."""

    async def lower(self, db: Database, source: str, kind: str, keys: Sequence[str]) -> None:
        """Locks those that are held, in the order of `apply`, and takes their versions back to 0: what is applied next replaces."""

    async def drop(self, db: Database, source: str, kind: str, keys: Sequence[str]) -> int:
        """Lets entities go; how many went, since some may be needed still."""


@dataclass(frozen=True)
class Job:
    """Something done at regular times; twice does no harm."""

    name: str
    every: timedelta
    run: Callable[[Database], Awaitable[None]]


MOST = 500
"""Rows that one transaction of a job, or of what follows an event, changes."""


async def in_parts(db: Database, part: Callable[[Database], Awaitable[int]], size: int) -> None:
    """What a job does to many rows, in transactions of `size` of them: `part` says how many it found, until it finds fewer."""
    found = size
    while found == size:
        async with db.databases.open(db.service, "worker") as own:
            found = await part(own)


async def hasten(db: Database, job: str) -> None:
    """Makes a job due as soon as this transaction has committed: it goes on, within seconds, with what was left to it."""
    await (await db.connection()).execute("UPDATE job SET due_at = clock_timestamp() WHERE name = $1", job)


async def one_at_a_time(db: Database) -> None:
    """Waits for the other transactions of this service that make rows follow what was heard, each level after level: two would meet.

    Call it before the transaction holds a row.
    """
    await (await db.connection()).execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"follow {db.service}")


@dataclass(frozen=True)
class Service:
    """One service. `name` is its PostgreSQL schema, its path, the prefix of its queues and of its event types."""

    name: str
    title: str
    description: str
    metadata: MetaData
    routers: Sequence[APIRouter] = ()
    consumers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    apply: Apply | None = None
    holdings: Holdings | None = None
    jobs: Sequence[Job] = ()
    meaning: Mapping[str, str] = field(default_factory=dict)
    """Indicator → SQL over the service's own tables, of today's date ($1), giving (numerator, denominator): for `plam verify`.

    `K05/department`: the same by a dimension, whose value comes before the two.
    """

    async def hear(self, db: Database, batch: Sequence[Received]) -> None:
        """Applies a batch: what is revoked the kernel keeps, in every service; the rest is the service's own. Raises `LookupError`."""
        revocations = [one.state for one in batch if isinstance(one.state, RevocationState)]
        others = [one for one in batch if not isinstance(one.state, RevocationState)]
        if revocations:
            await revoked.keep(db, revocations)
        if others:
            if self.apply is None:
                raise LookupError(f"{self.name} n'applique aucun événement.")
            await self.apply(db, others)
