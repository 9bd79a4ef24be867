"""An installation of an earlier release is taken over: its rows, its facts and its figures stand after migrate, resync and rebuild."""

import asyncio
import json
import lzma
import os
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from services.contracts.access import SiteState
from services.contracts.registry import STATES
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.events import following
from services.kernel.events.brokers import make_broker
from services.kernel.events.relay import Relay
from services.kernel.events.resync import published, resync
from services.kernel.events.worker import working
from services.kernel.process import migrate as kernel_migrate
from services.kernel.process.migrate import migrate
from services.observatory_api.ledger.definitions import switch
from services.observatory_api.ledger.rebuild import rebuild
from services.observatory_api.ledger.verify import arithmetic
from services.observatory_api.values.operations import dashboard
from services.observatory_api.values.schemas import DashboardQuery
from services.observatory_api.verification.lag import settled
from services.observatory_api.verification.operations import verify
from services.plam import ROUTING, SERVICES
from tests.support.database import UNHURRIED, database_url, row_counts

HERE = Path(__file__).parent
RELEASES = sorted(path.name for path in HERE.iterdir() if (path / "figures.json").exists())
BY_EVENTS = ("outbox", "delivery", "receipt", "quarantine", "job", "idempotency")
"""Tables whose rows come and go."""

GONE = {f"actions.{table}" for table in ("axis", "objective", "department")} | {"observatory.daily"}
"""Tables of earlier releases that are no more."""

GROWS = {f"observatory.{table}" for table in ("entry", "series", "batch", "definition")}
"""Tables to which later definitions add."""
GROWS |= {f"internships.{noun}_version" for noun in ("placement_unit", "placement_offer", "placement_request", "placement")}
GROWS |= {f"recruitment.{noun}_version" for noun in ("need", "application", "assignment")}
"""And those of rows that are saved again once they can name the commune of their site."""

RENAMED = {"A01": "N01", "A02": "N02"}
"""Codes that earlier releases said, as they are called now."""

Figures = dict[str, tuple[Any, Any, Any]]


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest) -> Path:
    """The folder of an earlier release."""
    return HERE / str(request.param)


@pytest.fixture
def known(release: Path) -> dict[str, Any]:
    """What the release itself said of its installations."""
    found: dict[str, Any] = json.loads((release / "figures.json").read_text("utf-8"))
    return found


