"""What a service's read-only copies hold, for `plam follow`: compared with the owner's rows, replaced, deleted when nothing needs them."""

from collections.abc import Sequence

import orjson
import sqlalchemy as sa
from sqlalchemy import Table

from services.kernel.data.database import Database
from services.kernel.data.service import Received
from services.kernel.events.projection import Copied, columns_of, copy_table, target_of

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


class Copies:
    """The `Holdings` of a service that keeps copies with `projector`; a copy needed by a row of the service is never deleted."""

    def __init__(self, copies: Copied) -> None:
        self._tables = {kind: copy_table(copy) for kind, copy in copies.items()}

    async def keys(self, db: Database, source: str, kind: str) -> Sequence[str]:  # a kind has one source
        """The entities held."""
        rows = await (await db.connection()).fetch(f"SELECT id::text FROM {target_of(self._tables[kind])}")  # a table of ours
        return [row[0] for row in rows]

    async def differing(self, db: Database, said: Sequence[Received]) -> Sequence[str]:
        """Those whose copy has another version, or another value in any column."""
        kind = said[0].state.kind
        table = self._tables[kind]
        names = columns_of(kind, table)
        columns = {alias: ", ".join(f'{alias}."{name}"' for name in names) for alias in ("copy", "said")}
        statement = _DIFFERING.format(target=target_of(table), copied=columns["copy"], said=columns["said"])
        states = [one.state.model_dump(mode="json", include=set(names)) for one in said]
        return [row[0] for row in await (await db.connection()).fetch(statement, orjson.dumps(states).decode())]

    async def lower(self, db: Database, source: str, kind: str, keys: Sequence[str]) -> None:  # a kind has one source
        """Locks the copies and takes their versions back to 0."""
        await (await db.connection()).execute(_LOWER.format(target=target_of(self._tables[kind])), list(keys))

    async def drop(self, db: Database, source: str, kind: str, keys: Sequence[str]) -> int:  # a kind has one source
        """Deletes the copies that no row of the service names."""
        table = self._tables[kind]
        statement = _DROP.format(target=target_of(table), unneeded="".join(_not_in(column) for column in _naming(table)))
        dropped: int = await (await db.connection()).fetchval(statement, list(keys))
        return dropped


def _naming(copy: Table) -> Sequence[sa.Column[object]]:
    """The columns of the service that may name an entity: identifiers are unique everywhere, so every column of them is asked."""
    tables = copy.metadata.sorted_tables
    return [column for table in tables if table is not copy for column in table.columns if isinstance(column.type, sa.UUID | sa.Uuid)]


def _not_in(column: "sa.Column[object]") -> str:
    table = column.table
    assert isinstance(table, Table)
    return f' AND NOT EXISTS (SELECT FROM {target_of(table)} AS other WHERE other."{column.name}" = copy.id)'
