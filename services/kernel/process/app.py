"""The app factory: a service's FastAPI application, and several mounted behind one port."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI, Request
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route as PlainRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from services.kernel.api import metrics, openapi
from services.kernel.api.allowed_hosts import ANY, AllowedHosts
from services.kernel.api.auth import Tokens
from services.kernel.api.compression import Compression
from services.kernel.api.cross_origin import CrossOrigin
from services.kernel.api.middleware import RequestMiddleware
from services.kernel.api.revocations import Revocations
from services.kernel.api.route_table import RouteTable
from services.kernel.api.routing import NounRouter
from services.kernel.base.logs import correlation_id
from services.kernel.base.problems import (
    BY_STATUS,
    BadRequest,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
)
from services.kernel.data.database import Databases
from services.kernel.data.service import Service
from services.kernel.process import health

VERSION = "1.0.0"
LICENCE = {"name": "Aucune licence n'est accordée à ce jour", "identifier": "LicenseRef-none-granted"}
Lifespan = Callable[[], AbstractAsyncContextManager[None]]

log = structlog.get_logger(__name__)


class Pages(NamedTuple):
    """Pages for people beside the services; `missing` makes that of an address that leads nowhere, for who asks for a page."""

    routes: Sequence[BaseRoute] = ()
    missing: Callable[[], Response] | None = None


NO_PAGES = Pages()


def service_app(service: Service, databases: Databases, tokens: Tokens, stopping: Callable[[], bool] = lambda: False) -> FastAPI:
    """A service's application: its routers, health, metrics, problems and OpenAPI document."""
    settings = databases.settings
    routers = (*service.routers, health.router)
    app = FastAPI(
        title=service.title,
        description=service.description,
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        servers=[{"url": f"{settings.public_url or ''}/{service.name}"}],
        contact=_contact(settings.contact),
        license_info=LICENCE,
        openapi_tags=[router.tag for router in routers if isinstance(router, NounRouter)],
        max_body_size=settings.max_body,
        redirect_slashes=False,
    )
    app.state.databases, app.state.tokens, app.state.service, app.state.stopping = databases, tokens, service, stopping
    app.state.revocations = Revocations(databases, service.name)
    app.state.looks = health.Looks(databases, service)
    for router in routers:
        app.router.routes += router.routes  # as they are: `include_router` would match each request twice, and wrap each route anew
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]  # FastAPI's documented way
    _answer_problems(app)
    return app


def _contact(given: str | None) -> dict[str, str]:
    contact = {"name": "L'équipe de PlaM"}
    if given is None:
        return contact
    return {**contact, "url" if "://" in given else "email": given}


def system_app(
    services: Sequence[Service],
    databases: Databases,
    lifespan: Lifespan | None = None,
    pages: Pages = NO_PAGES,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> ASGIApp:
    """Services mounted side by side, `/<service>`, behind one port; not ready while `stopping`. Closes the pools at the end."""
    tokens = Tokens(databases.settings)

    @asynccontextmanager
    async def around(_app: Starlette) -> AsyncIterator[None]:
        try:
            if lifespan is None:
                yield
            else:
                async with lifespan():
                    yield
        finally:
            await asyncio.shield(databases.close())

    async def exposed(_request: Request) -> Response:
        await asyncio.gather(*(app.state.looks.event_path() for app in apps.values()))
        return metrics.exposition()

    apps = {service.name: service_app(service, databases, tokens, stopping) for service in services}
    mounts = [Mount(f"/{name}", _Named(name, app)) for name, app in apps.items()]
    allowed = databases.settings.allowed_hosts
    app = Starlette(
        routes=[*pages.routes, PlainRoute("/metrics", exposed), *mounts],
        exception_handlers={HTTPException: _http_problem, Exception: _broken},
        lifespan=around,
    )
    app.router.redirect_slashes = False
    app.state.apps = apps
    for each in (app, *apps.values()):
        each.state.missing = pages.missing
    table = RouteTable(app, services=apps)
    # around Starlette, which has its own layers to pass
    answering = RequestMiddleware(Compression(table if allowed == ANY else AllowedHosts(table, allowed=allowed)))
    origins = databases.settings.cors_origins
    return CrossOrigin(answering, origins) if origins else answering  # around what went wrong too: a page may read it


class _Named:
    """Says in the scope which service answers, for the log line and the metric."""

    def __init__(self, name: str, app: ASGIApp) -> None:
        self.name = name
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["plam.service"] = self.name
        await self.app(scope, receive, send)


def leads_to(path: str) -> Callable[[Request], Any]:
    """A page that redirects to another."""

    async def redirect(_request: Request) -> RedirectResponse:
        return RedirectResponse(path)

    return redirect


def _answer_problems(app: FastAPI) -> None:
    # for what reaches no route of ours, and for health: a `Route` answers its own (see `routing`)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Exception, _broken)
    app.add_exception_handler(HTTPException, _http_problem)


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response(correlation_id.get())


async def _broken(_request: Request, _error: Exception) -> Response:
    return Problem("Erreur interne : citez request_id au support.").response(correlation_id.get())  # the middleware logs the error


async def _http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and request.app.state.missing and "text/html" in request.headers.get("accept", ""):
        page: Response = request.app.state.missing()
        return page
    if error.status_code == 404:
        problem: Problem = NotFound("Cette adresse n'existe pas.", headers={"Vary": "Accept"})
    elif error.status_code == 405:
        problem = MethodNotAllowed("Cette méthode n'est pas permise ici.", headers={"Allow": _allowed(request)})
    elif error.status_code == 413:
        problem = TooLarge("Le corps dépasse la taille permise.")
    else:
        problem = BY_STATUS.get(error.status_code, BadRequest)("La requête ne peut pas être lue.")
    return problem.response(correlation_id.get())


def _allowed(request: Request) -> str:
    methods: set[str] = set()
    scope = {**request.scope, "method": "\x00"}
    for route in request.app.router.routes:
        match, _ = route.matches(dict(scope))
        if match is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))
