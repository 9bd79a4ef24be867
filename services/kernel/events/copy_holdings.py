"""What a service's read-only copies hold, for `plam follow`: compared with the owner's rows, replaced, deleted when nothing needs them."""

from collections.abc import Sequence, Set as AbstractSet
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Table

from services.kernel.data.database import Database
from services.kernel.data.service import Received, one_at_a_time
from services.kernel.events.copies import Copy, target_of

_DIFFERING = """
SELECT said.id::text FROM json_populate_recordset(NULL::{target}, $1::text::json) AS said LEFT JOIN {target} AS copy ON copy.id = said.id
WHERE ({copied}) IS DISTINCT FROM ({said}) ORDER BY 1
"""
_LOWER = """
UPDATE {target} AS copy SET version = 0
FROM (SELECT id FROM {target} WHERE id = ANY($1::text[]::uuid[]) ORDER BY id FOR UPDATE) AS held WHERE copy.id = held.id
"""
_DROP = """
WITH gone AS (DELETE FROM {target} AS copy WHERE copy.id = ANY($1::text[]::uuid[]){unneeded} RETURNING 1) SELECT count(*) FROM gone
"""


class HeldCopies:
    """The `Holdings` of a service that keeps copies with `projector`; a copy needed by a row of the service is never deleted."""

    def __init__(self, copies: Sequence[Copy[Any]]) -> None:
        self._copies = {copy.state.kind: copy for copy in copies}

    @property
    def kinds(self) -> AbstractSet[str]:
        """The kinds of state that are copied."""
        return self._copies.keys()

    async def keys(self, db: Database, source: str, kind: str) -> Sequence[str]:  # a kind has one source
        """The entities held."""
        rows = await (await db.connection()).fetch(f"SELECT id::text FROM {self._target(kind)}")  # a table of ours
        return [row[0] for row in rows]

    async def differing(self, db: Database, said: Sequence[Received]) -> Sequence[str]:
        """Those whose copy has another version, or another value in any column."""
        kind = said[0].state.kind
        copy = self._copies[kind]
        columns = {alias: ", ".join(f'{alias}."{name}"' for name in copy.fields) for alias in ("copy", "said")}
        statement = _DIFFERING.format(target=self._target(kind), copied=columns["copy"], said=columns["said"])
        states = [copy.values(one.state) for one in said]
        return [row[0] for row in await (await db.connection()).fetch(statement, orjson.dumps(states).decode())]

    async def lower(self, db: Database, source: str, kind: str, keys: Sequence[str]) -> None:  # a kind has one source
        """Locks the copies and takes their versions back to 0, in its turn among those that apply: so it does next."""
        await one_at_a_time(db)
        await (await db.connection()).execute(_LOWER.format(target=self._target(kind)), list(keys))

    async def drop(self, db: Database, source: str, kind: str, keys: Sequence[str]) -> int:  # a kind has one source
        """Deletes the copies that no row of the service names."""
        unneeded = "".join(_not_in(column) for column in _naming(self._copies[kind].table))
        dropped: int = await (await db.connection()).fetchval(_DROP.format(target=self._target(kind), unneeded=unneeded), list(keys))
        return dropped

    def _target(self, kind: str) -> str:
        return target_of(self._copies[kind].table)


def _naming(copy: Table) -> Sequence[sa.Column[object]]:
    """The columns of the service that may name an entity: identifiers are unique everywhere, so every column of them is asked."""
    tables = copy.metadata.sorted_tables
    return [column for table in tables if table is not copy for column in table.columns if isinstance(column.type, sa.UUID | sa.Uuid)]


def _not_in(column: "sa.Column[object]") -> str:
    table = column.table
    assert isinstance(table, Table)
    return f' AND NOT EXISTS (SELECT FROM {target_of(table)} AS other WHERE other."{column.name}" = copy.id)'
