"""Who acts in a demonstration, each with its own token, over HTTP as any client does."""

import asyncio
import http.client
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson

Document = Mapping[str, Any]


class DemoStoppedError(Exception):
    """A demonstration could not go on; the message says where it stopped."""


@dataclass
class Thing:
    """A resource: where it is, and its document as it was last seen."""

    path: str
    seen: Document

    @property
    def id(self) -> str:
        """Its identifier."""
        return str(self.seen["id"])


class Line:
    """The one connection to the server, over which all parties speak in turn."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=60)
        self._keys = itertools.count(1)

    async def ask(self, token: str, method: str, path: str, body: Document | None = None, version: int | None = None) -> Document:
        """The document that a request is answered with. Raises `DemoStoppedError` for a refusal."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if method == "POST":
            headers["Idempotency-Key"] = f"demo-{next(self._keys)}"
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        status, answer = await asyncio.to_thread(self._exchange, method, path, None if body is None else orjson.dumps(body), headers)
        if status >= 300:
            raise DemoStoppedError(f"La démonstration s'est arrêtée : {method} {path} a répondu {status} {answer.decode()}")
        found: Document = orjson.loads(answer)
        return found

    def _exchange(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Ends it."""
        self._connection.close()


@dataclass(frozen=True)
class Party:
    """Somebody with a token. What a move or a change needs to know, it reads first, as a person would."""

    line: Line
    token: str

    async def find(self, collection: str, **filters: Any) -> list[Thing]:
        """The first page of a list."""
        page = await self.line.ask(self.token, "GET", f"{collection}?{urlencode(filters)}")
        return [Thing(f"{collection}/{item['id']}" if "id" in item else collection, item) for item in page["items"]]

    async def read(self, path: str) -> Document:
        """What stands at a path."""
        return await self.line.ask(self.token, "GET", path)

    async def look(self, thing: Thing) -> Thing:
        """A resource, seen as it is now."""
        thing.seen = await self.read(thing.path)
        return thing

    async def make(self, collection: str, *, force: bool = False, **body: Any) -> Thing:
        """A new resource; with `force`, even if it resembles one that stands."""
        made = await self.line.ask(self.token, "POST", f"{collection}?force=true" if force else collection, body)
        return Thing(f"{collection}/{made['id']}", made)

    async def move(self, thing: Thing, verb: str, **body: Any) -> Thing:
        """Moves a resource by one of its verbs."""
        await self.look(thing)
        thing.seen = await self.line.ask(self.token, "POST", f"{thing.path}/{verb}", body, thing.seen["version"])
        return thing

    async def change(self, thing: Thing, **fields: Any) -> Thing:
        """Changes fields of a resource."""
        await self.look(thing)
        thing.seen = await self.line.ask(self.token, "PATCH", thing.path, fields, thing.seen["version"])
        return thing

    async def put(self, path: str, **body: Any) -> None:
        """Says what stands at a path from now on."""
        await self.line.ask(self.token, "PUT", path, body)
