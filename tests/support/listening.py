"""An application behind a real port, served as `plam serve` serves it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from services.kernel.api.http_protocol import OneWriteProtocol


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[int]:
    """The port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=OneWriteProtocol, ws="none", log_config=None, access_log=False))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running
