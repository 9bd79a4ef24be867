"""The reference over HTTP: plain pages, made once from the documents of the services that this process serves."""

import re
from collections.abc import Callable, Mapping
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

from services.kernel.base.problems import HELP, TYPE_PREFIX
from services.kernel.process.app import Pages
from services.reference.catalogues import settings, states
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
REQUEST_ID = "0199a1b2c3d47e5f8a9b0c1d2e3f4a5b"
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

    def page(self, path: str) -> str | None:
        """The page of an address; none where there is none."""
        if path not in self._made:
            made = self._make(path)
            if made is None:
                return None
            self._made[path] = made
        return self._made[path]

    def _make(self, path: str) -> str | None:
        services = [service_said(name, app.openapi()) for name, app in self._apps.items()]
        whole: dict[str, Callable[[], str]] = {
            "/docs": lambda: _rendered("index.html", services=services, origin=self._origin(services)),
            "/docs/events": _events,
            "/docs/settings": lambda: _rendered("settings.html", settings=settings()),
            "/errors": lambda: _rendered("problems.html", problems=problems()),
        }
        if path in whole:
            return whole[path]()
        for service in services:
            for tag in service.tags:
                if path == f"/docs/{service.name}/{tag.name}":
                    return _rendered("tag.html", tag=tag)
        for one in problems():
            if path == HELP + one.code:
                return _rendered("problem.html", problem=one, example=_example(one))
        return None

    def _origin(self, services: list[ServiceSaid]) -> str:
        """Where the services are reached, without the path of one."""
        first = services[0].name
        url: str = self._apps[first].openapi()["servers"][0]["url"]
        return url.removesuffix(f"/{first}")


def _events() -> str:
    known = states()
    shapes = {name: shape for state in known for name, shape in state.shapes.items()}
    fields = [each for state in known for each in state.fields] + [each for _, inside in shapes.values() for each in inside]
    used = {each.refers_to for each in fields}
    labels = {name: said for name, said in codes().items() if name in used}
    return _rendered("events.html", states=known, shapes=shapes, labels=labels, own=[*shapes, *labels])


def _example(one: ProblemSaid) -> str:
    said: dict[str, Any] = {"type": TYPE_PREFIX + one.code, "title": one.title, "status": one.status}
    said |= {"detail": one.example} if one.example else {}
    said |= {"help": HELP + one.code, "request_id": REQUEST_ID}
    return orjson.dumps(said, option=orjson.OPT_INDENT_2).decode()


def _rendered(template: str, **given: Any) -> str:
    return ENVIRONMENT.get_template(template).render(**given)


def missing() -> HTMLResponse:
    """The page of an address that leads nowhere, for a person."""
    return HTMLResponse(_rendered("missing.html"), 404, {**HEADERS, "Cache-Control": "no-store"})


async def read_page(request: Request) -> Response:
    """A page of the reference; 304 for who has it."""
    app = request.app
    if not hasattr(app.state, "reference"):
        app.state.reference = Reference(app.state.apps)
    text = app.state.reference.page(request.url.path)
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
REFERENCE = Pages((Route("/docs/style.css", read_style), *(Route(each, read_page) for each in ADDRESSES)), missing)
