"""`python -m tests.releases NAME`: keeps what this release leaves behind, as `tests/releases/NAME`.

An installation told by the release itself over HTTP on a real server (`PLAM_TEST_DATABASE_URL`): `sound`, after the seeded story. That of
0.1 was kept `damaged` too, after another process went on with another secret, which no later release lets happen. Run it from the commit
that is to be kept, before anything changes.
"""

import asyncio
import json
import lzma
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from services.contracts.codes import STAFF
from services.kernel.api.auth import Tokens
from services.kernel.base import clock
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from services.plam import SERVICES
from tests.support.database import database_url
from tests.support.keys import token_keys
from tests.support.story import tell
from tests.system.conftest import _run as run_on_server
from tests.system.processes import Process, free_port, wait_ready

HERE = Path(__file__).parent
SECRET = "the secret of an old installation"
META_COMMAND = re.compile(r"^\\.*\n", re.MULTILINE)


@contextmanager
def installation(server: str) -> Iterator[str]:
    """A new database on the server, dropped in the end."""
    name = f"plam_release_{os.getpid()}"
    asyncio.run(run_on_server(server, f'CREATE DATABASE "{name}"'))
    try:
        yield database_url(server, name)
    finally:
        asyncio.run(run_on_server(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


class Release:
    """`plam` of this release on one database, in a folder of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.port = folder, url, free_port()
        self.address = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[httpx.AsyncClient]:
        """The whole system; a client who may do everything."""
        process = Process(["up"], self._environment(), self.folder / "up.log")
        process.start()
        try:
            wait_ready(self.address, "recruitment", process)
            token = Tokens(Settings(home=self.folder)).issue(Principal(somebody("a release"), frozenset(STAFF)), timedelta(hours=1))
            yield httpx.AsyncClient(base_url=self.address, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        finally:
            process.terminate()

    def command(self, *arguments: str) -> str:
        """Runs a command to its end, whatever its verdict; what it printed."""
        command = [sys.executable, "-m", "services.plam", *arguments]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, timeout=300, check=False)
        return done.stdout + done.stderr

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(HERE.parents[1]),
            "PLAM_HOME": str(self.folder),
            "PLAM_PORT": str(self.port),
            "PLAM_DATABASE_URL": self.url,
            "PLAM_SECRET": SECRET,
            "PLAM_TOKEN_KEYS": token_keys(self.folder),
            "PLAM_LOG_LEVEL": "warning",
        }


async def figures(client: httpx.AsyncClient) -> dict[str, Any]:
    """Every figure of today, with the instant at which it was known."""
    answer = await client.get("/observatory/v1/values", params={"as_of": clock.today().isoformat()})
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def dump(url: str, file: Path) -> None:
    """Every schema as SQL text that any driver runs: rows as INSERT, without psql's own commands."""
    schemas = [word for service in SERVICES for word in ("--schema", service.name)]
    text = subprocess.run(
        ["pg_dump", "--inserts", "--rows-per-insert=500", *schemas, url], capture_output=True, text=True, check=True
    ).stdout
    file.write_bytes(lzma.compress(META_COMMAND.sub("", text).encode(), preset=9 | lzma.PRESET_EXTREME))


async def _tell(release: Release) -> dict[str, Any]:
    with release.running() as client:
        async with client:
            await tell(client)
            await asyncio.to_thread(release.command, "verify")
            return await figures(client)


def main(name: str) -> None:
    """Tells the story, and dumps."""
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    with tempfile.TemporaryDirectory() as home, installation(os.environ["PLAM_TEST_DATABASE_URL"]) as url:
        known = {"commit": commit, "secrets": {"sound": SECRET}, "sound": asyncio.run(_tell(Release(Path(home), url)))}
        dump(url, folder / "sound.sql.xz")
    (folder / "figures.json").write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
