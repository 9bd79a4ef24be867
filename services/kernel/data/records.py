"""What every noun's row has in common, and the triple of table, document and state that `save` takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cache, cached_property
from types import UnionType
from typing import Any, ClassVar, NamedTuple, Union, cast, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field as ReadField
from sqlalchemy import (
    ARRAY,
    UUID as SaUuid,
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    any_,
    bindparam,
    case,
    literal,
    text,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, col

from services.contracts.envelope import State
from services.kernel.base import clock, ids


def stored(sa_type: Any, **options: Any) -> Any:
    """A column of a given SQLAlchemy type: text for enums and strings, `ARRAY(Text)` for lists, `JSONB` for the rest."""
    return Field(sa_type=sa_type, **options)


class Record(SQLModel):
    """A row with an identity, a version, its wire document and the dated history of its status.

    `save` alone sets version, updated_*, history, document and document_schema.
    """

    status_field: ClassVar[str] = "status"

    id: UUID = Field(default_factory=ids.new, primary_key=True)
    version: int = stored(BigInteger, default=0)
    created_at: datetime = stored(DateTime(timezone=True), default_factory=clock.now)
    created_by: str = stored(Text, default="")
    updated_at: datetime = stored(DateTime(timezone=True), default_factory=clock.now)
    updated_by: str = stored(Text, default="")
    history: list[dict[str, Any]] = stored(JSONB, default_factory=list)
    document_schema: int = stored(Integer, default=1)
    document: str = stored(Text, default="")

    def __init__(self, **given: Any) -> None:
        # SQLModel's own asks pydantic and SQLAlchemy about each field, which takes longer than the rest of a write
        defaults = _defaults(type(self))
        if not defaults.required <= given.keys() <= defaults.all:
            wrong = sorted((defaults.required - given.keys()) | (given.keys() - defaults.all))
            raise TypeError(f"{type(self).__name__} : colonne absente ou inconnue : {', '.join(wrong)}.")
        made = {name: make() for name, make in defaults.made if name not in given}
        self.__dict__.update({**defaults.constant, **made, **given})
        object.__setattr__(self, "__pydantic_fields_set__", set(given))


class _Defaults(NamedTuple):
    """How the fields of a new row are filled when nobody gives them a value."""

    all: frozenset[str]
    required: frozenset[str]
    constant: Mapping[str, Any]
    made: Sequence[tuple[str, Callable[[], Any]]]


@cache
def _defaults(record: type[Record]) -> _Defaults:
    fields = record.model_fields
    required = {name for name, info in fields.items() if info.is_required()}
    made: dict[str, Any] = {name: info.default_factory for name, info in fields.items() if info.default_factory}
    constant = {name: info.default for name, info in fields.items() if name not in required and name not in made}
    return _Defaults(frozenset(fields), frozenset(required), constant, tuple(made.items()))


class Resource(BaseModel):
    """What every resource shows: its identifier, its version (also its ETag), when it was made and last changed."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: UUID = ReadField(description="Identifiant (UUIDv7).")
    version: int = ReadField(description="Version, égale à l'ETag.", examples=[1])
    created_at: datetime = ReadField(description="Création (UTC).")
    updated_at: datetime = ReadField(description="Dernier changement (UTC).")


@dataclass(frozen=True, eq=False)
class Noun:
    """A noun's triple: the table it lives in, the document it shows, the state that its events carry.

    A `personal` noun is about a person: its events name it by a pseudonym (DESIGN §5).
    """

    table: type[Record]
    document: type[BaseModel]
    state: type[State] | None = None
    document_schema: int = 1
    personal: bool = False

    def __post_init__(self) -> None:
        for shape in filter(None, (self.document, self.state)):
            if unborne := sorted(name for name in shape.model_fields if not hasattr(self.table, name)):
                raise TypeError(f"{file_of(shape)} : {shape.__name__} montre {', '.join(unborne)}, que {self.table.__name__} n'a pas.")
        NOUNS[self.table] = self

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The table's columns, in order."""
        return tuple(column.name for column in table_of(self.table).columns)

    @cached_property
    def has_status(self) -> bool:
        """Whether rows have a status, whose dated history `save` keeps."""
        return self.table.status_field in self.columns


def file_of(declared: Any) -> str:
    """The source file that declares a class or a function, from the project's root: what a refusal at the start names."""
    return f"{declared.__module__.replace('.', '/')}.py"


NOUNS: dict[type[Record], Noun] = {}
"""Every noun by its table class; filled as the services' schemas are imported."""


def table_of(record: type[SQLModel]) -> Table:
    """The SQLAlchemy table of a `table=True` class."""
    table: Table = record.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
    return table


def with_history(record: type[Record]) -> Table:
    """Adds `<noun>_version(id, version, recorded_at, by, document)` beside a noun's table: what `save` keeps for ever."""
    table = table_of(record)
    metadata: MetaData = table.metadata
    return Table(
        f"{table.name}_version",
        metadata,
        Column("id", SaUuid(), primary_key=True),
        Column("version", BigInteger, primary_key=True),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("by", Text, nullable=False),
        Column("document", Text, nullable=False),
    )


def versions_of(record: type[Record]) -> Table:
    """The table of a noun's history."""
    table = table_of(record)
    return table.metadata.tables[f"{table.schema}.{table.name}_version"]


def one_of(column: str, values: type[Enum]) -> str:
    """The SQL of a CHECK that a text column holds one of an enum's values."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return f"{column} IN ({listed})"


def all_of(column: str, values: type[Enum]) -> str:
    """The SQL of a CHECK that a text array holds values of an enum only."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return f"{column} <@ ARRAY[{listed}]::text[]"


def among(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a column holds one of some values: one bound array, so that the statement keeps its shape."""
    expression = cast("ColumnElement[Any]", column)
    return expression == any_(literal(list(values), ARRAY(expression.type)))


def holds(column: Any, value: BindParameter[Any]) -> ColumnElement[bool]:
    """The condition that a text array holds a value."""
    return type_coerce(value, Text) == any_(col(column))


def stored_document(record: type[Record]) -> ColumnElement[Any]:
    """The stored document of a row, or null where its shape is not the newest: it is then serialised from its row."""
    # asked when the statement is first compiled: a noun is declared after its table
    newest = bindparam("document_schema", callable_=lambda: NOUNS[record].document_schema, type_=Integer())
    return case((col(record.document_schema) == newest, col(record.document)))


def page_index(name: str, *columns: str, where: str | None = None) -> Index:
    """An index for a documented filter and the newest-first order of lists."""
    expressions = [text(column) for column in (*columns, "id")]
    return Index(name, *expressions, postgresql_where=text(where) if where else None)


def enum_fields(record: type[SQLModel]) -> Mapping[str, tuple[type[Enum], bool]]:
    """Fields that hold an enum: field → (enum, whether it is a list of them). The driver gives plain text back."""
    found: dict[str, tuple[type[Enum], bool]] = {}
    for name, info in record.model_fields.items():
        annotation: Any = info.annotation
        if get_origin(annotation) in (Union, UnionType):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        many = get_origin(annotation) is list
        if many:
            annotation = get_args(annotation)[0]
        if isinstance(annotation, type) and issubclass(annotation, Enum):
            found[name] = (annotation, many)
    return found
