"""`plam demo`: plays a month in a new folder, through the public API, and counts what it has made."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import SecretStr

from services.demo.actions import Actions
from services.demo.internships import Internships
from services.demo.parties import DemoStoppedError, Line
from services.demo.people import People
from services.demo.places import Places
from services.demo.recruitment import Recruitment
from services.demo.world import FRAME, Chapter, World
from services.kernel.api.auth import Tokens
from services.kernel.base.principals import Principal
from services.kernel.base.settings import Settings
from services.kernel.base.worked_days import add_worked_days
from services.kernel.data.database import Databases, Routing
from services.kernel.data.nouns import NOUNS
from services.kernel.data.outbox import lags
from services.kernel.data.records import table_of
from services.kernel.data.service import Service
from services.kernel.events.scheduler import run_job
from services.kernel.process.demo_folder import finish, last_day, pass_to
from services.kernel.process.running import played

PATIENCE = 60.0
"""Seconds that the path of events has to come to rest: it takes some hundredths of one."""
LOOK_AGAIN = 0.02
LIFETIME = timedelta(days=1)
UNHURRIED = {"acquire_timeout": PATIENCE, "request_timeout": PATIENCE, "statement_timeout": PATIENCE, "lock_timeout": PATIENCE}
"""A slow machine makes a demonstration longer, never another one."""


class ChapterName(StrEnum):
    """The chapters, beside the frame."""

    actions = "actions"
    internships = "internships"
    recruitment = "recruitment"


CHAPTERS: Mapping[ChapterName, type[Chapter]] = {
    ChapterName.actions: Actions,
    ChapterName.internships: Internships,
    ChapterName.recruitment: Recruitment,
}


@dataclass(frozen=True)
class Played:
    """What a demonstration has made: its last day, rows and versions by table, seconds."""

    last_day: date
    counts: Mapping[str, tuple[int, int]]
    seconds: float


def check_folder(settings: Settings) -> None:
    """Raises `ValueError`, in a sentence, for a folder that is not new, or a database that is not the folder's own."""
    if not settings.embedded:
        raise ValueError("plam demo ne joue que sur la base embarquée d'un dossier neuf : retirez PLAM_DATABASE_URL de l'environnement.")
    last_day(settings.home)  # one that was broken off says so
    if settings.home.exists() and any(settings.home.iterdir()):
        raise ValueError(f"{settings.home} n'est pas vide : donnez à la démonstration un dossier neuf, par --home ou PLAM_HOME.")


async def play(
    services: Sequence[Service],
    settings: Settings,
    routing: Routing,
    *,
    prepare: Callable[[Settings], Awaitable[None]],
    only: Sequence[ChapterName] = (),
    progress: Callable[[date], None] = lambda _day: None,
) -> Played:
    """Plays the frame and the chapters, all of them unless some are named, day by day. Raises `DemoStoppedError`."""
    began = time.monotonic()
    settings = settings.model_copy(update={**UNHURRIED, "broker_url": SecretStr("memory://")})
    pass_to(settings.home, FRAME)
    await prepare(settings)
    tokens = Tokens(settings)

    def issue(principal: Principal) -> str:
        return tokens.issue(principal, LIFETIME)

    async with played(services, settings, routing) as (port, databases):
        line = Line("127.0.0.1", port)
        world = World(line, issue, lambda: _settled(databases, services))
        chapters: list[Chapter] = [
            Places(world),
            People(world),
            *(CHAPTERS[name](world) for name in ChapterName if not only or name in only),
        ]
        try:
            for day in worked_days():
                progress(day)
                await _dawn(databases, services, world, settings.home, day)
                for chapter in chapters:
                    await (chapter.frame() if day == FRAME else chapter.live())
                await world.settled()
            finish(settings.home)
        finally:
            line.close()
        return Played(world.today, await _counts(databases, services), time.monotonic() - began)


def worked_days() -> Iterator[date]:
    """The day of the frame, and the worked days of the month after it."""
    day = FRAME
    while day == FRAME or day.month == FRAME.month + 1:
        yield day
        day = add_worked_days(day, 1)


async def _dawn(databases: Databases, services: Sequence[Service], world: World, home: Path, day: date) -> None:
    """The next day: its jobs run before anybody acts, as hourly jobs do between midnight and morning."""
    pass_to(home, day)
    world.today = day
    for service in services:
        for job in service.jobs:
            if not await run_job(databases, service, job.name):
                raise DemoStoppedError(f"La démonstration s'est arrêtée : la tâche {job.name} de {service.name} n'a pas abouti.")
    await world.settled()


async def _settled(databases: Databases, services: Sequence[Service]) -> None:
    until = time.monotonic() + PATIENCE
    while waiting := [str(lag) for service in services for lag in await _lags(databases, service)]:
        if time.monotonic() > until:
            raise DemoStoppedError(f"La démonstration s'est arrêtée : encore en route, {', '.join(waiting)}.")
        await asyncio.sleep(LOOK_AGAIN)


async def _lags(databases: Databases, service: Service) -> Sequence[object]:
    async with databases.borrowed(service.name, "worker") as connection:
        return await lags(connection)


async def _counts(databases: Databases, services: Sequence[Service]) -> Mapping[str, tuple[int, int]]:
    counts = {}
    for service in services:
        async with databases.borrowed(service.name, "worker") as connection:
            for name in sorted(table_of(record).name for record in NOUNS if table_of(record).schema == service.name):
                rows = await connection.fetchval(f'SELECT count(*) FROM "{name}"')  # noqa: S608  # a table of ours
                versions = await connection.fetchval(f'SELECT count(*) FROM "{name}_version"')  # noqa: S608  # the same
                counts[f"{service.name}.{name}"] = (rows, versions)
    return counts
