"""The data folder of a demonstration: it keeps the last day that was played, and is served with it as today."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from services.kernel.base import clock

LAST_DAY = "demo-day"
"""The file of the folder, written by a demonstration alone: without it, no process moves its clock."""


def last_day(home: Path) -> date | None:
    """The last day of a demonstration's folder; None for any other. Raises `ValueError` in a sentence."""
    file = home / LAST_DAY
    try:
        return date.fromisoformat(file.read_text().strip())
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        raise ValueError(f"{file} ne dit pas le dernier jour d'une démonstration : refaites-la dans un autre dossier.") from error


def pass_to(home: Path, day: date) -> None:
    """The day of a demonstration under way: for this process, and for those that will serve the folder."""
    fresh = home / f"{LAST_DAY}.new"
    fresh.write_text(f"{day.isoformat()}\n")
    fresh.replace(home / LAST_DAY)
    clock.set_day(day)


@contextmanager
def on_its_day(home: Path) -> Iterator[None]:
    """The business clock stands, while the block lasts, at the folder's day, if it is a demonstration's."""
    clock.set_day(last_day(home))
    try:
        yield
    finally:
        clock.set_day(None)
