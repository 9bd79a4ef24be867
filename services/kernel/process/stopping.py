"""How a process ends on SIGTERM or SIGINT: in order and within a bound, with status 0; a second signal ends it at once."""

import asyncio
import os
import signal
import threading

import structlog

log = structlog.get_logger(__name__)

LONGEST_STOP = 13.0
"""Seconds that ending in order may take, the drain apart. What is cut short then comes again: it is in a row."""


class Stopping:
    """Whether the process is to end. Made in the event loop that is to hear of it."""

    def __init__(self, drain: float = 0) -> None:
        self.begun = asyncio.Event()
        self.drain = drain

    def listen(self) -> None:
        """Takes SIGTERM and SIGINT from here on."""
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._hear, number)

    def _hear(self, number: int) -> None:
        if self.begun.is_set():
            log.warning("process.ended_at_once")
            os._exit(128 + number)
        self.begun.set()
        log.info("process.stopping", drain=self.drain)
        last = threading.Timer(self.drain + LONGEST_STOP, _cut_short)  # whatever a driver or a broker's thread still waits for
        last.daemon = True
        last.start()


def _cut_short() -> None:
    log.warning("process.cut_short")
    os._exit(0)
