"""The README's path to production, by a login with CREATEROLE and CREATEDB alone, then by one that holds the runtime roles alone."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from services.contracts.codes import Role
from services.kernel.api.auth import Tokens
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from services.kernel.data.database_roles import runtime_role
from services.plam import SERVICES
from tests.support.clusters import as_login, cluster
from tests.support.servers import real
from tests.system.conftest import empty_broker
from tests.system.processes import PATIENCE, Plant, free_port, wait_ready

PLAN = {"ref": "A-1", "axis": "A4", "objectives": ["O2"], "title": "Une action sans superutilisateur"}
PROCESSES = ("serve", "relay", "worker", "scheduler")


@pytest.fixture(params=[15, 18])
def superuser(postgres: None, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of the superuser of a new server."""
    with cluster(tmp_path / "cluster", request.param) as url:
        yield url


@pytest.fixture
def amqp() -> Iterator[str]:
    """RabbitMQ, without messages of ours."""
    url = real("PLAM_TEST_AMQP_URL")
    empty_broker(url)
    yield url
    empty_broker(url)


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


def test_o2_the_whole_path_to_production_needs_no_superuser(superuser: str, amqp: str, tmp_path: Path) -> None:
    execute(superuser, "CREATE ROLE deploy LOGIN CREATEROLE CREATEDB")
    execute(as_login(superuser, "deploy", "postgres"), "CREATE DATABASE plam ENCODING UTF8 TEMPLATE template0")
    url = as_login(superuser, "deploy", "plam")
    keys = tmp_path / "token-keys.json"
    tokens = Tokens(Settings(home=tmp_path, database_url=SecretStr(url)))  # makes the keys, as an operator would
    plant = Plant(tmp_path, url, amqp)
    plant.environment |= {"PLAM_SECRET": "a secret of the tests", "PLAM_TOKEN_KEYS": str(keys)}
    with pytest.raises(AssertionError, match="lancez plam migrate"):
        plant.command("import", "plan")
    with plant:  # migrates, and imports the plan
        plant.command("import", "communes")
        steering = {"Authorization": f"Bearer {tokens.issue(Principal(somebody('tests'), frozenset({Role.steering})), timedelta(hours=1))}"}
        _live(plant, steering, "first")
        plant.command("migrate")  # a second time, beside the running processes
        execute(superuser, "CREATE ROLE runtime LOGIN")
        execute(url, f"GRANT {', '.join(runtime_role(service.name) for service in SERVICES)} TO runtime")
        plant.environment["PLAM_DATABASE_URL"] = as_login(superuser, "runtime", "plam")
        _live(plant, steering, "second")


def _live(plant: Plant, steering: dict[str, str], name: str) -> None:
    """Every process runs, an action reaches its figure, the doctor and the comparison are content; then all end."""
    port = free_port()
    for process in PROCESSES:
        plant.start(f"{process} {name}", process, PLAM_PORT=str(port))
    address = f"http://127.0.0.1:{port}"
    for service in SERVICES:
        wait_ready(address, service.name, plant.processes[f"serve {name}"])
    made = httpx.post(f"{address}/actions/v1/actions", headers=steering, json={**PLAN, "ref": f"A-{name}"}, timeout=10)
    assert made.status_code == 201, made.text
    moved = httpx.post(f"{address}/actions/v1/actions/{made.json()['id']}/submit", headers={**steering, "If-Match": '"1"'}, timeout=10)
    assert moved.status_code == 200, moved.text
    figure, until = f"{address}/observatory/v1/indicators/K03/values?status=submitted", time.monotonic() + PATIENCE
    expected = {"first": 1, "second": 2}[name]
    while httpx.get(figure, headers=steering, timeout=10).json()["numerator"] != expected:
        assert time.monotonic() < until, "the event did not reach the figure"
        time.sleep(0.2)
    assert "différent" not in plant.command("verify")
    assert "problème" not in plant.command("doctor")
    for process in PROCESSES:
        assert plant.processes[f"{process} {name}"].running
        plant.processes[f"{process} {name}"].terminate(60)
