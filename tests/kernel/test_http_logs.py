"""Logs: one JSON line a request whatever is in it, and no secret in any."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.kernel.base.settings import Settings
from tests.kernel.http_world import tables
from tests.kernel.logged_requests import CANARY
from tests.support.database import STUCK

ROOT = Path(__file__).parents[2]
ALLOWED = {"request", "request.broken", "database.unavailable", "database.connection_lost"}


@pytest.fixture
async def logged(settings: Settings, tmp_path: Path) -> tuple[bytes, int, str]:
    """What the process wrote on its standard error, how many requests it answered, and the token of its caller."""
    assert settings.database_url is not None
    async with tables(settings):
        made = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "tests.kernel.logged_requests", settings.database_url.get_secret_value(), str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            timeout=STUCK,
            check=False,
        )
    assert made.returncode == 0, made.stderr[-2_000:].decode()
    sent, token = made.stdout.decode().split()
    return made.stderr, int(sent), token


async def test_every_request_is_one_line_of_json_and_no_secret_is_in_it(logged: tuple[bytes, int, str]) -> None:
    output, sent, token = logged
    lines: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) == sent
    assert {line["event"] for line in lines} <= ALLOWED
    assert all(len(line["correlation_id"]) == 32 for line in lines)
    for character in ("\r", "\x1b", "\x00", "\u2028", "\x85"):
        assert character.encode() not in output
    for secret in (token, token.rpartition(".")[2], CANARY.encode().hex()):
        assert secret not in output.decode()
    assert CANARY not in output.decode()
    assert {line["status"] for line in requests if line["operation"] == "breakScratch"} == {500}
    broken = [line for line in lines if line["event"] == "request.broken"]
    assert len(broken) == 3
    assert all("RuntimeError" in line["exception"] for line in broken)
