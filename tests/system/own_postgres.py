"""A PostgreSQL of a test's own, on TCP: to be restarted, frozen and thawed without harm to anybody."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.kernel.process.embedded import _run, binaries
from tests.system.processes import free_port

OLDEST = "/15/"
"""The release that production may have; any other serves where it is not installed."""


class OwnPostgres:
    """A server in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        found = binaries()
        self._programs = next((each for each in found if OLDEST in str(each)), found[0])
        self._data = folder / "data"
        self._log = folder / "postgres.log"
        self._port = free_port()
        self._frozen: list[int] = []
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Makes the server and starts it."""
        initdb: list[object] = ["-D", self._data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        _run([self._programs / "initdb", *initdb], as_server=True)
        with (self._data / "postgresql.conf").open("a") as configuration:
            configuration.write(
                f"port = {self._port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\n"
            )
        self._control("start", "-l", self._log)

    def restart(self) -> None:
        """As an operator does: every connection is closed, and it is back when this returns."""
        self._control("restart", "-m", "fast", "-l", self._log)

    def stop(self) -> None:
        """For good."""
        self.thaw()
        self._control("stop", "-m", "immediate")

    def freeze(self) -> None:
        """Stops all its processes where they are: connections stay open, and nothing is answered."""
        postmaster = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGSTOP)  # first: it makes no more
        self._frozen = [postmaster, *_children(postmaster)]
        for process in self._frozen[1:]:
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets them go on."""
        frozen, self._frozen = self._frozen, []
        for process in reversed(frozen):
            os.kill(process, signal.SIGCONT)

    def _control(self, verb: str, *options: object) -> None:
        _run([self._programs / "pg_ctl", verb, "-s", "-w", "-t", 60, "-D", self._data, *options], as_server=True)


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task/{process}/children")
    return [int(number) for number in tasks.read_text().split()]


@contextmanager
def own_postgres(folder: Path) -> Iterator[OwnPostgres]:
    """One that is running, for as long as the block does."""
    folder.mkdir(exist_ok=True)
    made = OwnPostgres(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()
