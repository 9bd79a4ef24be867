"""What every noun's row has in common, and the history beside its table."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import (
    UUID as SaUuid,
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

from services.kernel.base import clock, ids
from services.kernel.data.columns import internal, personal
from services.kernel.data.privacy import INTERNAL, PERSONAL


class Record(SQLModel):
    """A row with an identity, a version, its wire document and the dated history of its status.

    `save` alone sets version, updated_*, history, document and document_schema.
    """

    status_field: ClassVar[str] = "status"

    id: UUID = internal(SaUuid, default_factory=ids.new, primary_key=True)
    version: int = internal(BigInteger, default=0)
    created_at: datetime = internal(DateTime(timezone=True), default_factory=clock.now)
    created_by: str = personal(Text, default="")
    updated_at: datetime = internal(DateTime(timezone=True), default_factory=clock.now)
    updated_by: str = personal(Text, default="")
    history: list[dict[str, Any]] = internal(JSONB, default_factory=list)
    document_schema: int = internal(Integer, default=1)
    document: str = internal(Text, default="")

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


def table_of(record: type[SQLModel]) -> Table:
    """The SQLAlchemy table of a `table=True` class."""
    table: Table = record.__table__  # type: ignore[attr-defined]  # set by SQLModel's metaclass
    return table


PURGED = "purged"
"""In the `info` of a history: the service deletes old rows, and their histories with them."""


def with_history(record: type[Record], *, purged: bool = False) -> Table:
    """Adds `<noun>_version(id, version, recorded_at, by, document)` beside a noun's table: what `save` keeps.

    It is kept for ever, unless the noun's old rows are `purged`: `plam migrate` lets the service delete those, and change none.
    """
    table = table_of(record)
    metadata: MetaData = table.metadata
    return Table(
        f"{table.name}_version",
        metadata,
        Column("id", SaUuid(), primary_key=True),
        Column("version", BigInteger, primary_key=True),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        Column("by", Text, nullable=False, info=PERSONAL),
        Column("document", Text, nullable=False),
        info={**INTERNAL, PURGED: purged},
    )


def versions_of(record: type[Record]) -> Table:
    """The table of a noun's history."""
    table = table_of(record)
    return table.metadata.tables[f"{table.schema}.{table.name}_version"]
