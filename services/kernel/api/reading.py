"""What callers read of a noun: declared once, it gives the row, the document, the page and the history, to those who may see them."""

from collections.abc import Callable, Collection, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from operator import eq
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from uuid import UUID

from fastapi import Request
from sqlalchemy import ARRAY, UUID as SaUuid, BindParameter, ColumnElement, Integer, Text, and_, any_, bindparam, false, not_, or_, true
from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar
from starlette.responses import Response

from services.contracts.codes import Department, Role
from services.kernel.api.history import HistoryQuery, read_history
from services.kernel.api.paging import ListQuery, after_of
from services.kernel.api.resources import document_answer, kept_by_nobody, page_of, resource
from services.kernel.base import clock
from services.kernel.base.declarations import file_of
from services.kernel.base.principals import Principal
from services.kernel.base.problems import NotFound, invalid
from services.kernel.data.conditions import among, stored_document
from services.kernel.data.database import Database
from services.kernel.data.records import Record, table_of, versions_of
from services.kernel.data.saving import current_document

R = TypeVar("R", bound=Record)

MOST_LISTS = 500
"""Statements of lists that a noun keeps, one for each set of filters that was asked for; past that the oldest goes."""

Filter = Callable[[BindParameter[Any]], ColumnElement[bool]] | ColumnElement[bool]
"""What a field of a list's query asks for: a condition on the bound value of the field, or, for a yes-or-no field, a condition or its
contrary: each is a statement of its own, which an index can serve. `today` may be among its binds."""


def equal_to(table: type[Record], *names: str) -> Mapping[str, Filter]:
    """The filters that ask for a value of the column of the same name."""
    return {name: partial(eq, col(getattr(table, name))) for name in names}


@dataclass(frozen=True)
class Scope:
    """What one caller sees of a noun: a condition on its rows, and the values of the condition's binds; `listed`: what lists show of it.

    The name tells the condition from others of the same noun: statements are kept by it, one for each way of seeing.
    """

    name: str
    condition: ColumnElement[bool] | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    listed: ColumnElement[bool] | None = None


REGION = Scope("region")
"""Every row."""

OWN_ORGANISATION: BindParameter[Any] = bindparam("own_organisation", type_=SaUuid())
IDS: BindParameter[Any] = bindparam("ids", type_=ARRAY(SaUuid()))
OWN_DEPARTMENTS: BindParameter[Any] = bindparam("own_departments", type_=ARRAY(Text))


class Lock(Enum):
    """How a row is held until the transaction ends."""

    share = "share"
    """Nobody changes it meanwhile: what is being made rests on what it says."""
    no_key_update = "no_key_update"
    """Nobody else changes it meanwhile; rows that cite it may still come."""
    update = "update"
    """Nobody else changes it, nor makes a row that rests on it."""


_LOCKS: Mapping[Lock, dict[str, Any]] = {Lock.share: {"read": True}, Lock.no_key_update: {"key_share": True}, Lock.update: {}}


class Audience(Enum):
    """Who may read the history of a row, among the roles that its route allows."""

    viewers = "viewers"
    """Those who see the row."""
    editors = "editors"
    """Those who may change it."""


_ALL: ColumnElement[bool] = true()


def everybody(_caller: Principal) -> Scope:
    """Every caller sees every row."""
    return REGION


def visible_to(
    *,
    region: Collection[Role] = (Role.steering,),
    organisation: Mapping[Role, Any] = MappingProxyType({}),
    departments: Mapping[Role, Any] = MappingProxyType({}),
    shared: ColumnElement[bool] | None = None,
    listed: ColumnElement[bool] = _ALL,
) -> Callable[[Principal], Scope]:
    """What callers see of a noun by their roles. Those of `region` see every row, and nobody else does.

    A role of `organisation` sees the rows that bear the caller's organisation in the column given; a role of `departments`, those that
    bear one of its departments; every role, those for which `shared` holds, of which lists
    show those for which `listed` holds too. Each set of roles has a statement of its own: a caller of
    one role is served by that role's index, which an OR would not use.
    """
    conditions = [(role, col(column) == OWN_ORGANISATION) for role, column in organisation.items()]
    conditions += [(role, col(column) == any_(OWN_DEPARTMENTS)) for role, column in departments.items()]

    def visible(caller: Principal) -> Scope:
        if caller.has(*region):
            return REGION
        seen = [(str(role), condition) for role, condition in conditions if caller.has(role)]
        shown = None
        if shared is not None:
            shown = or_(false(), *(condition for _, condition in seen), and_(shared, listed))
            seen.append(("shared", shared))
        covered = [department.value for department in Department if caller.covers(department)]
        values = {OWN_ORGANISATION.key: caller.organisation, OWN_DEPARTMENTS.key: covered}
        name = " or ".join(name for name, _ in seen) or "nothing"
        return Scope(name, or_(false(), *(condition for _, condition in seen)), values, shown)

    return visible


