"""The registered services as their OpenAPI documents tell them, and requests that no well-behaved client can send."""

import re
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Scope

from services.kernel.api.auth import Tokens
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.app import service_app
from services.plam import ROUTING, SERVICES
from tests.support.database import SECRET

BY_STANDARD = ("issueToken",)
"""Operations whose body and refusals are those of a standard of their own (RFC 6749), neither JSON nor problem details."""
METHODS = ("get", "put", "post", "delete", "patch")
Headers = Mapping[str, str]


@cache
def apps() -> Mapping[str, FastAPI]:
    """Every registered service's application, to be read rather than called."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), secret=SECRET, public_url="https://plam.example.org", contact="plam@example.org")
        databases, tokens = Databases(settings, ROUTING), Tokens(settings)
        return {service.name: service_app(service, databases, tokens) for service in SERVICES}


@cache
def documents() -> Mapping[str, dict[str, Any]]:
    """Every registered service's OpenAPI document."""
    return {name: app.openapi() for name, app in apps().items()}


@dataclass(frozen=True)
class Operation:
    """One operation of a service. `path` begins with the service's name, as a client calls it."""

    service: str
    method: str
    path: str
    spec: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def id(self) -> str:
        return str(self.spec.get("operationId", f"{self.method} {self.path}"))

    def parameters(self, place: str) -> list[dict[str, Any]]:
        """Its parameters in the path, the query or the headers, each schema resolved."""
        found = [dict(parameter) for parameter in self.spec.get("parameters", ()) if parameter["in"] == place]
        return [{**parameter, "schema": self.resolved(parameter["schema"])} for parameter in found]

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of its JSON body, its own reference resolved."""
        content = self.spec.get("requestBody", {}).get("content", {})
        return self.resolved(content["application/json"]["schema"]) if "application/json" in content else None

    def resolved(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """A schema without the reference, or the « or null », around it; `nullable` says that null is allowed."""
        if "$ref" in schema:
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            target: dict[str, Any] = documents()[self.service]["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            return {**self.resolved(target), **beside}
        options = schema.get("anyOf") or schema.get("oneOf")
        if not options:
            return dict(schema)
        beside = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        kept = [option for option in options if option.get("type") != "null"]
        nullable = {"nullable": True} if len(kept) < len(options) else {}
        if len(kept) == 1:
            return {**self.resolved(kept[0]), **beside, **nullable}
        return {**schema, **nullable}


def operations() -> list[Operation]:
    """Every operation of every registered service."""
    return [
        Operation(service, method, f"/{service}{path}", spec)
        for service, document in documents().items()
        for path, methods in document["paths"].items()
        for method, spec in methods.items()
        if method in METHODS
    ]


@dataclass(frozen=True)
class Answer:
    """What came back, and how many bytes of the body the application took before it answered."""

    status: int
    headers: Headers
    body: bytes
    taken: int

    @property
    def problem(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def pointers(self) -> list[str]:
        """The fields that a problem names."""
        return [error["pointer"] for error in self.problem.get("errors", ())]


def pieces(body: bytes, size: int = 65_536) -> Iterable[bytes]:
    """A body as a server hands it over."""
    view = memoryview(body)
    return (bytes(view[start : start + size]) for start in range(0, len(body), size))


def scope_of(method: str, target: str, headers: Sequence[tuple[str, str]] = (), body: bytes | None = None) -> Scope:
    """A request's head as a server's parser would hand it over, with the length of its body."""
    raw_path, _, query = target.partition("?")
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in [("host", "plam.test"), *headers]]
    if body is not None:
        raw.append((b"content-length", str(len(body)).encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw_path),
        "raw_path": raw_path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": raw,
        "client": ("127.0.0.1", 50_000),
        "server": ("plam.test", 80),
        "state": {},
    }


async def call(
    app: ASGIApp,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes | Iterable[bytes] | None = None,
) -> Answer:
    """Sends a request as a server's parser would hand it over. A body of bytes has its Content-Length, an iterable has none."""
    scope = scope_of(method, target, headers, body if isinstance(body, bytes) else None)
    source = _messages(pieces(body) if isinstance(body, bytes) else body)
    sent: list[Message] = []
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        message = await anext(source)
        taken += len(message.get("body", b""))
        return message

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert scope["method"] == method, "the server's own: it counts the bytes of the body by it"
    start = next(message for message in sent if message["type"] == "http.response.start")
    given = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], given, b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body"), taken)


async def _messages(body: Iterable[bytes] | None) -> AsyncIterator[Message]:
    for piece in body or ():
        yield {"type": "http.request", "body": piece, "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}
    while True:
        yield {"type": "http.disconnect"}


def gauge(text: str, name: str) -> float | None:
    """A sample of the metrics, None if there is none."""
    found = re.search(rf"^{re.escape(name)} (.*)$", text, re.MULTILINE)
    return float(found[1]) if found else None
