"""A look that many may ask for, and that is taken once: anonymous callers, however many, cost no more than one."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any


class SharedLook:
    """Who asks while a look is under way gets that one; who asks within `kept` seconds of its end, the last. A fault is told to each."""

    def __init__(self, look: Callable[[], Awaitable[Any]], *, kept: float = 0.0) -> None:
        self._look = look
        self._kept = kept
        self._task: asyncio.Task[None] | None = None
        self._ended = 0.0

    async def __call__(self) -> None:
        """Returns once a look has been taken. Raises what it raised."""
        loop = asyncio.get_running_loop()
        task = self._task
        if task is None or task.get_loop() is not loop or (task.done() and time.monotonic() - self._ended >= self._kept):
            task = self._task = loop.create_task(self._taken())
        await asyncio.shield(task)  # whoever asked first may leave: the others stay

    async def _taken(self) -> None:
        try:
            await self._look()
        finally:
            self._ended = time.monotonic()
