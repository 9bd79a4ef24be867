"""`make check` runs every test that needs no database: which ones is read from their fixtures, and one that hides its need fails."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from tests.support.reaching import refused, watched

Refused = pytest.fail.Exception


def test_a_test_without_a_database_is_not_marked(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("database") is None


def test_a_test_that_stands_on_a_database_is_marked(request: pytest.FixtureRequest, server: str) -> None:
    assert request.node.get_closest_marker("database")


def provoke(what: str, folder: Path) -> None:
    """Reaches PostgreSQL by one of the ways there are."""
    match what:
        case "a connection":
            asyncio.run(asyncpg.connect(f"postgresql://postgres@/postgres?host={folder}"))
        case "a connection over TCP":
            with socket.socket() as client:
                client.connect(("127.0.0.1", 5432))
        case "a server":
            subprocess.run([folder / "pg_ctl", "start"], check=False)
        case "a process of ours":
            subprocess.run([sys.executable, "-m", "services.plam", "doctor"], check=False)
        case _:
            raise AssertionError(what)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("a connection", r"connects to .*\.s\.PGSQL\.5432"),
        ("a connection over TCP", "connects to port 5432"),
        ("a server", "starts pg_ctl"),
        ("a process of ours", r"starts services\.plam"),
    ],
)
def test_a_test_that_hides_its_need_fails_in_a_sentence(what: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=f"this test {said}.* asks for the fixture `postgres`"):
        provoke(what, tmp_path)
    assert len(refused) == 1
    refused.clear()  # or this test would fail of it


def test_a_refusal_that_the_code_under_test_keeps_to_itself_fails_the_test(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"starts pg_ctl"), watched(request.node), pytest.raises(Refused):
        provoke("a server", tmp_path)
