"""Old code on a newer schema goes on and says so; new code on an older one, or on none, waits for `plam migrate` and says so."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from alembic import command
from pydantic import SecretStr

from services.contracts.codes import Role
from services.kernel.api.auth import Tokens
from services.kernel.base import ids
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.database_roles import owner_role
from services.kernel.data.schema_revisions import SchemaBehind, revisions_of
from services.kernel.data.service import Service
from services.kernel.process.app import system_app
from services.kernel.process.doctor import Verdict, examine
from services.kernel.process.migrate import alembic_config, migrate
from services.kernel.process.startup_checks import check as check_secret
from services.plam import ROUTING, SERVICES
from tests.support.callers import Bearer
from tests.support.database import SECRET, STUCK, UNHURRIED, UNHURRIED_VARIABLES, database_url
from tests.support.keys import token_keys

ROOT = Path(__file__).parents[2]
NEWER = "9999_of_tomorrow"
PROCESSES = (["relay"], ["worker"], ["scheduler"])
COMMANDS = (
    ["import", "plan"],
    ["import", "communes"],
    ["import", "establishments", "a_file.csv"],
    ["resync", "actions"],
    ["rebuild"],
    ["switch", "K03", "1"],
    ["verify", "--patience", "0"],
    ["events"],
    ["events", "retry"],
    ["doctor"],
)

Plam = Callable[..., tuple[int, str]]


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def execute(url: str, *statements: str) -> None:
    """Runs statements, each by itself."""
    asyncio.run(_execute(url, *statements))


@pytest.fixture
def fresh(server: str) -> Iterator[str]:
    """The URL of a database that nothing has been done to; the roles of the server may be there."""
    name = f"plam_releases_{os.getpid()}_{ids.new().hex[:8]}"
    execute(server, f'CREATE DATABASE "{name}"')
    yield database_url(server, name)
    execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def ahead(fresh: str) -> str:
    """The URL of a database that a later release has migrated: it added a column, and a revision that this code does not know."""
    asyncio.run(migrate(SERVICES, Settings(database_url=SecretStr(fresh), secret=SecretStr(SECRET))))
    for service in SERVICES:
        execute(
            fresh,
            f'SET ROLE "{owner_role(service.name)}"',
            f'ALTER TABLE "{service.name}".outbox ADD COLUMN of_tomorrow text',
            f'SET search_path = "{service.name}"',
            "UPDATE alembic_version SET version_num = '9999_of_tomorrow'",
        )
    return fresh


@pytest.fixture
def behind(fresh: str) -> str:
    """The URL of a database that an earlier release has migrated."""
    asyncio.run(migrate(SERVICES, Settings(database_url=SecretStr(fresh), secret=SecretStr(SECRET))))
    command.downgrade(alembic_config(_service("actions"), fresh), "0001")
    return fresh


def _service(name: str) -> Service:
    return next(service for service in SERVICES if service.name == name)


@pytest.fixture
def plam(tmp_path: Path) -> Plam:
    """Runs the command on a database: its exit status, and what it printed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLAM_")}
    environment = {
        **inherited,
        "PYTHONPATH": str(ROOT),
        "PLAM_HOME": str(tmp_path),
        "PLAM_SECRET": SECRET,
        "PLAM_TOKEN_KEYS": token_keys(tmp_path),
    }
    environment |= {"PLAM_BROKER_URL": "redis://127.0.0.1:1", "COLUMNS": "200"} | UNHURRIED_VARIABLES
    (tmp_path / "a_file.csv").write_text("finess;rs\n", "utf-8")

    def run(url: str, *arguments: str) -> tuple[int, str]:
        words = [sys.executable, "-m", "services.plam", *arguments]
        done = subprocess.run(
            words, env=environment | {"PLAM_DATABASE_URL": url}, capture_output=True, text=True, timeout=STUCK, check=False, cwd=tmp_path
        )
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        return done.returncode, said

    return run


@pytest.fixture
async def of(tmp_path: Path) -> AsyncIterator[Callable[[str], Databases]]:
    """Makes pools on a database."""
    made: list[Databases] = []

    def make(url: str) -> Databases:
        settings = Settings(home=tmp_path, database_url=SecretStr(url), secret=SecretStr(SECRET)).model_copy(update=UNHURRIED)
        made.append(Databases(settings, ROUTING))
        return made[-1]

    yield make
    for each in made:
        await each.close()


def client_of(databases: Databases) -> httpx.AsyncClient:
    """A steering client of the whole system on a database."""
    auth = Bearer(Tokens(databases.settings), Principal(somebody("tests"), frozenset({Role.steering})))
    return httpx.AsyncClient(transport=httpx.ASGITransport(system_app(SERVICES, databases)), base_url="http://plam.test", auth=auth)


PLAN = {"ref": "A-1", "axis": "A4", "objectives": ["O2"], "title": "Une action"}


