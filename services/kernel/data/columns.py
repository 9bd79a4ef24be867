"""How columns are declared: their types, the checks of their values, the indexes of lists."""

from collections.abc import Mapping
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel


def stored(sa_type: Any, **options: Any) -> Any:
    """A column of a given SQLAlchemy type: text for enums and strings, `ARRAY(Text)` for lists, `JSONB` for the rest."""
    return Field(sa_type=sa_type, **options)


def one_of(column: str, values: type[Enum]) -> str:
    """The SQL of a CHECK that a text column holds one of an enum's values."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return f"{column} IN ({listed})"


def all_of(column: str, values: type[Enum]) -> str:
    """The SQL of a CHECK that a text array holds values of an enum only."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return f"{column} <@ ARRAY[{listed}]::text[]"


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
