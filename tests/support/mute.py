"""A network between PlaM and its database that falls silent: connections stay open, and nothing comes through any more."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit, urlunsplit

BLOCK = 65_536
_FIELDS = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
TERMINATED = b"E" + (len(_FIELDS) + 4).to_bytes(4) + _FIELDS
"""What PostgreSQL says to a connection that it is about to close: the end of the stream comes a moment later."""


class Mute:
    """A relay of bytes on loopback, which can be told to keep what it is given."""

    def __init__(self, url: str) -> None:
        self.silent = asyncio.Event()
        self._target = urlsplit(url)
        self._port = 0
        self._relays: list[asyncio.Task[None]] = []
        self._clients: list[asyncio.StreamWriter] = []

    def terminate(self) -> None:
        """Says on every connection what a server says that ends, before it closes them."""
        for client in self._clients:
            if not client.is_closing():
                client.write(TERMINATED)

    @property
    def url(self) -> str:
        """The database's URL, by way of this relay."""
        user = self._target.username or "postgres"
        return urlunsplit(self._target._replace(netloc=f"{user}@127.0.0.1:{self._port}", query=""))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Mute"]:
        """Relays until the block is left."""
        server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for relay in self._relays:
                relay.cancel()
            await asyncio.gather(*self._relays, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.append(writer)
        self._relays.append(asyncio.create_task(self._relay(reader, writer)))

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await self._connect()
        try:
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        finally:
            writer.close()
            back.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        options = parse_qs(self._target.query)
        if folder := options.get("host"):
            return await asyncio.open_unix_connection(f"{folder[0]}/.s.PGSQL.{options['port'][0]}")
        return await asyncio.open_connection(self._target.hostname, self._target.port or 5432)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while block := await reader.read(BLOCK):
                if not self.silent.is_set():
                    writer.write(block)
                    await writer.drain()
            writer.close()
