"""PlaM's processes as an operator runs them: started by the command line, killed by their number."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.support.database import SECRET
from tests.support.keys import token_keys

PATIENCE = 60.0


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process:
    """One `plam` command, with what it prints kept in a file."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.arguments = arguments
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, or starts it again."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.plam", *self.arguments], env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """`kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def terminate(self, patience: float = 20) -> int:
        """SIGTERM, then its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(patience)

    @property
    def running(self) -> bool:
        """Whether it is still there."""
        return self._process is not None and self._process.poll() is None

    def told(self) -> str:
        """What it has printed so far."""
        return self._log.read_text("utf-8", errors="replace")


class Plant:
    """A system of several processes on one database and one broker, in a folder of its own."""

    def __init__(self, folder: Path, database_url: str, broker_url: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PLAM_HOME": str(folder / "home"),
            "PLAM_DATABASE_URL": database_url,
            "PLAM_BROKER_URL": broker_url,
            "PLAM_SECRET": SECRET,
            "PLAM_TOKEN_KEYS": token_keys(folder / "home"),
            "PLAM_LOG_LEVEL": "warning",
            "PLAM_WORKER_THREADS": "2",  # other tests of the system work on the same server, whose connections are counted
        }
        self.processes: dict[str, Process] = {}

    def __enter__(self) -> Self:
        """Migrates the database and loads the plan."""
        self.command("migrate")
        self.command("import", "plan")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Ends every process that is left."""
        for process in self.processes.values():
            process.kill()
        if error is not None:
            for name, process in self.processes.items():
                sys.stderr.write(f"── {name}\n{process.told()[-4000:]}\n")

    def command(self, *arguments: str) -> str:
        """Runs a command to its end; what it printed. Fails when it does."""
        done = subprocess.run(
            [sys.executable, "-m", "services.plam", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"plam {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, name: str, *arguments: str, **environment: str) -> Process:
        """Starts a process under a name."""
        process = Process(list(arguments), {**self.environment, **environment}, self.folder / f"{name}.log")
        self.processes[name] = process
        process.start()
        return process

    def serve(self, name: str, *services: str, port: int | None = None, **environment: str) -> str:
        """Starts `plam serve`, and waits until it answers; its address."""
        port = port or free_port()
        process = self.start(name, "serve", *services, PLAM_PORT=str(port), **environment)
        address = f"http://127.0.0.1:{port}"
        wait_ready(address, services[0] if services else "actions", process)
        return address

    def work(self, name: str, **environment: str) -> Process:
        """Starts a relay, a worker or a scheduler, and waits until it is at work."""
        port = free_port()
        process = self.start(name, name, PLAM_METRICS_PORT=str(port), **environment)
        _wait(f"http://127.0.0.1:{port}/metrics", process)
        time.sleep(1.5)  # it listens, or consumes: what answers first are its metrics
        return process


def wait_ready(address: str, service: str, process: Process | None = None) -> None:
    """Waits until a service says that it is ready."""
    _wait(f"{address}/{service}/readyz", process)


def _wait(url: str, process: Process | None) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process is not None and not process.running:
            raise AssertionError(f"le processus s'est arrêté :\n{process.told()[-4000:]}")
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"{url} n'a pas répondu en {PATIENCE:.0f} s")
