"""Applying a batch of states: the newest version of each entity becomes a fact, and what changed becomes entries."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from services.contracts.envelope import State
from services.kernel.database import Database
from services.kernel.service import Received
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.ledger.contributions import Contributed, contributed
from services.observatory_api.ledger.posting import Sums, add, as_text, from_text, post
from services.observatory_api.ledger.series import SeriesNumbers, numbers_of

FACTS = """
INSERT INTO fact AS f (source, kind, entity_key, version, number, state, contributions)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::smallint[], $6::text[], $7::text[])
ON CONFLICT (source, kind, entity_key) DO UPDATE
   SET previous = f.contributions, version = excluded.version, number = excluded.number, state = excluded.state,
       contributions = excluded.contributions
 WHERE f.version < excluded.version
RETURNING source, kind, entity_key, previous
"""
"""`previous` null: a new entity. A stale event returns no row. Sorted, because facts are locked in this order."""


class Entity(NamedTuple):
    """Whose state a fact holds."""

    source: str
    kind: str
    key: str


async def apply(db: Database, received: Sequence[Received], *, catalogue: Catalogue = CATALOGUE) -> None:
    """Applies states by version, and posts the difference between what they contribute and what stands.

    Twice, late or out of order: nothing is counted twice, since older and equal versions return no row.
    """
    states = newest(received)
    computed = {entity: list(contributed(catalogue, states[entity])) for entity in sorted(states)}
    numbers = numbers_of(db)
    await numbers.learn({place for found in computed.values() for place, _, _ in found if place not in numbers.of_place}, db)
    sums = {entity: numbered(found, numbers) for entity, found in computed.items()}
    texts = {entity: as_text(contributions) for entity, contributions in sums.items()}

    connection = await db.connection()
    rows = [
        (*entity, states[entity].version, states[entity].number, states[entity].model_dump_json(), text) for entity, text in texts.items()
    ]
    changed = await connection.fetch(FACTS, *zip(*rows, strict=True)) if rows else []
    differences: Sums = {}
    for source, kind, key, previous in changed:
        entity = Entity(source, kind, key)
        if previous != texts[entity]:
            add(differences, sums[entity])
            add(differences, from_text(previous), -1)
    await post(connection, differences, numbers, "events")


def newest(received: Iterable[Received]) -> dict[Entity, State]:
    """The newest state of each entity in a batch."""
    states: dict[Entity, State] = {}
    for event, state in ((item.event, item.state) for item in received):
        entity = Entity(event.source, state.kind, event.subject)
        if entity not in states or states[entity].version < state.version:
            states[entity] = state
    return states


def numbered(found: Iterable[Contributed], numbers: SeriesNumbers) -> dict[tuple[int, date], int]:
    """Contributions by number of series and day, zero sums dropped."""
    sums: dict[tuple[int, date], int] = {}
    for place, on, amount in found:
        for series in numbers.of_place[place]:
            at = (series, on)
            sums[at] = sums.get(at, 0) + amount
    return {at: amount for at, amount in sums.items() if amount}
