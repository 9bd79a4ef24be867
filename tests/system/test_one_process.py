"""`plam up` on the embedded database: the README's tour as it is written, the whole story, and a `kill -9` in the middle of writing."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from services.contracts.codes import STAFF
from tests.support.story import action_of, make, tell
from tests.system.patience import patient
from tests.system.processes import Process, free_port, wait_ready

ROOT = Path(__file__).parents[2]
TOUR = re.compile(r"## Five minutes.*?```sh\n(.*?)```", re.DOTALL)
KILLS = 3


class Alone:
    """One `plam up` in a data folder of its own."""

    def __init__(self, folder: Path, root: Path = ROOT) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLAM_")}
        self.environment = {
            **inherited,
            "PYTHONPATH": str(root),
            "PYTHONSAFEPATH": "1",  # that of `root`, whatever folder the tests run in
            "PLAM_HOME": str(folder / "h"),
            "PLAM_PORT": str(self.port),
            "PLAM_LOG_LEVEL": "warning",
        }
        self.process = Process(["up"], self.environment, folder / "up.log")

    def start(self) -> None:
        """Starts it, and waits until every service answers."""
        self.process.start()
        wait_ready(self.address, "recruitment", self.process)

    def command(self, *arguments: str) -> str:
        """Runs another command beside it; what it printed."""
        command = [sys.executable, "-m", "services.plam", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, f"{arguments} → {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def client(self) -> httpx.AsyncClient:
        """A client who may do everything."""
        roles = [argument for role in STAFF for argument in ("--role", role.value)]
        token = self.command("token", *roles).strip()
        return patient(self.address, token)


@pytest.fixture
def alone(postgres: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """A `plam up` that is running."""
    made = Alone(tmp_path_factory.mktemp("up"))
    made.start()
    yield made
    if made.process.running:
        made.process.terminate()


def test_a_signal_ends_the_database_too(alone: Alone) -> None:
    started = list(Path(alone.environment["PLAM_HOME"]).rglob("postmaster.pid"))
    assert (len(started), alone.process.terminate()) == (1, 0)
    assert not started[0].exists()


def test_the_readme_s_tour_ends_with_a_figure_that_moved(alone: Alone) -> None:
    found = TOUR.search((ROOT / "README.md").read_text("utf-8"))
    assert found is not None
    tour = found[1].replace("http://127.0.0.1:8000", alone.address).replace(".venv/bin/plam", f"{sys.executable} -m services.plam")

    done = subprocess.run(["bash", "-euo", "pipefail", "-c", tour], env=alone.environment, capture_output=True, timeout=60, check=True)

    axes, before, _action, _submitted, after = (orjson.loads(line) for line in done.stdout.splitlines() if line.strip())
    assert len(axes["items"]) == 7
    assert after["numerator"] == before["numerator"] + 1


async def test_the_whole_story_is_sound_in_one_process(alone: Alone, capsys: pytest.CaptureFixture[str]) -> None:
    async with alone.client() as client:
        await tell(client)

    verified = alone.command("verify")

    with capsys.disabled():
        print(f"\n{verified}")
    assert "encore en route" not in verified


async def test_killed_while_writing_it_comes_back_whole(alone: Alone) -> None:
    acknowledged: set[str] = set()
    for _ in range(KILLS):
        enough = asyncio.Event()
        async with alone.client() as client:
            writing = asyncio.create_task(_write(client, acknowledged, enough))
            await asyncio.wait_for(enough.wait(), 30)
            assert not writing.done()
            alone.process.kill()
            await writing
        await asyncio.to_thread(alone.start)

    verified = alone.command("verify")

    async with alone.client() as client:
        stored: set[str] = set()
        query = {"limit": "200"}
        while True:
            page = (await client.get("/actions/v1/actions", params=query)).json()
            stored |= {item["ref"] for item in page["items"]}
            if page["next"] is None:
                break
            query["after"] = page["next"]
    assert acknowledged <= stored
    assert "encore en route" not in verified


async def _write(client: httpx.AsyncClient, acknowledged: set[str], enough: asyncio.Event) -> None:
    """Creates actions until the process is gone, and says when it is well under way."""
    before = len(acknowledged)
    try:
        while True:
            acknowledged.add((await make(client, "/actions/v1/actions", **action_of()))["ref"])
            if len(acknowledged) == before + 10:
                enough.set()
    except httpx.TransportError:
        return
