"""Answers made of stored documents: one resource, a created one, a page of them; `ETag` and `If-Match`."""

import re
from functools import cache
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Header, Request
from pydantic import BaseModel, Field
from sqlalchemy.sql.base import Executable
from starlette.responses import Response

from services.kernel.api.paging import PageQuery, cursor
from services.kernel.base.problems import NotFound, PreconditionFailed, PreconditionRequired
from services.kernel.data.database import Database
from services.kernel.data.privacy import Privacy, privacy_of
from services.kernel.data.records import Record, table_of
from services.kernel.data.saving import current_document

M = TypeVar("M", bound=BaseModel)
JSON = "application/json"


class OfNoun(BaseModel, Generic[M]):
    """What is made of a noun's documents, and named after the noun in the OpenAPI document: `UnitPage`, `UnitHistory`."""

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """The name of the class for one kind of document."""
        noun: str = params[0].__name__
        return noun.removesuffix("Read").removesuffix("Listed") + cls.__name__

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:
        cls.__doc__ = cls.__doc__ or (cls.__base__.__doc__ if cls.__base__ else None)


class Page(OfNoun[M], Generic[M]):
    """Une page de liste, de la plus récente à la plus ancienne."""

    items: list[M] = Field(description="Les lignes de la page.")
    next: str | None = Field(
        description="Curseur de la page suivante, à donner dans `after` ; null à la dernière.", examples=["AZmhssPUfl-KmwwdLj9KAQ"]
    )


NO_STORE = {"Cache-Control": "no-store"}
"""What is personal, or depends on the day or the caller, is kept by nobody on the way."""


@cache
def kept_by_nobody(table: type[Record]) -> bool:
    """Whether a noun's documents are of persons."""
    privacy = privacy_of(table_of(table).c.document)
    return privacy is not None and privacy >= Privacy.personal


def _head(row: Record, **headers: str) -> dict[str, str]:
    return {"ETag": etag(row.version), **headers, **(NO_STORE if kept_by_nobody(type(row)) else {})}


def etag(version: int) -> str:
    """The strong ETag of a version."""
    return f'"{version}"'


def resource(row: Record, status: int = 200) -> Response:
    """A resource as it was just saved."""
    return Response(current_document(row), status, headers=_head(row), media_type=JSON)


def created(request: Request, row: Record, *, beside: str = "") -> Response:
    """201, the new resource, and where it is: below the collection that it was posted to, but for what the address says `beside`."""
    collection = request.scope["path"].removesuffix(beside)
    return Response(row.document, 201, headers=_head(row, Location=f"{collection}/{row.id}"), media_type=JSON)


async def read(request: Request, db: Database, statement: Executable, **parameters: Any) -> Response:
    """One resource, by a statement of (document, version); 304 when the caller has that version already."""
    records = await db.fetch(statement, **parameters)
    if not records:
        raise NotFound
    return document_answer(request, *records[0])


def document_answer(request: Request, document: str, version: int, *, no_store: bool = False) -> Response:
    """A resource by its stored document; 304 when the caller has that version already."""
    tag = etag(version)
    headers = {"ETag": tag, **NO_STORE} if no_store else {"ETag": tag}
    known = request.headers.get("if-none-match")
    if known is not None and (tag in known or known.strip() == "*"):
        return Response(status_code=304, headers=headers)
    return Response(document, headers=headers, media_type=JSON)


def page_of(request: Request, query: PageQuery, rows: list[tuple[UUID, str]], *, no_store: bool = False) -> Response:
    """A page from the pairs of a page, and one more when another page follows."""
    shown = rows[: query.limit]
    headers = dict(NO_STORE) if no_store else {}
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


def with_matched(document: str, value: BaseModel) -> str:
    """A stored document with what it was found by, under `matched`."""
    return f'{document[:-1]},"matched":{value.model_dump_json()}}}'


def live(value: BaseModel) -> Response:
    """What depends on the day or the caller: never cached, no ETag."""
    return Response(value.model_dump_json(), headers=NO_STORE, media_type=JSON)


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
        raise PreconditionRequired("Envoyez dans l'en-tête If-Match l'ETag de la ressource que vous avez lue, par exemple If-Match: \"3\".")
    found = re.fullmatch(r'"([1-9][0-9]{0,17})"', value)
    if found is None:
        raise PreconditionFailed(_not_an_etag(value))
    return int(found[1])


def _not_an_etag(value: str) -> str:
    if value.strip().isdecimal():
        return f'If-Match porte un ETag avec ses guillemets : écrivez "{value.strip()[:20]}", guillemets compris.'
    if value.strip() == "*":
        return "If-Match ne prend pas « * » : donnez l'ETag de la version que vous avez lue, pour ne pas écraser ce qu'un autre a fait."
    return 'If-Match porte l\'ETag de la ressource, tel que sa lecture le donne, par exemple "3".'


IfMatch = Annotated[int, Depends(if_match)]
