"""From a SQLModel statement to SQL text and the driver's arguments, compiled once for each shape."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import BindParameter
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select
from sqlmodel import SQLModel

from services.kernel.records import enum_fields

DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped

Row = Callable[[asyncpg.Record], Any]


@dataclass(frozen=True)
class Compiled:
    """SQL text, where its arguments come from, what a row becomes, whether it writes or locks.

    Each argument is named, and is the value of the nth bind of SQLAlchemy's cache key, or else a constant.
    """

    sql: str
    names: tuple[str, ...]
    places: tuple[int | None, ...]
    constants: tuple[Any, ...]
    row: Row | None
    writes: bool


_by_shape: dict[Any, Compiled] = {}
_by_statement: WeakKeyDictionary[Executable, Compiled] = WeakKeyDictionary()


def prepare(statement: Executable, parameters: Mapping[str, Any]) -> tuple[Compiled, list[Any]]:
    """The compiled statement and its arguments, in the driver's order.

    A statement given with `parameters` is a constant with named binds (`bindparam`): it is looked up by identity,
    which is what makes the hottest queries cheap. Any other is looked up by SQLAlchemy's cache key.
    """
    if parameters:
        known = _by_statement.get(statement)
        if known is None:
            known = _by_statement[statement] = _compile(statement, ())
        return known, [parameters.get(name, constant) for name, constant in zip(known.names, known.constants, strict=True)]
    key = statement._generate_cache_key()  # type: ignore[attr-defined]  # noqa: SLF001  what SQLAlchemy's own cache goes by
    if key is None:
        raise TypeError("Cette requête n'a pas de forme stable : elle ne peut pas être mise en cache.")
    known_shape = _by_shape.get(key.key)
    if known_shape is None:
        known_shape = _by_shape[key.key] = _compile(statement, key.bindparams)
    binds = key.bindparams
    places = zip(known_shape.places, known_shape.constants, strict=True)
    return known_shape, [constant if place is None else binds[place].effective_value for place, constant in places]


def _compile(statement: Executable, binds: Sequence[BindParameter[Any]]) -> Compiled:
    compiler: SQLCompiler = statement.compile(dialect=DIALECT)  # type: ignore[attr-defined]  # each of ours is a ClauseElement
    if compiler.post_compile_params:
        raise TypeError("IN (…) change de forme avec sa liste : écrire among(colonne, valeurs).")
    names = tuple(compiler.positiontup or ())
    place_of = {compiler.bind_names[bind]: place for place, bind in enumerate(binds) if bind in compiler.bind_names}
    values = compiler.construct_params(_check=False)
    locks = isinstance(statement, Select) and statement._for_update_arg is not None  # noqa: SLF001  there is no public way to ask
    return Compiled(
        sql=str(compiler),
        names=names,
        places=tuple(place_of.get(name) for name in names),
        constants=tuple(values[name] for name in names),
        row=_row_maker(statement),
        writes=locks or isinstance(statement, UpdateBase),
    )


def _row_maker(statement: Executable) -> Row | None:
    if isinstance(statement, Select):
        described = statement.column_descriptions
    elif isinstance(statement, UpdateBase):
        described = statement.entity_description and statement.returning_column_descriptions  # type: ignore[assignment]
    else:
        return None
    if not described:
        return None
    if len(described) > 1:
        return lambda record: record
    entity = described[0]["expr"]
    if isinstance(entity, type) and issubclass(entity, SQLModel):
        return instance_maker(entity)
    return lambda record: record[0]


def instance_maker(entity: type[SQLModel]) -> Row:
    """A function from the driver's record to an instance of a table class: no validation, the database constrains."""
    manager = entity.__dict__["_sa_class_manager"]
    enums = enum_fields(entity)
    fields = frozenset(entity.model_fields)

    def make(record: asyncpg.Record) -> Any:
        values = dict(record)
        for name, (enum, many) in enums.items():
            value = values[name]
            if value is not None:
                values[name] = [enum(item) for item in value] if many else enum(value)
        instance = manager.new_instance()
        instance.__dict__.update(values)
        object.__setattr__(instance, "__pydantic_fields_set__", set(fields))
        object.__setattr__(instance, "__pydantic_extra__", None)
        object.__setattr__(instance, "__pydantic_private__", None)
        return instance

    return make
