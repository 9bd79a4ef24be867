"""The data folder of a demonstration: it keeps the last day that was played, and is served with it as today."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from services.kernel.base import clock

LAST_DAY = "demo-day"
"""The file of the folder, written by a demonstration alone: without it, no process moves its clock."""
PLAYING = "en cours"
"""What it says beside, until the demonstration has come to its end."""


class Reached(NamedTuple):
    """A business day, and the real instant at which it was reached."""

    day: date
    at: datetime


def last_day(home: Path) -> Reached | None:
    """The last day of a demonstration's folder; None for any other. Raises `ValueError` in a sentence, also for one that did not end."""
    if (kept := _kept(home)) is None:
        return None
    reached, is_playing = kept
    if is_playing:
        raise ValueError(f"La démonstration de {home} s'est arrêtée avant sa fin : supprimez ce dossier, et jouez-la de nouveau.")
    return reached


def pass_to(home: Path, day: date) -> None:
    """The day of a demonstration under way, for this process: its folder is served once it has come to its end."""
    reached = Reached(day, clock.real_now())
    _keep(home, reached, PLAYING)
    clock.set_day(*reached)


def finish(home: Path) -> None:
    """The demonstration has come to its end: its last day goes on for those that serve it."""
    kept = _kept(home)
    assert kept is not None
    _keep(home, kept[0])


def _kept(home: Path) -> tuple[Reached, bool] | None:
    file = home / LAST_DAY
    try:
        day, at, *playing = file.read_text("utf-8").strip().split(" ", 2)
        return Reached(date.fromisoformat(day), datetime.fromisoformat(at)), bool(playing)
    except FileNotFoundError:
        return None
    except (ValueError, OSError) as error:
        raise ValueError(f"{file} ne dit pas le dernier jour d'une démonstration : refaites-la dans un autre dossier.") from error


def _keep(home: Path, reached: Reached, *words: str) -> None:
    fresh = home / f"{LAST_DAY}.new"
    fresh.write_text(" ".join([reached.day.isoformat(), reached.at.isoformat(), *words]) + "\n", "utf-8")
    fresh.replace(home / LAST_DAY)


@contextmanager
def on_its_day(home: Path) -> Iterator[None]:
    """The business clock stands, while the block lasts, at the folder's day, if it is a demonstration's."""
    clock.set_day(*(last_day(home) or (None,)))
    try:
        yield
    finally:
        clock.set_day(None)
