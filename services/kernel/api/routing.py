"""What every route does around its function: one database, one commit before the answer, strict input, idempotency."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from services.kernel.api import idempotency, rights
from services.kernel.api.allowed_operations import say_allowed
from services.kernel.api.auth import Policy, PublicPolicy, authenticate, identify
from services.kernel.api.existing import already_exists
from services.kernel.api.route_calls import Call, StrictRequest
from services.kernel.base.declared_fields import suggested
from services.kernel.base.logs import correlation_id
from services.kernel.base.principals import ANONYMOUS
from services.kernel.base.problems import (
    Conflict,
    ConnectionLost,
    FieldError,
    Invalid,
    NotAcceptable,
    Problem,
    RequestTimeout,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
)
from services.kernel.data.database import Database, Databases
from services.kernel.data.database_errors import problem_for

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
JSON = "application/json"
SHARE_OF_TIMEOUT = 0.85
"""The part of a request's time that we take: the rest is for what it waits for before and after, on a machine that is busy."""


class Route(APIRoute):
    """A route of ours. FastAPI declares and documents it; at a request only what stands here runs (see `route_calls`).

    The transaction is committed before the answer leaves: a failed commit is never a 201. What the function returns is sent
    as it is, a `Response` or a model: `response_model` is what the OpenAPI document says of it.
    """

    gives: str | None = JSON
    """What the route answers in, whatever is asked; None: in what its own answers say."""
    keeps: bool = True
    """Whether an answer is kept under its `Idempotency-Key`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        for each in (dependency.call for dependency in self.dependant.dependencies):
            if self.operation_id and self.include_in_schema and isinstance(each, (Policy, PublicPolicy)):
                method = min(self.methods or {"GET"})
                rights.declare(self.operation_id, method=method, path=path, endpoint=endpoint, granted=each.rights)
        self.app = _Answer(self.get_route_handler())

    def get_route_handler(self) -> Handler:
        """What answers a request, or raises."""
        call = Call(self.dependant)
        status = self.status_code or 200
        allowed = _query_names(self.dependant)
        takes_body = self.body_field is not None
        methods = self.methods or set()
        changes = not methods <= {"GET", "HEAD"}
        keeps = self.keeps and "POST" in methods
        guarded = any(isinstance(dependency.call, Policy) for dependency in self.dependant.dependencies)

        async def answer(request: StrictRequest) -> Response:
            result = await call.run(request)
            return result if isinstance(result, Response) else Response(result.model_dump_json(), status, media_type=JSON)

        def respond(request: StrictRequest, db: Database) -> Coroutine[Any, Any, Response]:
            key = request.headers.get("idempotency-key") if keeps else None
            return answer(request) if key is None else _once(answer, request, db, key, guarded=guarded)

        check_head = partial(_check_head, gives=self.gives, allowed=allowed, changes=changes, takes_body=takes_body)

        async def handle(request: Request) -> Response:
            app = request.scope["app"]
            databases: Databases = app.state.databases
            service: str = app.state.service.name
            assert isinstance(request, StrictRequest)
            check_head(request)
            try:
                async with asyncio.timeout(databases.settings.request_timeout * SHARE_OF_TIMEOUT):
                    try:
                        return await _attempt(respond, request, databases, service)
                    except ConnectionLost:
                        if changes:  # it may have been committed: the client asks again, under its key
                            raise
                        return await _attempt(respond, request, databases, service)
                    except (Conflict, asyncpg.IntegrityConstraintViolationError) as error:
                        raise await self._conflict(error, request, databases, service) from error
            except TimeoutError as error:
                raise _too_late(request) from error

        return handle

    async def _conflict(self, error: Exception, request: Request, databases: Databases, service: str) -> Exception:
        """A 409 with what stands already, where a unique key refused, and with what the caller may do instead, where it is about a row."""
        caller = authenticate(request)
        problem: Exception | None = error
        if isinstance(error, asyncpg.UniqueViolationError):
            problem = await already_exists(error, databases, service, by=caller, row=request.scope["plam.database"].refused)
        elif not isinstance(error, Conflict):
            problem = problem_for(error)
        if isinstance(problem, Conflict):
            await say_allowed(problem, self.operation_id or "", request.path_params.values(), databases, service, by=caller)
        return problem or error


class SecretRoute(Route):
    """A route whose answer may hold a secret: it is never kept, and no key asks for it again."""

    keeps = False


class _Answer:
    """A handler as an ASGI application: what it raises for the client becomes a problem, the rest is the middleware's."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        longest_body: int = scope["app"].state.databases.settings.max_body
        try:
            response = await self.handler(StrictRequest(scope, receive, longest_body=longest_body))
        except Exception as error:
            problem = problem_for(error)
            if problem is None:
                raise
            response = problem.response(correlation_id.get())
        await response(scope, receive, send)