def any_row(_caller: Principal, _row: Any) -> None:
    """The roles of the routes say all: no row is more one caller's than another's."""


class Reading(Generic[R]):
    """A noun as it is read. `filters` answer the fields of the list's query, each under its name.

    `visible` says what a caller sees, `check_change` raises `Forbidden` when a row that the caller sees is not theirs to change.
    Rows are ordered by id (UUIDv7, so by creation), newest first.
    """

    def __init__(
        self,
        table: type[R],
        query: type[ListQuery],
        filters: Mapping[str, Filter],
        *,
        visible: Callable[[Principal], Scope] = everybody,
        check_change: Callable[[Principal, R], None] = any_row,
        history: Audience = Audience.viewers,
        answered: Collection[str] = (),
    ) -> None:
        _refuse_what_nobody_answers(query, filters.keys(), frozenset(answered))
        self.table = table
        self.filters = filters
        self._visible = visible
        self.check_change = check_change
        self._history = history
        self._rows: dict[tuple[str, Lock | None], SelectOfScalar[R]] = {}
        self._documents: dict[str, Select[Any, int]] = {}
        self._lists: dict[tuple[str, frozenset[str]], Select[UUID, Any]] = {}
        _READINGS[table_of(table).fullname] = self

    async def one(self, db: Database, identifier: UUID, *, by: Principal, version: int | None = None, lock: Lock | None = None) -> R:
        """A row that the caller sees. Raises `NotFound`, and `PreconditionFailed` when it is not at `version`."""
        scope = self._visible(by)
        return await db.one(self._row(scope, lock), version=version, id=identifier, **scope.values)

    async def load_for_change(
        self, db: Database, identifier: UUID, *, by: Principal, version: int | None = None, lock: Lock | None = None
    ) -> R:
        """A row that the caller may change. Raises as `one` does, and `Forbidden` for a row that is seen and not theirs."""
        row = await self.one(db, identifier, by=by, version=version, lock=lock)
        self.check_change(by, row)
        return row

    async def cited(self, db: Database, identifier: UUID, *, by: Principal, pointer: str, unknown: str, lock: Lock | None = None) -> R:
        """The row that a body cites. Raises `Invalid`, which names the field and says that the caller knows of no such row."""
        try:
            return await self.one(db, identifier, by=by, lock=lock)
        except NotFound as error:
            raise invalid(pointer, "unknown_reference", unknown) from error

    async def document(self, request: Request, db: Database, identifier: UUID, *, by: Principal) -> Response:
        """The resource. 304 when the caller has its version already. Raises `NotFound`."""
        scope = self._visible(by)
        records: Sequence[Any] = await db.fetch(self._document(scope), id=identifier, **scope.values)
        if not records:
            raise NotFound
        document, version = records[0]
        if document is None:  # stored in an old shape
            return resource(await self.one(db, identifier, by=by))
        return document_answer(request, document, version, no_store=kept_by_nobody(self.table))

    async def page(self, request: Request, db: Database, query: ListQuery, *, by: Principal) -> Response:
        """A page of what the caller sees."""
        return page_of(request, query, await self.rows(db, query, by=by), no_store=kept_by_nobody(self.table))

    async def rows(self, db: Database, query: ListQuery, *, by: Principal) -> list[tuple[UUID, str]]:
        """The (id, document) pairs of a page, and one more when another page follows."""
        scope = self._visible(by)
        asked = {name: value for name, value in query if value is not None and name in self.filters}
        given = {name if value is not False or callable(self.filters[name]) else f"not {name}" for name, value in asked.items()}
        parameters: dict[str, Any] = {**asked, **scope.values, "today": clock.today(), "limit": query.limit + 1}
        if query.id is not None:
            given.add("id")
            parameters[IDS.key] = query.id
        if query.after:
            given.add("after")
            parameters["after"] = after_of(query.after)
        rows: list[tuple[UUID, Any]] = await db.fetch(self._list(scope, frozenset(given)), **parameters)
        old = [identifier for identifier, document in rows if document is None]
        return await self._renewed(db, rows, old) if old else rows

    async def newest(
        self, db: Database, conditions: Sequence[ColumnElement[bool]], parameters: Mapping[str, Any], *, by: Principal
    ) -> UUID | None:
        """The id of the newest row that the caller sees, and for which all conditions hold."""
        scope = self._visible(by)
        seen = [] if scope.condition is None else [scope.condition]
        statement = select(self.table.id).where(*conditions, *seen).order_by(col(self.table.id).desc()).limit(1)
        return next(iter(await db.fetch(statement, **parameters, **scope.values)), None)

    async def history(self, db: Database, identifier: UUID, query: HistoryQuery, *, by: Principal) -> Response:
        """The versions of a row, newest first, for its audience. Raises `NotFound`, `Forbidden`."""
        await (self.load_for_change if self._history is Audience.editors else self.one)(db, identifier, by=by)
        return await read_history(db, versions_of(self.table), identifier, query)

    def _row(self, scope: Scope, lock: Lock | None) -> SelectOfScalar[R]:
        key = scope.name, lock
        if key not in self._rows:
            statement = select(self.table).where(*self._seen(scope))
            self._rows[key] = statement if lock is None else statement.with_for_update(**_LOCKS[lock])
        return self._rows[key]

    def _document(self, scope: Scope) -> Select[Any, int]:
        if scope.name not in self._documents:
            statement = select(stored_document(self.table), col(self.table.version))
            self._documents[scope.name] = statement.where(*self._seen(scope))
        return self._documents[scope.name]

    def _seen(self, scope: Scope) -> list[ColumnElement[bool]]:
        by_id = col(self.table.id) == bindparam("id", type_=SaUuid())
        return [by_id] if scope.condition is None else [by_id, scope.condition]

    def _list(self, scope: Scope, given: frozenset[str]) -> Select[UUID, Any]:
        key = scope.name, given
        if key not in self._lists:
            if len(self._lists) >= MOST_LISTS:
                del self._lists[next(iter(self._lists))]
            self._lists[key] = self._page_of(scope, given)
        return self._lists[key]

    def _page_of(self, scope: Scope, given: frozenset[str]) -> Select[UUID, Any]:
        identifier = col(self.table.id)
        statement: Select[UUID, Any] = select(identifier, stored_document(self.table))
        condition = scope.condition if scope.listed is None or "id" in given else scope.listed  # what is named is shown as one is
        if condition is not None:
            statement = statement.where(condition)
        for name in sorted(given - {"after", "id"}):
            answer = self.filters[name.removeprefix("not ")]
            if callable(answer):
                answer = answer(bindparam(name))
            statement = statement.where(not_(answer) if name.startswith("not ") else answer)
        if "id" in given:
            statement = statement.where(identifier == any_(IDS))
        if "after" in given:
            statement = statement.where(identifier < bindparam("after", type_=SaUuid()))
        return statement.order_by(identifier.desc()).limit(bindparam("limit", type_=Integer()))

    async def _renewed(self, db: Database, rows: list[tuple[UUID, Any]], old: Sequence[UUID]) -> list[tuple[UUID, str]]:
        """The pairs of a page of which some documents are stored in an old shape: those are serialised from their rows."""
        documents = {row.id: current_document(row) for row in await db.fetch(select(self.table).where(among(self.table.id, old)))}
        return [(identifier, documents[identifier] if document is None else document) for identifier, document in rows]


