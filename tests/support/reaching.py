"""Which tests need a database is read from their fixtures; a test without those that reaches PostgreSQL all the same fails.

All stand on the fixture `postgres`, whichever way they come to their server, and thus have the marker `database`.
The others are watched by Python's own audit events: nothing of ours is replaced.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

FIXTURE = "postgres"
SOCKET = re.compile(r"\.s\.PGSQL\.\d+$")
PORTS = {5432, urlsplit(os.environ.get("PLAM_TEST_DATABASE_URL", "")).port}
STARTERS = {"postgres", "pg_ctl", "initdb", "services.plam", "plam"}
REFUSAL = (
    "{what}, and no fixture says so: a test that needs PostgreSQL asks for the fixture `postgres`, or for one that stands on it "
    "(tests/conftest.py), so that `make check` leaves it out"
)

refused: list[str] = []
"""What the test under way was refused: the code that it tests may have kept the refusal to itself."""

_watching = False


def mark(items: Sequence[pytest.Item]) -> None:
    """Gives the marker `database` to the tests that need one."""
    for item in items:
        if FIXTURE in getattr(item, "fixturenames", ()):
            item.add_marker("database")


@contextmanager
def watched(item: pytest.Item) -> Iterator[None]:
    """While a part of a test runs, whatever reaches PostgreSQL fails, unless the test has the marker."""
    global _watching  # noqa: PLW0603  # audit hooks are the process's, and stay: this one is told when to look
    _watching = item.get_closest_marker("database") is None
    try:
        yield
    finally:
        _watching = False
        found, refused[:] = refused[:], []
    if found:
        pytest.fail(found[0], pytrace=False)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and (event in ("socket.connect", "subprocess.Popen")):
        reached = _connection(arguments[1]) if event == "socket.connect" else _start(arguments[1])
        if reached:
            refused.append(REFUSAL.format(what=reached))
            pytest.fail(refused[-1])


def _connection(address: Any) -> str | None:
    if isinstance(address, tuple):
        return f"this test connects to port {address[1]}" if address[1] in PORTS else None
    path = os.fsdecode(address)
    return f"this test connects to {path}" if SOCKET.search(path) else None


def _start(command: Any) -> str | None:
    words = [command] if isinstance(command, str | bytes | os.PathLike) else command
    names = (Path(os.fsdecode(word)).name for word in words)
    return next((f"this test starts {name}" for name in names if name in STARTERS), None)


sys.addaudithook(_audit)
