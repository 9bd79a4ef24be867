"""Resync: a service says again what all its rows are now, for a consumer that has lost or never had them."""

from collections.abc import AsyncIterator, Sequence

from sqlmodel import select

from services.kernel import clock, ids
from services.kernel.database import Databases
from services.kernel.outbox import Recorded, record
from services.kernel.records import NOUNS, Noun, table_of
from services.kernel.saving import event_json, state_of
from services.kernel.service import Service


def published(service: Service) -> Sequence[Noun]:
    """The nouns of a service whose state others may hear, by name of table."""
    nouns = [noun for noun in NOUNS.values() if noun.state and table_of(noun.table).metadata is service.metadata]
    return sorted(nouns, key=lambda noun: table_of(noun.table).name)


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
                events = []
                for row in rows:
                    event_id, state = ids.new(), state_of(noun, row, emission.secret)
                    event_type = f"{service.name}.{state.kind}.restated"
                    event = event_json(event_id, event_type, service.name, state, clock.now().isoformat())
                    events.append(Recorded(event_id, state.kind, str(state.id), state.version, event_type, event))
                await record(await db.connection(), events, emission.consumers)
                db.emitted()
            if not rows:
                break
            after = rows[-1].id
            yield len(rows)