_READINGS: dict[str, Reading[Any]] = {}


def reading_of(table: str) -> Reading[Any] | None:
    """How the rows of a table, `schema.name`, are read."""
    return _READINGS.get(table)


def _refuse_what_nobody_answers(query: type[ListQuery], filters: AbstractSet[str], answered: AbstractSet[str]) -> None:
    """Refuses a field of a list's query that no filter answers, which would be ignored, and a filter that no field asks for."""
    asked = query.model_fields.keys() - ListQuery.model_fields.keys()
    if ours := sorted(filters & {"ids", "today", OWN_ORGANISATION.key, OWN_DEPARTMENTS.key, *ListQuery.model_fields}):
        raise TypeError(f"{file_of(query)} : {query.__name__} : {', '.join(ours)} est le nom d'une valeur que la liste donne elle-même.")
    where = f"{file_of(query)} : {query.__name__}"
    if ignored := sorted(asked - filters - answered):
        raise TypeError(f"{where} : aucun filtre ne répond à {', '.join(ignored)} (filters, ou answered si l'opération y répond).")
    if unasked := sorted((filters | answered) - asked):
        raise TypeError(f"{where} : rien n'y demande {', '.join(unasked)}.")
    if twice := sorted(filters & answered):
        raise TypeError(f"{where} : {', '.join(twice)} a deux réponses, dans filters et dans answered.")
