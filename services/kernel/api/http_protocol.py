"""HTTP on the wire: uvicorn's protocol, but that an answer leaves in one system call, and that a head has to come in time.

uvicorn writes the head and the body one after the other, and uvloop sends each at once: the second call costs a tenth of a read. It
waits for the head of a request for ever, and would hold open as many connections as somebody cares to begin.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ABSOLUTE_FORM = "plam.absolute_form"

LONGEST_HEAD = 10.0
"""Seconds that the head of a request may take, from the connection or from its first byte to its end."""


class OneWriteProtocol(HttpToolsProtocol):
    """For `uvicorn.Config(http=…)`."""

    _late: asyncio.TimerHandle
    """What ends the connection unless a head comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Puts the gathering between the protocol and its transport."""
        super().connection_made(_BufferedTransport(transport))  # type: ignore[arg-type]  # all that the protocol uses of one
        self._late = self.loop.call_later(LONGEST_HEAD, self.transport.close)

    def on_message_begin(self) -> None:
        """The first byte of a request, the first or a later one of its connection."""
        self._late.cancel()
        self._late = self.loop.call_later(LONGEST_HEAD, self.transport.close)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._late.cancel()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will come."""
        self._late.cancel()
        super().connection_lost(exc)

    def on_url(self, url: bytes) -> None:
        """Says in the scope that a request names a host in its first line too, as one speaks to a proxy: ASGI shows the path alone."""
        if not self.url and not url.startswith(b"/"):
            self.scope[ABSOLUTE_FORM] = True  # type: ignore[literal-required]  # a key of ours
        super().on_url(url)


class _BufferedTransport:
    """A transport that sends what is written in one turn of the event loop at the end of it."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._written: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Keeps the data until the turn ends."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        """Sends what is kept, and closes."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        written, self._written = self._written, []
        if written and not self._transport.is_closing():
            self._transport.writelines(written)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