async def test_o7_old_code_on_a_newer_schema_serves_reads_and_writes(ahead: str, of: Callable[[str], Databases]) -> None:
    async with client_of(of(ahead)) as client:
        for service in SERVICES:
            assert (await client.get(f"/{service.name}/readyz")).status_code == 200
        assert (await client.post("/actions/v1/actions", json=PLAN)).status_code == 201
        assert len((await client.get("/actions/v1/actions")).json()["items"]) == 1
        assert (await client.get("/observatory/v1/values")).status_code == 200


def test_o7_old_code_on_a_newer_schema_migrates_nothing_and_says_so(ahead: str, plam: Plam) -> None:
    status, said = plam(ahead, "migrate")
    assert status == 0, "an image that is rolled back starts with this command: it must go on"
    assert said.count(f"est à la révision {NEWER}, que cette version de PlaM") == len(SERVICES), said
    assert "installez la version plus récente" in said
    assert len(said.strip().splitlines()) == len(SERVICES), said


def test_o7_old_code_on_a_newer_schema_runs_its_commands_and_the_doctor_warns(ahead: str, plam: Plam) -> None:
    status, said = plam(ahead, "import", "plan")
    assert (status, "changement(s)" in said, f"révision {NEWER}" in said) == (0, True, True), said
    _, said = plam(ahead, "doctor")
    assert said.count(f"attention actions : Le schéma actions est à la révision {NEWER}") == 1, said
    assert "problème  actions" not in said


async def test_o7_new_code_on_an_older_schema_is_not_ready_and_says_what_to_do(behind: str, of: Callable[[str], Databases]) -> None:
    async with client_of(of(behind)) as client:
        for path in ("/actions/readyz", "/actions/v1/actions", "/actions/v1/milestones"):
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
            head = revisions_of("actions").head
            assert f"révision 0001, cette version de PlaM attend {head} : lancez plam migrate" in answer.json()["detail"]
        assert (await client.post("/actions/v1/actions", json=PLAN)).status_code == 503
        for service in SERVICES:
            expected = 503 if service.name == "actions" else 200
            assert (await client.get(f"/{service.name}/readyz")).status_code == expected


async def test_o7_it_is_ready_as_soon_as_the_schema_is_migrated(behind: str, of: Callable[[str], Databases]) -> None:
    databases = of(behind)
    async with client_of(databases) as client:
        assert (await client.get("/actions/readyz")).status_code == 503
        await migrate(SERVICES, databases.settings)
        assert (await client.get("/actions/readyz")).status_code == 200
        assert (await client.post("/actions/v1/actions", json=PLAN)).status_code == 201


async def test_o7_a_schema_taken_back_under_a_running_process_is_seen(fresh: str, of: Callable[[str], Databases]) -> None:
    databases = of(fresh)
    await migrate(SERVICES, databases.settings)
    async with client_of(databases) as client:
        assert (await client.get("/actions/readyz")).status_code == 200
        assert (await client.get("/actions/v1/actions")).status_code == 200
        await asyncio.to_thread(command.downgrade, alembic_config(_service("actions"), fresh), "0001")
        answer = await client.get("/actions/readyz")
        assert (answer.status_code, "lancez plam migrate" in answer.json()["detail"]) == (503, True)
        await _execute(fresh, "DROP SCHEMA actions CASCADE")
        for path in ("/actions/readyz", "/actions/v1/actions"):
            assert (await client.get(path)).status_code == 503


def test_o7_new_code_on_an_older_schema_refuses_to_work_in_a_sentence(behind: str, plam: Plam) -> None:
    for arguments in (*PROCESSES, ["import", "plan"], ["resync", "actions"], ["verify", "--patience", "0"], ["events"], ["doctor"]):
        status, said = plam(behind, *arguments)
        assert status == 1, (arguments, said)
        assert "Le schéma actions est à la révision 0001, cette version de PlaM attend" in said, (arguments, said)
        assert "lancez plam migrate" in said
        assert len(said.splitlines()) < 15, said
    assert plam(behind, "migrate")[0] == 0
    assert plam(behind, "import", "plan")[0] == 0


@pytest.mark.parametrize("arguments", [*PROCESSES, *COMMANDS], ids=" ".join)
def test_b10_before_migrate_every_command_and_process_says_what_to_do(arguments: list[str], fresh: str, plam: Plam) -> None:
    status, said = plam(fresh, *arguments)
    assert status == 1, said
    assert "n'existe pas encore dans cette base : lancez plam migrate." in said, said
    assert len(said.splitlines()) < 15, said


async def test_b10_before_migrate_a_server_is_not_ready_and_says_what_to_do(fresh: str, of: Callable[[str], Databases]) -> None:
    async with client_of(of(fresh)) as client:
        for service in SERVICES:
            answer = await client.get(f"/{service.name}/readyz")
            assert answer.status_code == 503
            assert answer.json()["detail"] == f"Le schéma {service.name} n'existe pas encore dans cette base : lancez plam migrate."
        assert (await client.get("/access/v1/communes")).status_code == 503
    with pytest.raises(SchemaBehind, match="lancez plam migrate"):
        await check_secret(of(fresh), SERVICES)
    found = [finding async for finding in examine(SERVICES, of(fresh).settings)]
    assert sum(finding.verdict is Verdict.wrong and "lancez plam migrate" in finding.words for finding in found) == len(SERVICES)
