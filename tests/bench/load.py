"""The load generator: HTTP/1.1 over a few kept connections of loopback, with as little work of its own as can be."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

CONNECTIONS = 8


@dataclass
class Round:
    """What one round of requests brought back."""

    wanted: bytes
    bodies: list[bytes] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)


class _Connection(asyncio.Protocol):
    """Sends one request after the other, from a queue that all connections share."""

    def __init__(self, queue: list[bytes], round_: Round, deadline: float) -> None:
        self.queue, self.round, self.deadline = queue, round_, deadline
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = bytearray()
        self.transport: asyncio.Transport | None = None
        self.sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self.received += data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self.received[:end]).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
        if len(self.received) < end + 4 + length:
            return
        body = bytes(self.received[end + 4 :])
        self.received.clear()
        self.round.seconds.append(time.perf_counter() - self.sent)
        if head.startswith(b"http/1.1 " + self.round.wanted):
            self.round.bodies.append(body)
        else:
            self.round.refused.append(head + b"\n" + body)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(ConnectionError(f"the server hung up: {exc}"))

    def _next(self) -> None:
        assert self.transport is not None
        if self.queue and time.perf_counter() < self.deadline:
            self.sent = time.perf_counter()
            self.transport.write(self.queue.pop())
        else:
            self.ended.set_result(None)
            self.transport.close()


async def send(port: int, requests: Sequence[bytes], *, wanted: int = 200, connections: int = CONNECTIONS, seconds: float = 5.0) -> Round:
    """Sends the requests, until they or the time are used up. Raises `AssertionError` for an answer of another status."""
    round_ = Round(str(wanted).encode())
    queue = list(reversed(requests))
    deadline = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: _Connection(queue, round_, deadline), "127.0.0.1", port) for _ in range(connections)]
    await asyncio.gather(*(connection.ended for _, connection in made))
    assert not round_.refused, round_.refused[0].decode()
    return round_


def get(path: str, **headers: str) -> bytes:
    """A GET request, as bytes."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json", *_lines(headers)]
    return "\r\n".join([*lines, "", ""]).encode()


def post(path: str, body: object, **headers: str) -> bytes:
    """A POST request of JSON, as bytes."""
    content = orjson.dumps(body)
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Content-Length: {len(content)}", *_lines(headers), "", ""]).encode() + content


def _lines(headers: dict[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items()]