def _too_late(request: StrictRequest) -> Problem:
    if request.incomplete:
        return RequestTimeout("Le corps de la requête n'est pas arrivé en entier : renvoyez-la.")
    return Unavailable("La réponse a pris trop de temps.")


async def _attempt(
    respond: Callable[[StrictRequest, Database], Coroutine[Any, Any, Response]], request: StrictRequest, databases: Databases, service: str
) -> Response:
    """One run of a route on a database of its own. Raises `ConnectionLost` when the server closes the connection under it."""
    db = Database(databases, await databases.connections(service), service, partial(authenticate, request))
    request.scope["plam.database"] = db
    try:
        response = await respond(request, db)
        await db.commit()
    except asyncio.CancelledError:  # too late, or nobody waits any more: the answer first
        db.abandon()
        raise
    except Exception as error:
        if await db.lost(error):
            raise ConnectionLost("La base de données a fermé la connexion.") from error
        raise
    finally:
        await db.close()
    return response


async def _once(
    answer: Callable[[StrictRequest], Coroutine[Any, Any, Response]], request: StrictRequest, db: Database, key: str, *, guarded: bool
) -> Response:
    caller = await identify(request)
    if (guarded and caller is ANONYMOUS) or not re.fullmatch(idempotency.PATTERN, key):
        return await answer(request)  # the route's own policy, or declaration, refuses it
    kept = await idempotency.claim(db, caller.subject, key, await idempotency.fingerprint(request, caller))
    if kept is not None:
        return kept
    response = await answer(request)
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


def _check_head(request: StrictRequest, *, gives: str | None, allowed: frozenset[str], changes: bool, takes_body: bool) -> None:
    if gives:
        _check_accept(request, gives)
    if request.scope["query_string"]:
        _check_query(request, allowed)
    if changes:
        _check_length(request)
    if takes_body:
        _check_media(request)


def _check_accept(request: Request, gives: str) -> None:
    accepted = request.headers.get("accept")
    if accepted is None or accepted in ("*/*", gives):
        return
    family = f"{gives.partition('/')[0]}/*"
    for each in accepted.split(","):
        media, _, options = each.partition(";")
        if media.strip().lower() in ("*/*", family, gives, "") and not _REFUSED.search(options):
            return
    raise NotAcceptable(f"Cette adresse ne répond qu'en {gives} : envoyez « Accept: {gives} », ou rien.")


_REFUSED = re.compile(r"q=0(\.0*)?\s*$")


def _check_query(request: Request, allowed: frozenset[str]) -> None:
    seen: set[str] = set()
    for name, value in request.query_params.multi_items():
        if name not in allowed:
            raise _query_error(name, "unknown", f"Ce paramètre n'existe pas ici{_permitted(name, allowed)}.")
        if name in seen:
            raise _query_error(name, "duplicate", "Ce paramètre est donné deux fois : gardez-en un.")
        if "\x00" in value:
            raise _query_error(name, "null_character", "Caractère nul refusé.")
        seen.add(name)


def _permitted(name: str, allowed: frozenset[str]) -> str:
    return f" ; {suggested(name, sorted(allowed))}" if allowed else " : cette adresse n'en prend aucun"


def _query_error(name: str, code: str, detail: str) -> Invalid:
    pointer = name[:100]
    return Invalid(f"{pointer} : {detail}", errors=[FieldError(pointer=pointer, location="query", code=code, detail=detail)])


def _check_length(request: StrictRequest) -> None:
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > request.longest_body:
        raise TooLarge(f"Le corps dépasse la taille permise, {request.longest_body} octets.")


def _check_media(request: Request) -> None:
    given = request.headers.get("content-type", "")
    if given == JSON:
        return
    if not given and request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        return  # no body at all: that is what is wrong, and the route says so
    media, _, options = given.partition(";")
    charset = options.strip().lower().removeprefix("charset=").strip('"')
    if media.strip().lower() != JSON or (charset and charset != "utf-8"):
        raise UnsupportedMedia("Le corps doit être du JSON en UTF-8, avec l'en-tête « Content-Type: application/json ».")


async def _database(request: Request) -> Database:
    database: Database = request.scope["plam.database"]
    return database


Db = Annotated[Database, Depends(_database)]


class NounRouter(APIRouter):
    """A noun's router, and what the OpenAPI document says of its tag."""

    def __init__(self, *, tag: str, title: str, about: str, **options: Any) -> None:
        super().__init__(tags=[tag], **options)
        self.tag = {"name": tag, "x-displayName": title, "description": about}


def router(prefix: str, tag: str, title: str, about: str, *, route_class: type[Route] = Route) -> NounRouter:
    """A noun's router. `prefix` is its collection; `tag` its name for programs, ASCII; `title` and `about` say it in French."""
    return NounRouter(tag=tag, title=title, about=about, prefix=prefix, route_class=route_class)
