"""PlaM itself, `plam up`, on a database and a port of its own: what a run attacks is what a person starts."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.database import SECRET
from tests.support.keys import token_keys

STARTS_WITHIN = 120


@contextmanager
def serving(home: Path, database_url: str) -> Iterator[str]:
    """The address of a PlaM that serves until the end of the context. Its log stays in `home`."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "PLAM_HOME": str(home),
        "PLAM_PORT": str(port),
        "PLAM_DATABASE_URL": database_url,
        "PLAM_TOKEN_KEYS": token_keys(home),
        "PLAM_BROKER_URL": "memory://",
        "PLAM_SECRET": SECRET,
        "PLAM_LOG_LEVEL": "warning",
        # a busy machine is slow, and a slow answer is not what is looked for here
        "PLAM_REQUEST_TIMEOUT": "20",
        "PLAM_STATEMENT_TIMEOUT": "20",
        "PLAM_LOCK_TIMEOUT": "10",
        "PLAM_ACQUIRE_TIMEOUT": "10",
    }
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "services.plam", "up"], env=environment, stdout=log, stderr=log)
        try:
            _wait(process, address, home / "server.log")
            yield address
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    with httpx.Client(timeout=2) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if client.get(f"{address}/observatory/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass  # not yet
            time.sleep(0.1)
    raise RuntimeError(f"PlaM did not start:\n{log.read_text()[-2000:]}")
