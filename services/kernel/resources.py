"""Answers made of stored documents: one resource, a created one, a page of them; `ETag` and `If-Match`."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Header, Request
from pydantic import BaseModel, Field
from sqlalchemy import UUID as SaUuid, bindparam
from sqlalchemy.sql.base import Executable
from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar
from starlette.responses import Response

from services.kernel.database import Database
from services.kernel.paging import Listing, PageQuery, after_of, cursor
from services.kernel.problems import NotFound, PreconditionFailed, PreconditionRequired
from services.kernel.records import Record, among, stored_document
from services.kernel.saving import current_document

M = TypeVar("M", bound=BaseModel)
JSON = "application/json"


class Page(BaseModel, Generic[M]):
    """Une page de liste, de la plus récente à la plus ancienne."""

    items: list[M] = Field(description="Les lignes de la page.")
    next: str | None = Field(description="Curseur de la page suivante, à donner dans `after` ; absent de la dernière.")


def document_by_id(table: type[Record], *conditions: Any) -> Select[str, int]:
    """The statement of (stored document, version) by `id`, for `read`; conditions say what a caller may see."""
    by_id = col(table.id) == bindparam("id", type_=SaUuid())
    return select(stored_document(table), col(table.version)).where(by_id, *conditions).execution_options(record=table)


def etag(version: int) -> str:
    """The strong ETag of a version."""
    return f'"{version}"'


def resource(row: Record, status: int = 200) -> Response:
    """A resource as it was just saved."""
    return Response(current_document(row), status, headers={"ETag": etag(row.version)}, media_type=JSON)


def created(request: Request, row: Record) -> Response:
    """201, the new resource, and where it is: below the collection that it was posted to."""
    headers = {"ETag": etag(row.version), "Location": f"{request.scope['path']}/{row.id}"}
    return Response(row.document, 201, headers=headers, media_type=JSON)


async def read(request: Request, db: Database, statement: Executable, **parameters: Any) -> Response:
    """One resource, by a statement of (document, version); 304 when the caller has that version already."""
    records = await db.fetch(statement, **parameters)
    if not records:
        raise NotFound
    document, version = records[0]
    if document is None:
        return resource(await db.one(_row(statement.get_execution_options()["record"]), **parameters))
    tag = etag(version)
    known = request.headers.get("if-none-match")
    if known is not None and (tag in known or known.strip() == "*"):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(document, headers={"ETag": tag}, media_type=JSON)


async def page(request: Request, db: Database, listing: Listing, query: PageQuery, **scope: Any) -> Response:
    """A page of documents. `scope` holds what the route sets itself: the parent, what the caller may see, today."""
    return page_of(request, query, await page_rows(db, listing, query, **scope))


async def page_rows(db: Database, listing: Listing, query: PageQuery, **scope: Any) -> list[tuple[UUID, str]]:
    """The (id, document) pairs of a page, and one more when another page follows."""
    filters = {name: value for name, value in query if value is not None and name in listing.filters}
    parameters: dict[str, Any] = {**filters, **scope, "limit": query.limit + 1}
    if query.after:
        parameters["after"] = after_of(query.after)
    rows = await db.fetch(listing.statement(parameters), **parameters)
    old = [identifier for identifier, document in rows if document is None]
    return await _renewed(db, listing.table, rows, old) if old else rows


async def _renewed(db: Database, table: type[Record], rows: list[Any], old: Sequence[UUID]) -> list[tuple[UUID, str]]:
    """The pairs of a page of which some documents are stored in an old shape: those are serialised from their rows."""
    documents = {row.id: current_document(row) for row in await db.fetch(select(table).where(among(table.id, old)))}
    return [(identifier, documents[identifier] if document is None else document) for identifier, document in rows]


@cache
def _row(table: type[Record]) -> SelectOfScalar[Record]:
    return select(table).where(col(table.id) == bindparam("id", type_=SaUuid()))


def either(condition: str, wanted: bool | None) -> dict[str, bool]:
    """The filter of a condition, or of its contrary (`not_…`): each a condition of its own, which an index can serve."""
    return {} if wanted is None else {condition if wanted else f"not_{condition}": True}


def page_of(request: Request, query: PageQuery, rows: list[tuple[UUID, str]]) -> Response:
    """A page from the pairs that `page_rows` gives."""
    shown = rows[: query.limit]
    headers = {}
    following = "null"
    if len(rows) > query.limit:
        token = cursor(shown[-1][0])
        following = f'"{token}"'
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
        headers["Link"] = f'<{request.scope["path"]}?{urlencode([*kept, ("after", token)])}>; rel="next"'
    body = ",".join([document for _, document in shown])
    return Response(f'{{"items":[{body}],"next":{following}}}', headers=headers, media_type=JSON)


def with_live(document: str, value: BaseModel) -> str:
    """A stored document with what depends on the day, under `live`."""
    return f'{document[:-1]},"live":{value.model_dump_json()}}}'


def live(value: BaseModel) -> Response:
    """What depends on the day or the caller: never cached, no ETag."""
    return Response(value.model_dump_json(), headers={"Cache-Control": "no-store"}, media_type=JSON)


async def if_match(
    value: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=255,
            description='Version lue, telle que donnée par l\'ETag : "3".',
            examples=['"3"'],
        ),
    ] = None,
) -> int:
    """The version that the caller has read. Raises `PreconditionRequired` without it."""
    if value is None:
        raise PreconditionRequired("Envoyez dans If-Match l'ETag de la ressource que vous avez lue.")
    found = re.fullmatch(r'"([1-9][0-9]{0,17})"', value)
    if found is None:
        raise PreconditionFailed("If-Match doit être un ETag de cette ressource.")
    return int(found[1])


IfMatch = Annotated[int, Depends(if_match)]
