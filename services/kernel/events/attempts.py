"""Attempts: what a worker does is tried again, after pauses, while the database is the one that fails."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog

from services.kernel.data.database_errors import RETRYABLE

log = structlog.get_logger(__name__)

PAUSES = (0.1, 0.5, *[1.0] * 7)
"""Seconds between attempts; together under the relay's lease."""

T = TypeVar("T")


async def attempted(run: Callable[[], Awaitable[T]], event: str, **said: Any) -> T | None:
    """What `run` gives once the database lets it; None when it kept failing. Each failure is a warning, `event` its name."""
    for pause in (*PAUSES, None):
        try:
            return await run()
        except RETRYABLE as error:
            log.warning(event, pause=pause, error=repr(error), **said)
            if pause is not None:
                await asyncio.sleep(pause)
    return None
