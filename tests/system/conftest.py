"""What the system tests stand on: a new database, the brokers emptied of earlier runs, the processes of PlaM."""

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pika  # type: ignore[import-untyped]  # it has no types
import pytest
import redis
from pydantic import SecretStr

from services.contracts.codes import STAFF
from services.kernel.api.auth import Tokens
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from services.plam import SERVICES
from tests.support.database import database_url
from tests.support.servers import real
from tests.system.processes import Plant

QUEUES = [f"{service.name}.{kind}" for service in SERVICES for kind in ("events", "acknowledgements", "jobs")]


@pytest.fixture
def database(postgres: None) -> Iterator[str]:
    """A new database on the real server."""
    server, name = real("PLAM_TEST_DATABASE_URL"), f"plam_system_{os.getpid()}"
    asyncio.run(_run(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"'))
    yield database_url(server, name)
    asyncio.run(_run(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


async def _run(server: str, *statements: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def empty_broker(url: str) -> None:
    """Forgets what earlier runs left in our queues."""
    if url.startswith("redis"):
        client = redis.Redis.from_url(url)
        for key in client.scan_iter("dramatiq:*"):
            client.delete(key)
        client.close()
        return
    connection = pika.BlockingConnection(pika.URLParameters(url))
    for queue in QUEUES:
        for name in (queue, f"{queue}.DQ", f"{queue}.XQ"):
            connection.channel().queue_delete(name)
    connection.close()


@pytest.fixture(params=["rabbitmq", "redis"])
def broker(request: pytest.FixtureRequest) -> Iterator[str]:
    """A real broker, without messages of ours."""
    url = real("PLAM_TEST_AMQP_URL" if request.param == "rabbitmq" else "PLAM_TEST_REDIS_URL")
    empty_broker(url)
    yield url
    empty_broker(url)


@pytest.fixture
def plant(tmp_path: Path, database: str, broker: str) -> Iterator[Plant]:
    """A migrated system with the plan loaded, and no process running yet."""
    with Plant(tmp_path, database, broker) as made:
        yield made


@pytest.fixture
def steering_token(plant: Plant) -> str:
    """A token that the plant's services accept."""
    home = Path(plant.environment["PLAM_HOME"])
    settings = Settings(home=home, database_url=SecretStr(plant.environment["PLAM_DATABASE_URL"]))
    return Tokens(settings).issue(Principal(somebody("system tests"), frozenset(STAFF)), timedelta(hours=1))
