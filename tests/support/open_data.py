"""The real files of open data, when they are there: `PLAM_OPEN_DATA` names their folder, or it stands beside the project's."""

import csv
import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("PLAM_OPEN_DATA") or Path(__file__).parents[3] / "shared" / "data")


def real_file(name: str) -> Path:
    """A real file. Skips the test where there is none."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"PLAM_OPEN_DATA names no folder with {name}")
    return path


def lines_of(path: Path) -> list[dict[str, str]]:
    """What a file says, read without our reader."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
