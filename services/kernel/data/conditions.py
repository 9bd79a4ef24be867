"""Conditions of statements that keep their shape, so that each is compiled once."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Integer, Text, any_, bindparam, case, literal, type_coerce
from sqlmodel import col

from services.kernel.data.nouns import NOUNS
from services.kernel.data.records import Record


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
