"""What every test stands on: a migrated PostgreSQL database of its worker's own, the real app, callers with tokens."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from starlette.types import ASGIApp

from services.contracts.codes import Department, Role
from services.kernel.api.auth import Tokens
from services.kernel.base import logs
from services.kernel.base.principals import PERSON, Principal, somebody
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.schema_revisions import MIGRATIONS
from services.kernel.process.app import system_app
from services.kernel.process.embedded import embedded
from services.kernel.process.migrate import migrate
from services.plam import ROUTING, SERVICES
from tests.support.callers import Bearer
from tests.support.database import SECRET, UNHURRIED, database_url, empty
from tests.support.documents import check_documents
from tests.support.reaching import mark, watched

logs.configure("warning")

Client = Callable[..., httpx.AsyncClient]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before pytest chooses: `-m "not database"` is what needs none."""
    mark(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Not its teardown: fixtures of other tests may end there."""
    with watched(item):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """The test itself."""
    with watched(item):
        yield


@pytest.fixture(scope="session")
def postgres() -> None:
    """What every test that reaches PostgreSQL stands on, whichever way: it has the marker `database`."""


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that the workers of this run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def server(postgres: None, run_folder: Path) -> Iterator[str]:
    """A PostgreSQL on which databases may be made: the one that PLAM_TEST_DATABASE_URL names, or the embedded one."""
    if url := os.environ.get("PLAM_TEST_DATABASE_URL"):
        yield url
    else:
        with embedded(run_folder / "postgres", 200) as url:
            yield url


@pytest.fixture(scope="session")
def migrated(server: str, worker_id: str) -> Iterator[str]:
    """The URL of this worker's database, copied from one that was migrated once for these migrations."""
    files = sorted(MIGRATIONS.rglob("*.py"))
    version = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    template, name = f"plam_template_{version}", f"plam_test_{worker_id}_{os.getpid()}"
    asyncio.run(_make(server, template, name))
    yield database_url(server, name)
    asyncio.run(_drop(server, name))


async def _make(server: str, template: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute("SELECT pg_advisory_lock(7526002)")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", template):
            fresh = f"{template}_{os.getpid()}"
            await connection.execute(f'CREATE DATABASE "{fresh}"')
            await migrate(SERVICES, Settings(database_url=SecretStr(database_url(server, fresh)), secret=SecretStr(SECRET)))
            await connection.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{template}"')
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await connection.close()


async def _drop(server: str, name: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def settings(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a run's worker: its database, a data folder of its own, and no hurry."""
    own = Settings(home=tmp_path_factory.mktemp("home"), database_url=SecretStr(migrated), secret=SecretStr(SECRET))
    return own.model_copy(update=UNHURRIED)


@pytest.fixture(scope="session")
def hurried(settings: Settings) -> Settings:
    """The same with the limits that an operator has by default, for the tests that are about them."""
    return settings.model_copy(update={name: Settings.model_fields[name].default for name in UNHURRIED})


@pytest.fixture(scope="session")
def every_pool(settings: Settings) -> Databases:
    """The pools of a run's worker; each test has its own, in its own event loop."""
    return Databases(settings, ROUTING)


@pytest.fixture(scope="session")
def app(every_pool: Databases) -> ASGIApp:
    """The whole system, made once: it keeps nothing from one test to the next."""
    return system_app(SERVICES, every_pool)


@pytest.fixture
async def databases(request: pytest.FixtureRequest, settings: Settings, every_pool: Databases) -> AsyncIterator[Databases]:
    """The pools of a test, on a database without rows."""
    await empty(settings)
    yield every_pool
    try:
        if not request.node.get_closest_marker("tampers"):
            await check_documents(every_pool)
    finally:
        await every_pool.close()


@pytest.fixture(scope="session")
def tokens(settings: Settings) -> Tokens:
    """What signs the tokens of a test's callers."""
    return Tokens(settings)


@pytest.fixture
async def client(app: ASGIApp, databases: Databases, tokens: Tokens) -> AsyncIterator[Client]:
    """Makes clients of the whole system: `client(Role.employer, organisation=…)`; without a role, an anonymous one."""
    transport = httpx.ASGITransport(app)
    opened: list[httpx.AsyncClient] = []

    def make(
        *roles: Role,
        organisation: UUID | None = None,
        departments: frozenset[Department] = frozenset(),
        person: UUID | None = None,
        manager: bool = False,
    ) -> httpx.AsyncClient:
        subject = f"{PERSON}{person}" if person else somebody("tests")
        principal = Principal(subject, frozenset(roles), organisation, departments, manager=manager)
        auth = Bearer(tokens, principal) if roles else None
        opened.append(httpx.AsyncClient(transport=transport, base_url="http://plam.test", auth=auth))
        return opened[-1]

    yield make
    for each in opened:
        await each.aclose()


@pytest.fixture
def steering(client: Client) -> httpx.AsyncClient:
    """The regional agency's own client."""
    return client(Role.steering)
