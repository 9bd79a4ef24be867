"""Facts that no row bears out leave by reversing entries; facts whose pseudonym is replaced keep what they contribute."""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from services.kernel.data.database import Database
from services.kernel.data.service import Received
from services.observatory_api.ledger.apply import Entity, fact_values
from services.observatory_api.ledger.posting import post
from services.observatory_api.ledger.sums import Sums, add, from_text

KEYS = "SELECT entity_key FROM fact WHERE source = $1 AND kind = $2"
HELD = "SELECT entity_key, version, number, state FROM fact WHERE source = $1 AND kind = $2 AND entity_key = ANY($3::text[])"
LOCKED = """
SELECT source, kind, entity_key, version, contributions, state FROM fact
WHERE (source, kind, entity_key) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))
ORDER BY source, kind, entity_key FOR UPDATE
"""
LOWER = """
UPDATE fact AS f SET version = 0
FROM (SELECT source, kind, entity_key FROM fact WHERE source = $1 AND kind = $2 AND entity_key = ANY($3::text[])
      ORDER BY source, kind, entity_key FOR UPDATE) AS held
WHERE (f.source, f.kind, f.entity_key) = (held.source, held.kind, held.entity_key)
"""
DELETE = "DELETE FROM fact WHERE (source, kind, entity_key) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))"
RENAME = """
UPDATE fact AS f SET entity_key = t.new, state = t.state FROM unnest($3::text[], $4::text[], $5::text[]) AS t(old, new, state)
WHERE (f.source, f.kind, f.entity_key) = ($1, $2, t.old)
"""


class Facts:
    """The `Holdings` of the observatory."""

    async def keys(self, db: Database, source: str, kind: str) -> Sequence[str]:
        """The entities that have a fact."""
        return [row[0] for row in await (await db.connection()).fetch(KEYS, source, kind)]

    async def differing(self, db: Database, said: Sequence[Received]) -> Sequence[str]:
        """Those whose fact has another version, or another state."""
        expected = {one.event.subject: fact_values(one) for one in said}
        rows = await (await db.connection()).fetch(HELD, said[0].event.source, said[0].state.kind, list(expected))
        held = {row["entity_key"]: (row["version"], row["number"], row["state"]) for row in rows}
        return sorted(key for key, state in expected.items() if held.get(key) != state)

    async def lower(self, db: Database, source: str, kind: str, keys: Sequence[str]) -> None:
        """Locks the facts and takes their versions back to 0."""
        await (await db.connection()).execute(LOWER, source, kind, list(keys))

    async def drop(self, db: Database, source: str, kind: str, keys: Sequence[str]) -> int:
        """Retires the facts."""
        return await retire(db, [Entity(source, kind, key) for key in keys])


async def retire(db: Database, entities: Iterable[Entity]) -> int:
    """Deletes facts and posts the reverse of what they contribute, as one batch; answers how many facts that were."""
    connection = await db.connection()
    wanted = list(zip(*sorted(set(entities)), strict=True))
    facts = await connection.fetch(LOCKED, *wanted) if wanted else []
    differences: Sums = {}
    for fact in facts:
        add(differences, from_text(fact["contributions"]), -1)
    if facts:  # those that were locked, and reversed: another may have come since
        held = [(fact["source"], fact["kind"], fact["entity_key"]) for fact in facts]
        await connection.execute(DELETE, *zip(*held, strict=True))
    await post(connection, differences, "rebuild")
    return len(facts)


async def rename(db: Database, source: str, kind: str, names: Mapping[str, str]) -> int:
    """Gives facts new keys; answers how many. What they contribute stands, so nothing is posted.

    Where an entity has a fact under both keys, the newer one stays and the other is retired.
    """
    connection = await db.connection()
    keys = sorted({*names.keys(), *names.values()})
    rows = await connection.fetch(LOCKED, [source] * len(keys), [kind] * len(keys), keys)
    facts = {row["entity_key"]: row for row in rows}
    moved = {old: new for old, new in names.items() if old in facts}
    twice = {old: new for old, new in moved.items() if new in facts}
    older = {old if facts[old]["version"] <= facts[new]["version"] else new for old, new in twice.items()}
    await retire(db, [Entity(source, kind, key) for key in older])
    moved = {old: new for old, new in moved.items() if old not in older}
    states = [_named(facts[old]["state"], new) for old, new in moved.items()]
    await connection.execute(RENAME, source, kind, list(moved), list(moved.values()), states)
    return len(moved)


def _named(state: str, key: str) -> str:
    return orjson.dumps({**orjson.loads(state), "id": key}).decode()
