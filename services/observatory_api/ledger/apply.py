"""Applying a batch of states: the newest version of each entity becomes a fact, and what changed becomes entries."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from services.kernel.data.database import Database
from services.kernel.data.service import Received
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.ledger.definitions import feeds_to_post
from services.observatory_api.ledger.posting import post
from services.observatory_api.ledger.series import numbers_of
from services.observatory_api.ledger.sums import Sums, add, from_text

FACTS = """
INSERT INTO fact AS f (source, kind, entity_key, version, number, state, contributions)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::smallint[], $6::text[], $7::text[])
ON CONFLICT (source, kind, entity_key) DO UPDATE
   SET previous = f.contributions, version = excluded.version, number = excluded.number, state = excluded.state,
       contributions = excluded.contributions
 WHERE (f.version, f.number) < (excluded.version, excluded.number)
RETURNING source, kind, entity_key, previous
"""
"""`previous` null: a new entity. A stale event returns no row; one of the same version is news in a later shape, which says more.
Sorted, because facts are locked in this order."""


class Entity(NamedTuple):
    """Whose state a fact holds."""

    source: str
    kind: str
    key: str


async def apply(db: Database, received: Sequence[Received], *, catalogue: Catalogue = CATALOGUE) -> None:
    """Applies states by version, and posts the difference between what they contribute and what stands.

    Twice, late or out of order: nothing is counted twice, since older versions, and equal ones of no later shape, return no row.
    """
    news = dict(sorted(newest(received).items()))
    connection = await db.connection()
    feeds = await feeds_to_post(connection, catalogue)
    numbers = await numbers_of(db)
    summed = dict(zip(news, await numbers.sums(feeds, [one.state for one in news.values()], db), strict=True))

    rows = [(*entity, *fact_values(one), summed[entity].text) for entity, one in news.items()]
    changed = await connection.fetch(FACTS, *zip(*rows, strict=True)) if rows else []
    differences: Sums = {}
    for source, kind, key, previous in changed:
        sums, text = summed[Entity(source, kind, key)]
        if previous != text:
            add(differences, sums)
            add(differences, from_text(previous), -1)
    await post(connection, differences, "events")


def newest(received: Iterable[Received]) -> dict[Entity, Received]:
    """What a batch says last of each entity."""
    news: dict[Entity, Received] = {}
    for one in received:
        entity = Entity(one.event.source, one.state.kind, one.event.subject)
        if entity not in news or news[entity].rank < one.rank:
            news[entity] = one
    return news


def fact_values(one: Received) -> tuple[int, int, str]:
    """The version of a state, the number of its shape, and the state as the event said it."""
    return (*one.rank, orjson.dumps(one.event.data).decode())
