"""`plam demo`: a new folder played, verified and served at its last day; twice, it has the same rows, versions and figures."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx

from services.kernel.base import clock
from tests.system.processes import Process, free_port, wait_ready

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"│ (\w+) +│ (\w+) +│ (\d+) +│ (\d+) +│")
PATIENCE = 300
Counts = dict[tuple[str, str], tuple[int, int]]


@dataclass(frozen=True)
class Folder:
    """A demonstration's folder, and the commands on it."""

    home: Path

    def plam(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """A command: its status, and all that it printed."""
        command = [sys.executable, "-m", "services.plam", *arguments]
        done = subprocess.run(
            command,
            env=self._environment() | variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            cwd=self.home.parent,
        )
        return done.returncode, done.stdout + done.stderr

    def played(self, *options: str) -> Counts:
        """Plays in it: rows and versions, by service and table, as the command says them."""
        status, said = self.plam("demo", *options)
        assert status == 0, said
        assert f"jusqu'au 30 septembre 2026, dans {self.home}" in said
        assert f"PLAM_HOME={self.home} plam up" in said
        return {(service, table): (int(rows), int(versions)) for service, table, rows, versions in ROW.findall(said)}

    @contextmanager
    def served(self) -> Iterator[httpx.Client]:
        """A client with a token of the steering, while `plam up` serves it."""
        environment = self._environment() | {"PLAM_PORT": str(free_port()), "PLAM_LOG_LEVEL": "warning"}
        process, address = (
            Process(["up"], environment, self.home.parent / f"{self.home.name}.log"),
            f"http://127.0.0.1:{environment['PLAM_PORT']}",
        )
        process.start()
        try:
            wait_ready(address, "observatory", process)
            token = self.plam("token", "--role", "steering")[1].strip()
            with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
                yield client
        finally:
            process.terminate()

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLAM_")}
        return {**inherited, "PYTHONPATH": str(ROOT), "PLAM_HOME": str(self.home), "COLUMNS": "200"}


def figures(client: httpx.Client) -> dict[str, Any]:
    """Every figure, of the region and by what it may be broken down by, and the day that they are of."""
    region = client.get("/observatory/v1/values").json()
    found: dict[str, Any] = {"as_of": region["as_of"]}
    for one in client.get("/observatory/v1/indicators").json()["items"]:
        for dimension in one["dimensions"]:
            answer = client.get(f"/observatory/v1/indicators/{one['code']}/values", params={"by": dimension["name"]}).json()
            found[f"{one['code']}/{dimension['name']}"] = answer["groups"]
    return found | {item["code"]: item for item in region["items"]}


def test_two_demonstrations_have_the_same_rows_versions_and_figures(postgres: None, tmp_path: Path) -> None:
    folders = [Folder(tmp_path / name) for name in ("one", "two")]
    counts = [folder.played() for folder in folders]
    assert counts[0] == counts[1]
    assert len(counts[0]) == 20
    assert counts[0].pop(("access", "identity")) == (0, 0), "nobody signs in yet"
    assert all(0 < rows <= versions for rows, versions in counts[0].values())
    found = []
    for folder in folders:
        with folder.served() as client:
            found.append(figures(client))
            status, said = folder.plam("verify")
            assert status == 0, said
            page = client.get("/observatory/").text
            assert re.search(r"Démonstration.: le jour est le <strong>30.septembre.2026</strong>", page)
            made = client.post("/actions/v1/actions", json={"ref": "SUITE", "title": "Suite", "axis": "A4", "objectives": ["O2"]}).json()
            assert clock.day_of(datetime.fromisoformat(made["created_at"])) == date(2026, 9, 30)
    assert found[0] == found[1]
    assert found[0]["as_of"] == "2026-09-30"
    assert {code: item for code, item in found[0].items() if isinstance(item, dict) and item["value"] is None} == {}


def test_one_chapter_alone_and_no_second_demonstration_in_its_folder(postgres: None, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "actions")
    counts = folder.played("--only", "actions")
    assert counts["actions", "action"][0] == 15
    assert counts["internships", "placement_offer"] == counts["recruitment", "need"] == (0, 0)
    status, said = folder.plam("demo")
    assert (status, said.count("\n")) == (1, 1), said
    assert "n'est pas vide : donnez à la démonstration un dossier neuf" in said
    status, said = folder.plam("verify", PLAM_DATABASE_URL="postgresql://127.0.0.1:1/plam", PLAM_SECRET="s" * 32)
    assert status == 1
    assert "est le dossier d'une démonstration, dont le jour est fixé" in said
