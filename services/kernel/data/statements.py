"""From a SQLModel statement to SQL text and the driver's arguments, compiled once for each shape."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.orm import configure_mappers
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.cache_key import CacheKey
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import Select
from sqlmodel import SQLModel

from services.kernel.data.columns import enum_fields
from services.kernel.data.walls import Wall, wall_of

DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped

Row = Callable[[asyncpg.Record], Any]


@dataclass(frozen=True)
class Compiled:
    """SQL text, where its arguments come from, what a row becomes, whether it writes or locks, the wall before what it touches.

    An argument is looked up by its name, with a constant where the caller gives none; or by its place among the binds
    of SQLAlchemy's cache key.
    """

    sql: str
    names: tuple[str, ...]
    places: tuple[int, ...]
    constants: tuple[Any, ...]
    row: Row | None
    writes: bool
    wall: Wall | None


MOST_SHAPES = 2_000
"""Statements kept compiled: several times what the services have. Past that the oldest goes, whatever makes new shapes for ever."""

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
            known = _by_statement[statement] = _compile(statement, None)
        return known, [parameters.get(name, constant) for name, constant in zip(known.names, known.constants, strict=True)]
    key = statement._generate_cache_key()  # type: ignore[attr-defined]
    if key is None:
        raise TypeError("Cette requête n'a pas de forme stable : elle ne peut pas être mise en cache.")
    known_shape = _by_shape.get(key.key)
    if known_shape is None:
        if len(_by_shape) >= MOST_SHAPES:
            del _by_shape[next(iter(_by_shape))]
        known_shape = _by_shape[key.key] = _compile(statement, key)
    binds = key.bindparams
    return known_shape, [binds[place].effective_value for place in known_shape.places]


def _compile(statement: Executable, key: CacheKey | None) -> Compiled:
    compiler: SQLCompiler = statement._compiler(DIALECT, cache_key=key)  # type: ignore[attr-defined]  # noqa: SLF001  as SQLAlchemy's engine does
    if compiler.post_compile_params:
        raise TypeError("IN (…) change de forme avec sa liste : écrire among(colonne, valeurs).")
    if unset := [column.name for column in (*compiler.insert_prefetch, *compiler.update_prefetch)]:
        raise TypeError(f"Les valeurs par défaut de Python ne sont pas calculées ici : donner {', '.join(unset)}.")
    names = tuple(compiler.positiontup or ())
    values = compiler.construct_params(_check=False)
    sql = str(compiler)
    locks = isinstance(statement, Select) and statement._for_update_arg is not None
    return Compiled(
        sql=sql,
        names=names,
        places=_places(compiler, key, names) if key else (),
        constants=tuple(values[name] for name in names),
        row=_row_maker(statement),
        writes=locks or isinstance(statement, UpdateBase),
        wall=wall_of(sql),
    )


def _places(compiler: SQLCompiler, key: CacheKey, names: Sequence[str]) -> tuple[int, ...]:
    """Which bind of the cache key each argument is: the compiler may have copied it (the values of an INSERT)."""
    copies, _ = compiler._cache_key_bind_match or ({}, {})  # noqa: SLF001  what construct_params goes by
    place_of = {
        compiler.bind_names[copy]: place
        for place, bind in enumerate(key.bindparams)
        for copy in copies.get(bind, ())
        if copy in compiler.bind_names
    }
    return tuple(place_of[name] for name in names)


def _row_maker(statement: Executable) -> Row | None:
    if isinstance(statement, Select):
        described = statement.column_descriptions
    elif isinstance(statement, UpdateBase):
        returned = statement._returning  # noqa: SLF001  returning_column_descriptions fails on a whole entity
        described = [{"expr": item._annotations["parententity"].entity if isinstance(item, Table) else item} for item in returned]  # noqa: SLF001
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
    configure_mappers()  # or else no attribute of an instance can be read, in a process that has built no such statement before
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