@pytest.fixture
def empty_database(server: str) -> Iterator[str]:
    """The URL of a database that nothing has been done to, on a server that has the services' roles."""
    name = f"plam_taken_over_{os.getpid()}"
    asyncio.run(_execute(server, f'CREATE DATABASE "{name}"'))
    yield database_url(server, name)
    asyncio.run(_execute(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def load(url: str, dump: Path) -> dict[str, int]:
    """Loads a dump, at the revision that it was made at; how many rows each table has."""
    connection = await asyncpg.connect(url)
    try:
        for service in SERVICES:
            await kernel_migrate._prepare(connection, service.name)  # the roles; the dump makes the schemas
            await connection.execute(f'DROP SCHEMA "{service.name}"')
        await connection.execute(lzma.decompress(await asyncio.to_thread(dump.read_bytes)).decode())
        return await row_counts(connection)
    finally:
        await connection.close()


@asynccontextmanager
async def opened(url: str, home: Path, secret: str) -> AsyncIterator[Databases]:
    """The pools of today's release on a database."""
    settings = Settings(home=home, database_url=SecretStr(url), secret=SecretStr(secret)).model_copy(update=UNHURRIED)
    databases = Databases(settings, ROUTING)
    try:
        yield databases
    finally:
        await databases.close()


@asynccontextmanager
async def at_work(databases: Databases) -> AsyncIterator[None]:
    """Relays and a worker of every service; what is on its way arrives before the block is left."""
    broker, stop = make_broker("memory://"), asyncio.Event()
    async with working(broker, SERVICES, databases, threads=2):
        relays = [asyncio.create_task(Relay(service, databases, broker).run(stop)) for service in SERVICES]
        yield
        assert await settled(databases, SERVICES, 30) == {}
        stop.set()
        await asyncio.gather(*relays)


async def say_again(databases: Databases) -> None:
    """`plam resync` of every service, heard by all."""
    async with at_work(databases):
        for service in SERVICES:
            async for _ in resync(databases, service, published(service)):
                pass


async def figures(databases: Databases, of: Collection[str], **asked: Any) -> Figures:
    """Each figure of these indicators: value, numerator, denominator. A release knows nothing of those that came after it."""
    async with databases.open("observatory") as db:
        shown = await dashboard(db, DashboardQuery(**asked))
    return {item.code: (item.value, item.numerator, item.denominator) for item in shown.items if item.code in of}


def said(answer: dict[str, Any]) -> Figures:
    """The same of what the release itself had answered."""
    return {RENAMED.get(item["code"], item["code"]): (item["value"], item["numerator"], item["denominator"]) for item in answer["items"]}


async def test_a_sound_installation_keeps_its_rows_its_facts_and_its_figures(
    release: Path, known: dict[str, Any], empty_database: str, tmp_path: Path
) -> None:
    before = await load(empty_database, release / "sound.sql.xz")
    settings = Settings(home=tmp_path, database_url=SecretStr(empty_database), secret=SecretStr(known["secrets"]["sound"]))
    await migrate(SERVICES, settings)
    asked, then = {"as_of": known["sound"]["as_of"]}, said(known["sound"])
    async with opened(empty_database, tmp_path, known["secrets"]["sound"]) as databases:
        assert await figures(databases, then, **asked) == then
        async with databases.open("observatory", "worker") as db:
            report = await arithmetic(db)
            assert (report.roll_up_against_entries, report.series_against_indicators) == (0, 0)
        await say_again(databases)
        await rebuild(databases)
        assert await figures(databases, then, **asked) == then
        assert await figures(databases, then, **asked, known_at=known["sound"]["known_at"]) == then
        found = await verify(databases, SERVICES, patience=30)
        assert found.sound, found
        async with databases.open("observatory", "worker") as db:
            await switch(db, {})
        found = await verify(databases, SERVICES, patience=30)
        assert found.sound, found
        assert await figures(databases, then, **asked, known_at=known["sound"]["known_at"]) == then
        await rebuild(databases)  # lets go of the definitions before
        found = await verify(databases, SERVICES, patience=30)
        assert found.sound, found
        assert await figures(databases, then, **asked, known_at=known["sound"]["known_at"]) == then
        connection = await asyncpg.connect(empty_database)
        after = await row_counts(connection)
        await connection.close()
    kept = {name: rows for name, rows in before.items() if name.partition(".")[2] not in BY_EVENTS and name not in GONE}
    assert {name: min(after[name], rows) if name in GROWS else after[name] for name, rows in kept.items()} == kept


async def test_what_a_migration_fills_reaches_facts_and_copies_by_resync(
    release: Path, known: dict[str, Any], empty_database: str, tmp_path: Path
) -> None:
    await load(empty_database, release / "sound.sql.xz")
    secret = known["secrets"]["sound"]
    await migrate(SERVICES, Settings(home=tmp_path, database_url=SecretStr(empty_database), secret=SecretStr(secret)))
    # as if the copies of sites had been heard in a shape before the first, which said neither their name nor that they are open
    for service in ("internships", "recruitment"):
        await _execute(empty_database, f"UPDATE {service}.site_copy SET state_number = 0, name = '', status = 'closed'")
    async with opened(empty_database, tmp_path, secret) as databases:
        observatory = await databases.pool("observatory", "worker")
        heard = {
            row["kind"]: row["number"] for row in await observatory.fetch("SELECT kind, min(number) AS number FROM fact GROUP BY kind")
        }
        older = {kind for kind, number in heard.items() if number < STATES[kind].number}
        assert older, "no state has changed its shape since this release"
        assert not (await verify(databases, SERVICES, patience=5)).completeness.sound, "a fact in an older shape is a difference"

        await say_again(databases)

        assert {kind: STATES[kind].number for kind in heard} == {
            row["kind"]: row["number"] for row in await observatory.fetch("SELECT kind, min(number) AS number FROM fact GROUP BY kind")
        }
        sites = await (await databases.pool("access", "worker")).fetch("SELECT name, status FROM site ORDER BY name")
        assert len(sites) == 2
        for service in ("internships", "recruitment"):
            pool = await databases.pool(service, "worker")
            copies = await pool.fetch("SELECT name, status, state_number FROM site_copy ORDER BY name")
            assert [tuple(row) for row in copies] == [(*site, SiteState.number) for site in sites]
        await rebuild(databases)  # definitions that are new, of states that are not
        assert (await verify(databases, SERVICES, patience=30)).sound


@pytest.mark.parametrize("release", [name for name in RELEASES if (HERE / name / "damaged.sql.xz").exists()], indirect=True)
async def test_b1_an_installation_damaged_by_two_secrets_is_repaired_by_one_command(
    release: Path, known: dict[str, Any], empty_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await load(empty_database, release / "damaged.sql.xz")
    secret = known["secrets"]["sound"]
    await migrate(SERVICES, Settings(home=tmp_path, database_url=SecretStr(empty_database), secret=SecretStr(secret)))
    asked, then = {"as_of": known["damaged"]["as_of"]}, said(known["damaged"])
    async with opened(empty_database, tmp_path, secret) as databases:
        damaged = await figures(databases, then, **asked)
        assert damaged == then
        async with at_work(databases):
            pass
        found = await verify(databases, SERVICES, patience=5)
        assert found.completeness.without_row > 0

        consumers = {service.name: service for service in SERVICES}
        links = [link for owner in SERVICES for link in following.links(databases, owner, consumers, published(owner))]
        done = await following.follow(links, drops=True)

        repaired = await figures(databases, then, **asked)
        assert (done.taken > 0, done.dropped >= found.completeness.without_row, done.left) == (True, True, 0)
        await rebuild(databases)  # definitions that are new, of states that are not
        found = await verify(databases, SERVICES, patience=30)
        assert found.sound, found
        assert await figures(databases, then, **asked, known_at=known["damaged"]["known_at"]) == damaged, (
            "what a committee saw can be shown again"
        )
    with capsys.disabled():
        for code in ("R01", "R02", "R10", "I08"):
            told = (f"{name} {shown[code]}" for name, shown in (("sain", said(known["sound"])), ("abîmé", damaged), ("réparé", repaired)))
            print(f"\n{release.name} {code} (valeur, numérateur, dénominateur) : {' · '.join(told)}", end="")
