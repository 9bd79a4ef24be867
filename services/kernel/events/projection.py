"""Read-only copies of another service's entities, kept by version: what a noun fed by events has instead of operations."""

from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import Table
from sqlmodel import SQLModel

from services.contracts.registry import STATES
from services.kernel.data.database import Database
from services.kernel.data.records import table_of
from services.kernel.data.service import Apply, Received

NUMBER = "state_number"
"""The column that says in which shape the state of a copy was said."""


class UncopiedKindError(Exception):
    """A kind that this service is sent and keeps no copy of: its list of consumers and its projection disagree."""


Copied = Mapping[str, type[SQLModel] | Table]
"""Kind of state → the table of its copy."""


def projector(copies: Copied) -> Apply:
    """An `Apply` that keeps a copy of each kind in its table: the columns that the state has a field for, newest version only.

    The table's key is `id`, and it has a `version` and a `state_number`: of what was heard last, in which shape it was said.
    """
    tables = {kind: copy_table(copy) for kind, copy in copies.items()}
    statements = {kind: _upsert(kind, table) for kind, table in tables.items()}

    async def apply(db: Database, batch: Sequence[Received]) -> None:
        newest: dict[str, dict[str, Received]] = {}
        for received in batch:
            kind = received.state.kind
            if kind not in statements:
                raise UncopiedKindError(f"aucune copie de « {kind} » n'est tenue ici")
            of_kind, key = newest.setdefault(kind, {}), str(received.state.id)
            if key not in of_kind or of_kind[key].rank < received.rank:
                of_kind[key] = received
        connection = await db.connection()
        for kind in sorted(newest):
            shown = set(columns_of(kind, tables[kind]))
            # sorted, or else two workers lock the same rows in opposite orders
            heard = [newest[kind][key] for key in sorted(newest[kind])]
            rows = [one.state.model_dump(mode="json", include=shown) | {NUMBER: one.rank[1]} for one in heard]
            await connection.execute(statements[kind], orjson.dumps(rows).decode())

    return apply


def copy_table(copy: type[SQLModel] | Table) -> Table:
    """The table of a copy."""
    return copy if isinstance(copy, Table) else table_of(copy)


def target_of(table: Table) -> str:
    """A table as statements name it."""
    return f'"{table.schema}"."{table.name}"' if table.schema else f'"{table.name}"'


def columns_of(kind: str, table: Table) -> Sequence[str]:
    """The columns of a copy that a state has a field for."""
    fields = STATES[kind].model_fields
    return [column.name for column in table.columns if column.name in fields]


def _upsert(kind: str, table: Table) -> str:
    names = [*columns_of(kind, table), NUMBER]
    if not {"id", "version"} <= set(names) or NUMBER not in table.columns:
        raise LookupError(f"La table {table.name} n'a pas les colonnes id, version et {NUMBER} d'une copie.")
    target = target_of(table)
    quoted = ", ".join(f'"{name}"' for name in names)
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name != "id")
    # the row type reads arrays, dates and enums from JSON, where unnest would flatten arrays
    return (
        f"INSERT INTO {target} AS copy ({quoted}) SELECT {quoted} FROM json_populate_recordset(NULL::{target}, $1::text::json) "
        f"ON CONFLICT (id) DO UPDATE SET {changes} WHERE (copy.version, copy.{NUMBER}) < (excluded.version, excluded.{NUMBER})"
    )
