"""Structured logs: one JSON line an event, with the correlation id that runs from the request to the figure."""

import logging
import sys
from contextvars import ContextVar
from typing import Any

import orjson
import structlog

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")


def configure(level: str = "info") -> None:
    """Sends our logs, and those of the libraries, to standard error as JSON lines."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _correlate,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_LibraryFormatter())
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)


def _correlate(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    if correlation := correlation_id.get():
        event["correlation_id"] = correlation
    return event


def _dumps(event: dict[str, Any], **_options: Any) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)


class _LibraryFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()
