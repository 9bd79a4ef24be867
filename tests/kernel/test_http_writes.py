"""What is written in one turn of the event loop leaves in one call; nothing is kept when a connection closes."""

import asyncio

from services.kernel.api.http_protocol import _BufferedTransport


class Transport:
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []
        self.closed = False

    def writelines(self, data: list[bytes]) -> None:
        assert not self.closed
        self.calls.append(b"".join(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def test_head_and_body_leave_together() -> None:
    transport = Transport()
    gathering = _BufferedTransport(transport)
    gathering.write(b"head ")
    gathering.write(b"body")
    assert transport.calls == []
    await asyncio.sleep(0)
    assert transport.calls == [b"head body"]
    gathering.write(b"another")
    await asyncio.sleep(0)
    assert transport.calls == [b"head body", b"another"]


async def test_closing_sends_what_is_kept_first() -> None:
    transport = Transport()
    gathering = _BufferedTransport(transport)
    gathering.write(b"the last words")
    gathering.close()
    await asyncio.sleep(0)
    assert transport.calls == [b"the last words"]
    assert transport.closed


async def test_a_connection_that_the_client_closed_takes_nothing_more() -> None:
    transport = Transport()
    gathering = _BufferedTransport(transport)
    gathering.write(b"too late")
    transport.close()
    await asyncio.sleep(0)
    assert transport.calls == []
    assert gathering.is_closing()
