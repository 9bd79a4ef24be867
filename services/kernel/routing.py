"""What every route does around its function: one database, one commit before the answer, strict input, idempotency."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.kernel import idempotency
from services.kernel.auth import authenticate
from services.kernel.database import Database, Databases
from services.kernel.problems import BadRequest, FieldError, Invalid, Unavailable, UnsupportedMedia

DEEPEST = 32
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRequest(Request):
    """A request whose JSON body is read strictly: UTF-8, no duplicate key, no NaN, nesting up to 32."""

    async def json(self) -> Any:
        """The body. Raises `BadRequest`."""
        if not hasattr(self, "_json"):
            self._json = strict_json(await self.body())
        return self._json


def strict_json(body: bytes) -> Any:
    """JSON read strictly. Raises `BadRequest` for anything that two parsers could read in two ways."""
    try:
        text = body.decode("utf-8")
        if text.count("[") + text.count("{") > DEEPEST and _depth(text) > DEEPEST:
            raise BadRequest(f"Le corps emboîte plus de {DEEPEST} niveaux.")
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise BadRequest("Le corps doit être du JSON en UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"Le corps n'est pas du JSON : {error}.") from error


def _depth(text: str) -> int:
    deepest = depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest(f"Le champ « {twice[:100]!a} » est donné deux fois.")
    return found


def _refuse(name: str) -> Any:
    raise BadRequest(f"{name} n'est pas du JSON.")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise BadRequest("Nombre trop grand.")
    return value


class Route(APIRoute):
    """A route of ours. The transaction is committed before the answer leaves: a failed commit is never a 201."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler, with ours around it."""
        inner = super().get_route_handler()
        allowed = _query_names(self.dependant)
        takes_body = self.body_field is not None
        posts = "POST" in self.methods

        async def handle(request: Request) -> Response:
            request = StrictRequest(request.scope, request.receive)
            if request.scope["query_string"]:
                _check_query(request, allowed)
            if takes_body:
                _check_media(request)
            databases: Databases = request.app.state.databases
            service: str = request.app.state.service.name
            try:
                async with asyncio.timeout(databases.settings.request_timeout):
                    db = Database(databases, await databases.pool(service), service)
                    request.scope["plam.database"] = db
                    try:
                        key = request.headers.get("idempotency-key") if posts else None
                        response = await (inner(request) if key is None else _once(inner, request, db, key))
                        await db.commit()
                        return response
                    finally:
                        await db.close()
            except TimeoutError as error:
                raise Unavailable("La réponse a pris trop de temps.") from error

        return handle


async def _once(inner: Handler, request: Request, db: Database, key: str) -> Response:
    caller = authenticate(request)
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        return await inner(request)  # its own declaration refuses it, naming the header
    kept = await idempotency.claim(db, caller.subject, key, await idempotency.fingerprint(request))
    if kept is not None:
        return kept
    response = await inner(request)
    await idempotency.keep(db, caller.subject, key, response)
    return response


def _query_names(dependant: Dependant) -> frozenset[str]:
    names: set[str] = set()
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        inner = getattr(annotation, "model_fields", None)
        names |= {info.alias or name for name, info in inner.items()} if inner else {field.alias}
    for dependency in dependant.dependencies:
        names |= _query_names(dependency)
    return frozenset(names)


def _check_query(request: Request, allowed: frozenset[str]) -> None:
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            raise _query_error(name, "unknown", "Ce paramètre n'existe pas.")
        if name in seen:
            raise _query_error(name, "duplicate", "Ce paramètre est donné deux fois.")
        if "\x00" in value:
            raise _query_error(name, "null_character", "Caractère nul refusé.")
        seen.add(name)


def _query_error(name: str, code: str, detail: str) -> Invalid:
    return Invalid(detail, errors=[FieldError(pointer=name[:100], location="query", code=code, detail=detail)])


def _check_media(request: Request) -> None:
    media, _, options = request.headers.get("content-type", "").partition(";")
    charset = options.strip().lower().removeprefix("charset=").strip('"')
    if media.strip().lower() != "application/json" or (charset and charset != "utf-8"):
        raise UnsupportedMedia("Le corps doit être en application/json, UTF-8.")


async def _database(request: Request) -> Database:
    database: Database = request.scope["plam.database"]
    return database


Db = Annotated[Database, Depends(_database)]


def router(prefix: str, tag: str) -> APIRouter:
    """A noun's router: `prefix` is its collection, `tag` its French name in the OpenAPI document."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=Route)
