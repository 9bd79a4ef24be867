"""B1: of two processes with two secrets the second does not start, whichever it is; a secret is replaced while nothing runs."""

import asyncio
import time

import pytest

from tests.support.story import tell
from tests.system.patience import patient
from tests.system.processes import Plant, Process, free_port

OTHER = "another secret than that of the tests"
PROCESSES = ("serve", "relay", "worker", "scheduler", "up")


def ended(process: Process, within: float = 30) -> int:
    """The exit status of a process that ends by itself."""
    until = time.monotonic() + within
    while process.running:
        assert time.monotonic() < until, f"il tourne toujours :\n{process.told()}"
        time.sleep(0.05)
    return process.terminate()


async def test_b1_of_two_processes_with_two_secrets_the_second_refuses(
    plant: Plant, steering_token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    address = plant.serve("serve")
    for name in PROCESSES:
        second = plant.start(f"{name}-2", name, PLAM_SECRET=OTHER, PLAM_PORT=str(free_port()))
        assert ended(second) == 1
        assert "chaque personne compterait deux fois" in second.told().replace("\n", " ")
        assert "Traceback" not in second.told()
    plant.start("relay", "relay")
    plant.start("worker", "worker")
    plant.command("import", "communes")
    async with patient(address, steering_token) as client:
        await tell(client)
        plant.command("verify")

        rotation = {"PLAM_SECRET": OTHER, "PLAM_SECRET_PREVIOUS": plant.environment["PLAM_SECRET"]}
        refused = plant.start("rotate-1", "rotate", **rotation)
        assert (ended(refused), "encore connectés" in refused.told()) == (1, True), refused.told()
        assert (await client.get("/recruitment/readyz")).status_code == 200, "what is refused changes nothing"
    for name in ("serve", "relay", "worker"):
        await asyncio.to_thread(plant.processes[name].terminate)
    rotated = plant.start("rotate-2", "rotate", **rotation)
    assert ended(rotated) == 0, rotated.told()
    assert ended(plant.start("old", "worker")) == 1
    plant.environment |= {"PLAM_SECRET": OTHER}
    verified = plant.command("verify")
    with capsys.disabled():
        print(rotated.told(), verified)


def test_b1_a_process_waits_for_a_database_that_is_away_and_ends_on_a_signal(plant: Plant) -> None:
    for name in ("serve", "relay", "worker", "scheduler"):
        waiting = plant.start(name, name, PLAM_DATABASE_URL="postgresql://127.0.0.1:1/none", PLAM_PORT=str(free_port()))
        until = time.monotonic() + 30
        while "process.database_away" not in waiting.told():
            assert waiting.running, waiting.told()
            assert time.monotonic() < until, waiting.told()
            time.sleep(0.05)
        assert waiting.terminate() in (0, 143)
        assert "Traceback" not in waiting.told()
