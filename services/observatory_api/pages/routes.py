"""The page over HTTP: figures for who may read them, and a page in words for everybody else."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from services.contracts.codes import Role
from services.kernel.api.auth import Public
from services.kernel.api.local_pages import is_local
from services.kernel.api.routing import Db, Route
from services.kernel.base.principals import ANONYMOUS, Principal
from services.kernel.base.problems import Forbidden, Unauthenticated
from services.kernel.base.settings import Settings
from services.kernel.data.database_errors import problem_for
from services.observatory_api.pages import operations, views
from services.observatory_api.pages.schemas import PageQuery
from services.observatory_api.values.audience import ANY

LOCAL = Principal("local", frozenset({Role.steering}))
"""Who sits at this machine, where the pages are open to it."""
PUBLIC = Principal("public", frozenset({Role.reader}))
"""Everybody, where an operator has opened the pages: the region's figures, without those that count fewer than five."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class PageRoute(Route):
    """A route whose refusals are pages too: a person reads them."""

    gives = None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The kernel's handler, with ours around it."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except Exception as error:
                problem = problem_for(error)
                if problem is None:
                    raise
                return HTMLResponse(views.refusal(problem), problem.status, {**HEADERS, **problem.headers, "Cache-Control": "no-store"})

        return handle


pages = APIRouter(tags=["Pages"], route_class=PageRoute, include_in_schema=False)


@pages.get("/", operation_id="readObservatoryPage", response_class=HTMLResponse)
async def read_page(request: Request, db: Db, caller: Public, query: Annotated[PageQuery, Query()]) -> Response:
    """Montre les indicateurs du plan à une personne : valeurs, graphiques, tableaux, définitions."""
    viewer = admitted(request, caller)
    overview = await operations.overview(db, query, viewer=viewer, public=viewer is PUBLIC)
    return HTMLResponse(views.page(overview, query), headers={**HEADERS, "Cache-Control": "no-store"})


@pages.get("/style.css", operation_id="readStyleSheet", response_class=Response)
async def read_style(request: Request, caller: Public) -> Response:
    """Donne la feuille de style des pages."""
    text, tag = views.style()
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type="text/css")


def admitted(request: Request, caller: Principal) -> Principal:
    """Who reads the page: the caller by its token, the person at this machine, or everybody. Raises `Unauthenticated` or `Forbidden`."""
    if caller.has(*ANY):
        return caller
    if caller is not ANONYMOUS:
        raise Forbidden(f"Votre jeton ne donne pas le droit de lire les chiffres du plan : il y faut l'un des rôles {', '.join(ANY)}.")
    settings: Settings = request.app.state.databases.settings
    if settings.local_pages and is_local(request.scope):
        return LOCAL
    if settings.public_pages:
        return PUBLIC
    raise Unauthenticated("Les chiffres du plan se lisent depuis la machine qui les sert, sans intermédiaire, ou avec un jeton.")
