"""What libraries say: with the hour, in a line of JSON, and not a hundred times a second."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from services.kernel.base import logs


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[logging.Logger, io.BytesIO]]:
    """A library's logger, and what the process writes of it."""
    written = io.BytesIO()
    monkeypatch.setattr("sys.__stderr__", io.TextIOWrapper(written, write_through=True))
    logs.configure("info")
    yield logging.getLogger("pika.adapters"), written
    monkeypatch.undo()
    logs.configure("warning")


def lines(written: io.BytesIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_o9_a_library_s_line_has_its_hour(library: tuple[logging.Logger, io.BytesIO]) -> None:
    logger, written = library
    logger.error("Socket failed to connect: %s", "[Errno 111]")
    [line] = lines(written)
    assert line["event"] == "Socket failed to connect: [Errno 111]"
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() is not None


def test_o9_a_library_that_repeats_itself_is_held_back(library: tuple[logging.Logger, io.BytesIO], monkeypatch: pytest.MonkeyPatch) -> None:
    logger, written = library

    def failed(error: Exception | None = None) -> None:
        logger.error("Socket %s failed to connect", id(error), exc_info=error)

    for _ in range(1_110):
        failed()
    failed(OSError("another fault at the same place"))
    assert len(lines(written)) == 2
    logger.error("another place")
    assert len(lines(written)) == 3
    monkeypatch.setattr(logs, "REPEATED_AFTER", 0.0)
    failed()
    assert lines(written)[-1]["held_back"] == "1109"
