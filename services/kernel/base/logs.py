"""Structured logs: one JSON line an event, with the correlation id that runs from the request to the figure."""

import logging
import sys
import time
import traceback
from collections.abc import MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from services.kernel.base import clock

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
MOST_CAUSES = 10
LONGEST_WORDS = 10_000

REPEATED_AFTER = 30.0
"""Seconds in which what a library says again is held back."""


def configure(level: str = "info") -> None:
    """Sends our logs, and those of the libraries, to standard error as JSON lines."""
    number = logging.getLevelNamesMapping()[level.upper()]
    stream = sys.__stderr__ or sys.stderr  # the process's own: what stands in its place for a while is closed one day
    structlog.configure(
        processors=[_line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(stream.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_LibraryFormatter())
    handler.addFilter(_Repeated())
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)


def _line(_logger: Any, level: str, event: MutableMapping[str, Any]) -> bytes:
    """All that structlog is asked for, in one step: there is a line a request."""
    if correlation := correlation_id.get():
        event["correlation_id"] = correlation
    event["level"] = level
    event["timestamp"] = clock.real_now()
    if given := event.pop("exc_info", None):
        error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
        if isinstance(error, BaseException):
            event["exception"] = trace(error)
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)


def trace(error: BaseException) -> str:
    """Where an error came from, its causes first, without what it says: messages quote values, which may be secret or personal."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < MOST_CAUSES:
        said = f": {seen}" if isinstance(seen, OSError) else ""
        parts.append(f"{''.join(traceback.format_tb(seen.__traceback__))}{type(seen).__module__}.{type(seen).__qualname__}{said}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "\n".join(reversed(parts))


def _words(record: logging.LogRecord) -> str:
    """What a library says, of a bounded length; an argument that cannot be shown, as one nested too deep, ends no thread."""
    try:
        return record.getMessage()[:LONGEST_WORDS]
    except Exception as error:  # noqa: BLE001  # whatever a library's argument raises when it is shown
        return f"{record.msg} ({type(error).__name__})"[:LONGEST_WORDS]


class _Repeated(logging.Filter):
    """Lets a library say a thing once in a while: a broker that is away makes its driver say the same a hundred times a second.

    What is said is known by the place in the source that says it, and the kind of fault; how often it was held back is told with the next.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written."""
        fault = type(record.exc_info[1]).__name__ if record.exc_info else ""
        place, now = (record.pathname, record.lineno, fault), time.monotonic()
        last, held = self._said.get(place, (-REPEATED_AFTER, 0))
        if now - last < REPEATED_AFTER:
            self._said[place] = last, held + 1
            return False
        self._said[place] = now, 0
        record.held_back = held
        return True


class _LibraryFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        line = {"event": _words(record), "logger": record.name, "level": record.levelname.lower(), "timestamp": at}
        if held := getattr(record, "held_back", 0):
            line["held_back"] = str(held)
        if record.exc_info and record.exc_info[1]:
            line["exception"] = trace(record.exc_info[1])
        return orjson.dumps(line).decode()
