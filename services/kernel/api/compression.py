"""gzip, for who accepts it: with the same ETag, since it is the same document."""

import re

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

SMALLEST = 1_024
"""Bytes below which an answer goes as it is."""
LEVEL = 6
_accepted = re.compile(rb"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")


class Compression:
    """Pure ASGI, around the application. Who accepts no gzip passes by the application alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._compressed = GZipMiddleware(app, minimum_size=SMALLEST, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        accepts = scope["type"] == "http" and any(
            name == b"accept-encoding" and _accepted.search(value) for name, value in scope["headers"]
        )
        await (self._compressed if accepts else self.app)(scope, receive, send)
