"""Resync: a service says again what all its rows are now, for a consumer that has lost or never had them."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sqlmodel import col, select

from services.contracts.envelope import State
from services.kernel.base import clock, ids
from services.kernel.data.database import Databases
from services.kernel.data.nouns import NOUNS, Noun
from services.kernel.data.outbox import Recorded, record
from services.kernel.data.records import table_of
from services.kernel.data.saving import event_json, state_of
from services.kernel.data.service import Service


def published(service: Service) -> Sequence[Noun]:
    """The nouns of a service whose state others may hear, by name of table."""
    nouns = [noun for noun in NOUNS.values() if noun.state and table_of(noun.table).metadata is service.metadata]
    return sorted(nouns, key=lambda noun: table_of(noun.table).name)


async def identifiers_of(databases: Databases, service: Service, noun: Noun, *, batch: int) -> AsyncIterator[Sequence[UUID]]:
    """The identifiers of a noun's rows, in order, a batch at a time, each in a transaction of its own."""
    key, after = col(noun.table.id), None
    while True:
        statement = select(key).order_by(key).limit(batch)
        async with databases.open(service.name, "worker") as db:
            page = await db.fetch(statement if after is None else statement.where(key > after))
        if not page:
            return
        yield page
        after = page[-1]


def restated(service: str, state: State) -> Recorded:
    """The event that says a state again, `<service>.<kind>.restated`."""
    event_id, event_type = ids.new(), f"{service}.{state.kind}.restated"
    event = event_json(event_id, event_type, service, state, clock.now().isoformat())
    return Recorded(event_id, state.kind, str(state.id), state.version, event_type, event)


async def resync(databases: Databases, service: Service, nouns: Sequence[Noun], *, batch: int = 500) -> AsyncIterator[int]:
    """Emits `<service>.<kind>.restated` for every row, at its version, so that only those who miss it change.

    Yields how many events each transaction wrote. Begun again from the start, it does no harm.
    """
    for noun in nouns:
        after = None
        while True:
            statement = select(noun.table).order_by(noun.table.id).limit(batch)  # type: ignore[arg-type]  # a column, in a class body
            if after is not None:
                statement = statement.where(noun.table.id > after)
            async with databases.open(service.name, "worker") as db:
                rows = await db.fetch(statement)
                emission = databases.emission(service.name, noun)
                events = [restated(service.name, state_of(noun, row, emission.secret)) for row in rows]
                await record(await db.connection(), events, emission.consumers)
                db.emitted()
            if not rows:
                break
            after = rows[-1].id
            yield len(rows)
