"""Clients that begin and do not go on: each is told so, or let go, in a bounded time."""

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from services.kernel.api import http_protocol
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from tests.kernel.http_world import World, tables
from tests.support.database import STUCK
from tests.support.listening import listening

HEAD = b"POST /actions/v1/scratch HTTP/1.1\r\nHost: plam.test\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n"


@pytest.fixture
async def port(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The world behind a real port; heads have 0.3 s, requests 1 s."""
    monkeypatch.setattr(http_protocol, "LONGEST_HEAD", 0.3)
    databases = Databases(settings.model_copy(update={"request_timeout": 1.0}))
    async with tables(settings), listening(World().app(databases)) as number:
        yield number


async def left_open(port: int, *sent: bytes) -> bytes:
    """What comes back until the server ends the connection; it is given `sent`, with a pause between the parts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in sent:
        writer.write(part)
        await asyncio.sleep(0.05)
    answered = await asyncio.wait_for(reader.read(), STUCK)
    writer.close()
    return answered


@pytest.mark.parametrize("sent", [b"", b"GET /act", HEAD[:-2]])
async def test_b9_a_head_that_does_not_end_ends_the_connection(port: int, sent: bytes) -> None:
    assert await left_open(port, sent) == b""


async def test_b9_the_head_of_a_later_request_has_to_end_too(port: int) -> None:
    first, rest = b"GET /actions/livez HTTP/1.1\r\nHost: plam.test\r\n\r\n", b"GET /actions/livez HT"
    answered = await left_open(port, first, rest)
    assert answered.startswith(b"HTTP/1.1 200")
    assert answered.count(b"HTTP/1.1") == 1


async def test_a_connection_that_rests_between_two_requests_is_kept(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET /actions/livez HTTP/1.1\r\nHost: plam.test\r\n\r\n")
        assert b"200" in await asyncio.wait_for(reader.readline(), STUCK)
        await reader.readuntil(b"}")
        await asyncio.sleep(0.5)
    writer.close()


@pytest.mark.parametrize("body", [b"", b'{"id":'])
async def test_b9_a_body_that_does_not_come_is_408(port: int, body: bytes) -> None:
    head, _, told = (await left_open(port, HEAD, body)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in head.lower()
    problem = orjson.loads(told)
    assert problem["type"].endswith("request-timeout")
    assert "renvoyez-la" in problem["detail"]
