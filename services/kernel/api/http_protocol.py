"""HTTP on the wire: uvicorn's protocol, but that the head and the body of an answer leave in one system call.

uvicorn writes them one after the other, and uvloop sends each at once: the second call costs a tenth of a read.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ABSOLUTE_FORM = "plam.absolute_form"


class OneWriteProtocol(HttpToolsProtocol):
    """For `uvicorn.Config(http=…)`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Puts the gathering between the protocol and its transport."""
        super().connection_made(_BufferedTransport(transport))  # type: ignore[arg-type]  # all that the protocol uses of one

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
