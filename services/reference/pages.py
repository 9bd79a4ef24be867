"""The reference over HTTP: plain pages, made once from the documents of the services that this process serves."""

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from services.kernel.api.rights import Extent
from services.kernel.base.problems import HELP, TYPE_PREFIX
from services.kernel.process.app import Pages, leads_to
from services.reference.catalogues import permissions, settings, states
from services.reference.documents import ServiceSaid, service_said
from services.reference.problems import ProblemSaid, problems
from services.reference.shapes import codes

FOLDER = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_in_code = re.compile(r"`([^`]+)`")


def _marked(text: str) -> Markup:
    """Text whose words between backquotes are code."""
    return Markup(_in_code.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped first


ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
ENVIRONMENT.filters["marked"] = _marked


class Reference:
    """The pages of one process, each made when it is first asked for."""

    def __init__(self, apps: Mapping[str, FastAPI]) -> None:
        self._apps = apps
        self._made: dict[str, str] = {}

    @cached_property
    def _services(self) -> list[ServiceSaid]:
        return [service_said(name, app.openapi()) for name, app in self._apps.items()]

    @cached_property
    def _pages(self) -> Mapping[str, Callable[[], str]]:
        """How each page is made, by its address."""
        tags = {f"/docs/{tag.service}/{tag.name}": partial(_rendered, "tag.html", tag=tag) for one in self._services for tag in one.tags}
        return {
            "/docs": lambda: _rendered("index.html", services=self._services, origin=self._origin()),
            "/docs/events": _events,
            "/docs/permissions": lambda: _rendered("permissions.html", permissions=permissions(), extents=Extent),
            "/docs/settings": lambda: _rendered("settings.html", settings=settings()),
            "/errors": lambda: _rendered("problems.html", problems=problems()),
            **tags,
            **{HELP + one.code: partial(self._problem, one) for one in problems()},
        }

    def page(self, path: str) -> str | None:
        """The page of an address; none where there is none."""
        make = self._pages.get(path)
        if make is not None and path not in self._made:
            self._made[path] = make()
        return self._made.get(path)

    def _problem(self, one: ProblemSaid) -> str:
        return _rendered("problem.html", problem=one, example=self._example(one))

    def _example(self, one: ProblemSaid) -> str:
        """What one looks like: as the documents show it, or else, where no service of this process has one, what all problems have."""
        shapes = [shape for app in self._apps.values() for shape in app.openapi()["components"]["schemas"].values()]
        shown = [each for shape in shapes for each in shape.get("examples", ()) if isinstance(each, dict)]
        said: dict[str, Any] = {"type": TYPE_PREFIX + one.code, "title": one.title, "status": one.status, "help": HELP + one.code}
        found = next((each for each in shown if each.get("type") == said["type"]), said)
        return orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()

    def _origin(self) -> str:
        """Where the services are reached, without the path of one."""
        first = next(iter(self._apps))
        url: str = self._apps[first].openapi()["servers"][0]["url"]
        return url.removesuffix(f"/{first}")


def _events() -> str:
    known = states()
    shapes = {name: shape for state in known for name, shape in state.shapes.items()}
    fields = [each for state in known for each in state.fields] + [each for _, inside in shapes.values() for each in inside]
    used = {each.refers_to for each in fields}
    labels = {name: said for name, said in codes().items() if name in used}
    return _rendered("events.html", states=known, shapes=shapes, labels=labels, own=[*shapes, *labels])


def _rendered(template: str, **given: Any) -> str:
    return ENVIRONMENT.get_template(template).render(**given)


def missing() -> HTMLResponse:
    """The page of an address that leads nowhere, for a person."""
    return HTMLResponse(_rendered("missing.html"), 404, {**HEADERS, "Cache-Control": "no-store", "Vary": "Accept"})


async def read_page(request: Request) -> Response:
    """A page of the reference; 304 for who has it."""
    app = request.app
    if not hasattr(app.state, "reference"):
        app.state.reference = Reference(app.state.apps)
    text = await asyncio.to_thread(app.state.reference.page, request.url.path)  # making one takes a while, the first most of all
    return missing() if text is None else _tagged(request, text, "text/html; charset=utf-8")


async def read_style(request: Request) -> Response:
    """The style sheet."""
    return _tagged(request, (FOLDER / "style.css").read_text("utf-8"), "text/css; charset=utf-8")


def _tagged(request: Request, text: str, media_type: str) -> Response:
    headers = {**HEADERS, "ETag": f'"{sha256(text.encode()).hexdigest()[:16]}"'}
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(text, headers=headers, media_type=media_type)


ADDRESSES = ("/docs", "/docs/{page}", "/docs/{service}/{tag}", "/errors", f"{HELP}{{code}}")
METADATA = Route("/.well-known/oauth-authorization-server/access", leads_to("/access/.well-known/oauth-authorization-server"))
"""Where RFC 8414 has the metadata of an issuer that is not the root of its host."""
REFERENCE = Pages((METADATA, Route("/docs/style.css", read_style), *(Route(each, read_page) for each in ADDRESSES)), missing)
