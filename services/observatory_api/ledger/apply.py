"""Applying a batch of states: the newest version of each entity becomes a fact, and what changed becomes entries."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.contracts.envelope import State
from services.kernel.database import Database
from services.kernel.service import Received
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.ledger.posting import post
from services.observatory_api.ledger.series import numbers_of
from services.observatory_api.ledger.sums import Sums, add, as_text, from_text

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
    states = dict(sorted(newest(received).items()))
    numbers = await numbers_of(db)
    sums = dict(zip(states, await numbers.sums(catalogue, list(states.values()), db), strict=True))
    texts = {entity: as_text(contributions) for entity, contributions in sums.items()}

    connection = await db.connection()
    rows = [(*entity, state.version, state.number, state.model_dump_json(), texts[entity]) for entity, state in states.items()]
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
