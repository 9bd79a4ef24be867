"""How columns are declared: their types, the checks of their values, the indexes of lists."""

from collections.abc import Mapping
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin

from sqlalchemy import ForeignKey, Index, text
from sqlmodel import Field, SQLModel

from services.kernel.data.privacy import Privacy, tag


def public(sa_type: Any, **options: Any) -> Any:
    """A column that anyone may know. `sa_type`: text for enums and strings, `ARRAY(Text)` for lists, `JSONB` for the rest.

    `references` names the column of the same schema that it points to, `table.column`; the other options are those of SQLModel's `Field`.
    """
    return _column(Privacy.public, sa_type, **options)


def internal(sa_type: Any, **options: Any) -> Any:
    """A column for those who work in the plan, which says nothing of a person."""
    return _column(Privacy.internal, sa_type, **options)


def personal(sa_type: Any, **options: Any) -> Any:
    """A column that says something of a person who is named, or can be found out."""
    return _column(Privacy.personal, sa_type, **options)


def sensitive(sa_type: Any, **options: Any) -> Any:
    """A column that says something of a person's health, origin or opinions, or holds a national number."""
    return _column(Privacy.sensitive, sa_type, **options)


def _column(privacy: Privacy, sa_type: Any, *, references: str | None = None, **options: Any) -> Any:
    options["sa_column_kwargs"] = {**options.get("sa_column_kwargs", {}), "info": tag(privacy)}
    if references is not None:
        options["sa_column_args"] = (ForeignKey(references),)
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
