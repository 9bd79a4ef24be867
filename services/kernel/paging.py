"""Lists: keyset-paged, newest first, one prepared statement for each set of filters."""

import base64
import binascii
from collections.abc import Callable, Collection, Mapping, Set as AbstractSet
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import UUID as SaUuid, BindParameter, ColumnElement, Integer, bindparam
from sqlmodel import col, select
from sqlmodel.sql.expression import Select

from services.kernel.problems import FieldError, Invalid
from services.kernel.records import Record, file_of, stored_document

Filter = Callable[[BindParameter[Any]], ColumnElement[bool]]
"""From the bound value of a filter to the condition that it sets."""


class PageQuery(BaseModel):
    """What every list takes. A noun's own filters extend it."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=200, description="Nombre de lignes (1 à 200).")
    after: str | None = Field(
        None, min_length=22, max_length=22, pattern=r"^[A-Za-z0-9_-]{22}$", description="Curseur opaque : `next` de la page précédente."
    )


class Listing:
    """A noun's list: its documents, newest first, under any set of its filters.

    Rows are ordered by id (UUIDv7, so by creation). Statements are built once for each set of filters in use.
    `filters` answer the fields of the query, each under its name; `scope` holds the conditions that the operation sets itself
    (what the caller may see, what depends on the day), and `answered` names the fields of the query that it turns into such.
    """

    def __init__(
        self,
        table: type[Record],
        query: type[PageQuery],
        filters: Mapping[str, Filter],
        *,
        scope: Mapping[str, Filter] | None = None,
        answered: Collection[str] = (),
    ) -> None:
        _refuse_what_nobody_answers(query, filters.keys(), frozenset(answered))
        self.table = table
        self.filters = filters
        self._conditions = {**filters, **(scope or {})}
        self._statements: dict[frozenset[str], Select[UUID, Any]] = {}

    def statement(self, parameters: Mapping[str, Any]) -> Select[UUID, Any]:
        """The statement of (id, stored document) for the filters among the parameters; its binds bear their names."""
        given = frozenset(name for name in parameters if name in self._conditions or name == "after")
        known = self._statements.get(given)
        if known is None:
            known = self._statements[given] = self._build(given)
        return known

    def _build(self, given: frozenset[str]) -> Select[UUID, Any]:
        identifier = col(self.table.id)
        statement: Select[UUID, Any] = select(identifier, stored_document(self.table))
        for name in sorted(given - {"after"}):
            statement = statement.where(self._conditions[name](bindparam(name)))
        if "after" in given:
            statement = statement.where(identifier < bindparam("after", type_=SaUuid()))
        return statement.order_by(identifier.desc()).limit(bindparam("limit", type_=Integer()))


def _refuse_what_nobody_answers(query: type[PageQuery], filters: AbstractSet[str], answered: AbstractSet[str]) -> None:
    """A field of a list's query that changes nothing is a lie of its documentation, and a filter under another name is never used."""
    asked = query.model_fields.keys() - PageQuery.model_fields.keys()
    where = f"{file_of(query)} : {query.__name__}"
    if ignored := sorted(asked - filters - answered):
        raise TypeError(f"{where} : aucun filtre ne répond à {', '.join(ignored)} (filters, ou answered si l'opération y répond).")
    if unasked := sorted((filters | answered) - asked):
        raise TypeError(f"{where} : rien n'y demande {', '.join(unasked)} (scope, si l'opération pose elle-même cette condition).")
    if twice := sorted(filters & answered):
        raise TypeError(f"{where} : {', '.join(twice)} a deux réponses, dans filters et dans answered.")


def cursor(identifier: UUID) -> str:
    """The opaque cursor that stands for a row: its id, in URL-safe base 64."""
    return base64.urlsafe_b64encode(identifier.bytes).rstrip(b"=").decode()


def after_of(text: str) -> UUID:
    """The id that a cursor stands for. Raises `Invalid` when it is none of ours."""
    try:
        return UUID(bytes=base64.b64decode(text + "==", altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        detail = "Ce curseur n'est pas de cette liste : reprenez `next` tel quel."
        raise Invalid(detail, errors=[FieldError(pointer="after", location="query", code="cursor", detail=detail)]) from error
