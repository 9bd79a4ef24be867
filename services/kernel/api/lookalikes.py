"""Two clicks, one effect: what looks like something that stands already is refused, with the first one's id, unless it is forced."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import ARRAY, ColumnElement, Text, and_, literal
from sqlmodel import col, select

from services.kernel.base.problems import LooksTwice
from services.kernel.data.database import Database
from services.kernel.data.records import Record, table_of

AGO = timedelta(hours=24)
"""How long the same thing again is taken for a second click."""

Force = Annotated[
    bool,
    Query(description="Vrai : crée malgré la ressemblance avec ce qui existe déjà, après un refus de type `looks-twice`."),
]

ALONE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
INSTEAD = "Son identifiant est dans `existing_id`. Pour créer malgré tout, renvoyez la requête avec `?force=true`."


async def refuse_lookalike(db: Database, table: type[Record], like: Mapping[str, Any], *stands: ColumnElement[bool], said: str) -> None:
    """Raises `LooksTwice` when the table has a row with these values that still stands; else no other is made until the transaction ends.

    `like` is column → value: null equals null, and a list is a set. `stands` says which rows count: what was cancelled, withdrawn
    or closed may be typed again. Call it last before the row is saved, for a caller who may read such rows: whoever holds the lock
    then waits for nothing but the insertion. `said` is what the first one is, in French.
    """
    values = [(name, sorted(value) if isinstance(value, list) else value) for name, value in like.items()]
    key = " ".join([str(table_of(table)), *(f"{name}={value!s}" for name, value in values)])
    await (await db.connection()).execute(ALONE, key)  # a statement of its own: the next one's snapshot then has what others committed
    same = [_is(getattr(table, name), value) for name, value in values]
    first = await db.fetch(select(table.id).where(*same, *stands).order_by(col(table.id)).limit(1))
    if first:
        raise LooksTwice(f"{said} {INSTEAD}", existing_id=str(first[0]))


def _is(column: Any, value: Any) -> ColumnElement[bool]:
    if isinstance(value, list):
        members = literal(value, ARRAY(Text))
        return and_(column.bool_op("@>")(members), column.bool_op("<@")(members))
    same: ColumnElement[bool] = col(column) == value
    return same
