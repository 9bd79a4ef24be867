"""The outermost layer of the process: request ids, one log line and one metric a request, and no answer without a body of ours."""

import time
from functools import lru_cache
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kernel.api import metrics
from services.kernel.base import ids
from services.kernel.base.logs import correlation_id
from services.kernel.base.problems import Problem, TooLarge

log = structlog.get_logger(__name__)

MOST_HEADERS = 100
LONGEST_HEADERS = 32_768
VARY = (b"vary", b"Accept-Encoding")
SAFE_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


class RequestMiddleware:
    """Pure ASGI, around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; whatever goes wrong inside is a problem, and the connection stays usable."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        token = correlation_id.set(request_id)
        heads = scope["method"] == "HEAD"
        if heads:
            scope = {**scope, "method": "GET"}  # a copy: the server goes on by its own, and expects no body of a HEAD
        status = 0

        async def reply(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                varies = () if _varies(message["headers"]) else (VARY,)
                message["headers"] = [*message["headers"], *SAFE_HEADERS, *varies, (b"x-request-id", request_id.encode())]
            elif heads:
                message = {**message, "body": b""}
            await send(message)

        try:
            if _oversized(scope):
                await TooLarge("Trop d'en-têtes.").response(request_id)(scope, receive, reply)
            else:
                await self.app(scope, receive, reply)
        except Exception:
            log.exception("request.broken", method=scope["method"], path=scope["path"][:200])
            if not status:
                await Problem("Erreur interne : citez request_id au support.").response(request_id)(scope, receive, reply)
        finally:
            _account(scope, status, time.perf_counter() - started)
            correlation_id.reset(token)


def _account(scope: Scope, status: int, seconds: float) -> None:
    service = scope.get("plam.service", "")
    route: Any = scope.get("route")
    operation = getattr(route, "operation_id", None) or "other"
    _count(service, operation, status).inc()
    _time(service).observe(seconds)
    log.info("request", service=service, operation=operation, method=scope["method"], status=status, ms=round(seconds * 1000, 2))


@lru_cache(2_000)
def _count(service: str, operation: str, status: int) -> Counter:
    return metrics.REQUESTS.labels(service, operation, status)


@lru_cache(20)
def _time(service: str) -> Histogram:
    return metrics.SECONDS.labels(service)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            try:
                return UUID(value.decode("ascii")).hex
            except ValueError:
                break  # not an id of the form that logs can trust: a fresh one
    return ids.new().hex


def _varies(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether an answer says that it depends on `Accept-Encoding`: `Compression` says it of what it might have compressed."""
    return any(name == b"vary" and b"Accept-Encoding" in value for name, value in headers)


def _oversized(scope: Scope) -> bool:
    headers = scope["headers"]
    return len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > LONGEST_HEADERS
