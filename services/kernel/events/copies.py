"""Read-only copies of another service's entities: declared from the state that says them, read by id, kept by version."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import UnionType
from typing import Any, Generic, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, create_model
from sqlalchemy import (
    ARRAY,
    UUID as SaUuid,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    MetaData,
    Select,
    SmallInteger,
    Table,
    Text,
    any_,
    bindparam,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from services.contracts.envelope import Contract, State
from services.kernel.base.declarations import file_of
from services.kernel.data.database import Database
from services.kernel.data.privacy import Privacy, tag
from services.kernel.data.service import Apply, Received

NUMBER = "state_number"
"""The column that says in which shape the state of a copy was said."""

_TYPES: Mapping[Any, TypeEngine[Any]] = {
    UUID: SaUuid(),
    str: Text(),
    bool: Boolean(),
    int: BigInteger(),
    date: Date(),
    AwareDatetime: DateTime(timezone=True),
}

S = TypeVar("S", bound=State)


class UncopiedKindError(Exception):
    """A kind that this service is sent and keeps no copy of: its list of consumers and its copies disagree."""


@dataclass(frozen=True, eq=False)
class Copy(Generic[S]):
    """Some fields of a state, in a table of the service that hears it; `fields` begin with `id` and `version`."""

    state: type[S]
    table: Table
    fields: Sequence[str]

    async def find(self, db: Database, identifier: UUID) -> S | None:
        """What was last heard of an entity, None when nothing was. A field that is not copied raises `AttributeError`."""
        rows = await db.fetch(self._by_id, id=identifier)
        return self._read(rows[0]) if rows else None

    async def several(self, db: Database, identifiers: Collection[UUID]) -> Mapping[UUID, S]:
        """What was last heard of several entities, by id; nothing of those of which nothing was."""
        rows = await db.fetch(self._by_ids, ids=sorted(identifiers))
        return {row["id"]: self._read(row) for row in rows}

    def values(self, state: State) -> dict[str, Any]:
        """What a state says of the copied fields, as JSON."""
        return state.model_dump(mode="json", include=set(self.fields))

    def _read(self, row: Any) -> S:
        return cast("S", self._shape.model_validate(dict(row)))

    @cached_property
    def _by_id(self) -> Select[Any]:
        return self._fields.where(self.table.columns.id == bindparam("id", type_=SaUuid()))

    @cached_property
    def _by_ids(self) -> Select[Any]:
        return self._fields.where(self.table.columns.id == any_(bindparam("ids", type_=ARRAY(SaUuid()))))

    @property
    def _fields(self) -> Select[Any]:
        return select(*(self.table.columns[name] for name in self.fields))

    @cached_property
    def _shape(self) -> type[BaseModel]:
        """A state's field that is not copied would say its default, were this the state's own class."""
        hints = get_type_hints(self.state, include_extras=True)
        asked: dict[str, Any] = {name: (hints[name], ...) for name in self.fields}
        return create_model(f"Copied{self.state.__name__}", __base__=Contract, **asked)


def copy_of(state: type[S], metadata: MetaData, *names: str, privacy: Privacy = Privacy.internal) -> Copy[S]:
    """Declares the copy of a state's fields, in the table `<kind>_copy`: a column each, typed as the state says, beside its id and version.

    `privacy` is the tag of its columns: `personal` where the state names a person by an id that is known elsewhere.

    Raises `TypeError` for a name that the state has no field for, or whose type no column takes.
    """
    fields = ("id", "version", *names)
    where = f"{file_of(state)} : {state.__name__}"
    if unknown := sorted(set(names) - state.model_fields.keys()):
        raise TypeError(f"{where} n'a pas {', '.join(unknown)}, que {metadata.schema} veut copier.")
    if twice := sorted({name for name in names if fields.count(name) > 1}):
        raise TypeError(f"{where} : {metadata.schema} copie deux fois {', '.join(twice)}.")
    hints = get_type_hints(state)
    table = Table(
        f"{state.kind}_copy",
        metadata,
        Column("id", SaUuid(), primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column(NUMBER, SmallInteger, server_default="1", nullable=False),
        *(_column(where, name, hints[name]) for name in names),
        info=tag(privacy),
    )
    return Copy(state, table, fields)


def projector(copies: Sequence[Copy[Any]]) -> Apply:
    """An `Apply` that keeps these copies: of each entity what its newest version says, in the latest shape in which it was said."""
    by_kind = {copy.state.kind: copy for copy in copies}
    statements = {kind: _upsert(copy) for kind, copy in by_kind.items()}

    async def apply(db: Database, batch: Sequence[Received]) -> None:
        newest: dict[str, dict[str, Received]] = {}
        for received in batch:
            kind = received.state.kind
            if kind not in by_kind:
                raise UncopiedKindError(f"aucune copie de « {kind} » n'est tenue ici")
            of_kind, key = newest.setdefault(kind, {}), str(received.state.id)
            if key not in of_kind or of_kind[key].rank < received.rank:
                of_kind[key] = received
        connection = await db.connection()
        for kind in sorted(newest):
            # sorted, or else two workers lock the same rows in opposite orders
            heard = [newest[kind][key] for key in sorted(newest[kind])]
            rows = [by_kind[kind].values(one.state) | {NUMBER: one.rank[1]} for one in heard]
            await connection.execute(statements[kind], orjson.dumps(rows).decode())

    return apply


def heard_of(copies: Sequence[Copy[Any]], batch: Sequence[Received]) -> Mapping[Table, Collection[UUID]]:
    """What a batch is about: of each copy's table, the ids."""
    return {copy.table: {received.state.id for received in batch if received.state.kind == copy.state.kind} for copy in copies}


def target_of(table: Table) -> str:
    """A table as statements name it."""
    return f'"{table.schema}"."{table.name}"' if table.schema else f'"{table.name}"'


def _upsert(copy: Copy[Any]) -> str:
    names = [*copy.fields, NUMBER]
    target = target_of(copy.table)
    quoted = ", ".join(f'"{name}"' for name in names)
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name != "id")
    # the row type reads arrays, dates and enums from JSON, where unnest would flatten arrays
    return (
        f"INSERT INTO {target} AS copy ({quoted}) SELECT {quoted} FROM json_populate_recordset(NULL::{target}, $1::text::json) "
        f"ON CONFLICT (id) DO UPDATE SET {changes} WHERE (copy.version, copy.{NUMBER}) < (excluded.version, excluded.{NUMBER})"
    )


def _column(where: str, name: str, annotation: Any) -> "Column[Any]":
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    said = [part for part in parts if part is not type(None)]
    sa_type = _type_of(said[0]) if len(said) == 1 else None
    if sa_type is None:
        raise TypeError(f"{where} : {name} est de type {annotation}, que la copie d'un état ne sait pas tenir.")
    empty = "[]" if isinstance(sa_type, JSONB) else None  # of a state that was heard in a shape without it
    return Column(name, sa_type, server_default=empty, nullable=len(parts) > len(said))


def _type_of(annotation: Any) -> TypeEngine[Any] | None:
    if get_origin(annotation) in (list, tuple):
        several = {argument for argument in get_args(annotation) if argument is not ...}
        if all(isinstance(one, type) and issubclass(one, Contract) for one in several):
            return JSONB()
        return ARRAY(Text()) if all(isinstance(_type_of(one), Text) for one in several) else None
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return Text()
    return _TYPES.get(annotation)
