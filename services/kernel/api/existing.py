"""What stands already where a unique key refused a row: its id goes into the 409, for those who see it."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Text, bindparam, cast, or_

from services.kernel.api.reading import reading_of
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Conflict
from services.kernel.data.constraints import columns_of, conflict_of
from services.kernel.data.database import Databases
from services.kernel.data.records import Record, table_of

_KEY = re.compile(r"\([^()]+\)=\((.*)\)")
"""The values of a broken key, in what PostgreSQL says of it in whatever language."""


async def already_exists(
    error: asyncpg.UniqueViolationError, databases: Databases, service: str, *, by: Principal, row: Record | None = None
) -> Conflict:
    """The 409 of a broken key, with the id of the row that has it where the caller sees that row. `row`: what was refused, where known."""
    problem = conflict_of(error)
    if found := await _existing(error, row, databases, service, by):
        problem.detail = "Cette valeur est déjà prise, par la ressource existing_id : relisez-la, ou donnez une autre valeur."
        problem.extra["existing_id"] = str(found)
    return problem


async def _existing(
    error: asyncpg.UniqueViolationError, row: Record | None, databases: Databases, service: str, by: Principal
) -> UUID | None:
    reading, columns = reading_of(f"{error.schema_name}.{error.table_name}"), columns_of(error.constraint_name or "")
    values = _values(error, row, columns)
    if reading is None or not columns or not values:
        return None
    if len(values) != len(columns):  # one of them has a comma: nothing is guessed
        return None
    conditions: list[ColumnElement[bool]] = []
    parameters: dict[str, Any] = {}
    for position, (name, value) in enumerate(zip(columns, values, strict=True)):
        column, bind = table_of(reading.table).columns[name], f"key{position}"
        same = cast(column, Text) == bindparam(bind, type_=Text())
        conditions.append(or_(same, column.is_(None)) if value == "null" and column.nullable else same)
        parameters[bind] = value
    async with databases.open(service, by=by) as db:
        return await reading.newest(db, conditions, parameters, by=by)


def _values(error: asyncpg.UniqueViolationError, row: Record | None, columns: Sequence[str]) -> Sequence[str]:
    """The values of a broken key, as text: as PostgreSQL says them, or, of a table behind a wall, as the row has them."""
    if said := _KEY.search(error.detail or ""):
        return said[1].split(", ") if len(columns) > 1 else [said[1]]
    if row is None or f"{error.schema_name}.{error.table_name}" != str(table_of(type(row))):
        return []
    given = [getattr(row, name) for name in columns]
    return ["null" if value is None else str(value) for value in given]
