"""A producer and a consumer with schemas, queues and roles of their own, on the database and the brokers at hand."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta

import asyncpg
import dramatiq
import pytest
import sqlalchemy as sa
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from sqlalchemy.dialects import postgresql

from services.contracts.actions import ActionState
from services.kernel.base.settings import PoolSizes, Settings
from services.kernel.data.database import Database, Databases
from services.kernel.data.database_roles import owner_role, runtime_role
from services.kernel.data.schema import service_metadata
from services.kernel.data.service import Job, Service
from services.kernel.events.brokers import make_broker
from services.kernel.events.copies import Copy, copy_of, projector
from services.kernel.process import migrate
from tests.kernel.event_world import Consumer, World
from tests.support.database import SECRET, UNHURRIED, database_url
from tests.support.servers import real

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
BROKERS = {"memory": None, "redis": "PLAM_TEST_REDIS_URL", "rabbitmq": "PLAM_TEST_AMQP_URL"}


class EventSettings(Settings):
    """Settings of services whose names are the test run's own, so that runs share no queue."""

    def database_url_of(self, service: str) -> str:
        """One database for all."""
        assert self.database_url is not None
        return self.database_url.get_secret_value()


@pytest.fixture(scope="session")
def event_names() -> tuple[str, str]:
    """Names of a producer and a consumer that no other run has."""
    return f"producer_{os.getpid()}", f"consumer_{os.getpid()}"


@pytest.fixture(scope="session")
def event_database(server: str, event_names: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventSettings]:
    """A database with the two services' schemas."""
    name = f"plam_events_{os.getpid()}"
    url = database_url(server, name)
    asyncio.run(_create(server, url, name, event_names))
    pools = PoolSizes(api=4, worker=12, relay=4)
    yield EventSettings(database_url=url, home=tmp_path_factory.mktemp("home"), secret=SECRET, pools=pools).model_copy(update=UNHURRIED)
    asyncio.run(_drop(server, name, event_names))


async def _create(server: str, url: str, name: str, services: Sequence[str]) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    connection = await asyncpg.connect(url)
    for service in services:
        await migrate._prepare(connection, service)
        await connection.execute(f'SET ROLE "{owner_role(service)}"')
        metadata = service_metadata(service)
        _copy(metadata)
        for table in metadata.sorted_tables:
            await connection.execute(str(sa.schema.CreateTable(table).compile(dialect=DIALECT)))
            for index in table.indexes:
                await connection.execute(str(sa.schema.CreateIndex(index).compile(dialect=DIALECT)))
        await connection.execute("RESET ROLE")
    await connection.close()


async def _drop(server: str, name: str, services: Sequence[str]) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    for service in services:
        for role in (owner_role(service), runtime_role(service)):
            await connection.execute(f'DROP ROLE "{role}"')
    await connection.close()


def _copy(metadata: sa.MetaData) -> Copy[ActionState]:
    copy = copy_of(ActionState, metadata, "ref", "departments", "starts_on", "status")
    copy.table.append_column(sa.Column("noted", sa.Text, comment="no field of the state"))
    return copy


@pytest.fixture
async def world(event_database: EventSettings, event_names: tuple[str, str]) -> AsyncIterator[World]:
    """The two services, their tables empty."""
    producer, consumer = event_names
    metadata = {name: service_metadata(name) for name in event_names}
    behaviour = Consumer(projector([_copy(metadata[consumer])]))
    databases = Databases(event_database, {producer: {consumer: frozenset({"action"})}})
    services = World(
        databases,
        Service(producer, "Producteur", "", metadata[producer], consumers={consumer: frozenset({"action"})}),
        Service(consumer, "Consommateur", "", metadata[consumer], apply=behaviour.apply, jobs=JOBS),
        behaviour,
    )
    await _end_what_is_left(event_database)
    for service in event_names:
        pool = await databases.pool(service)
        for table in ("outbox", "delivery", "receipt", "quarantine", "job", "action_copy"):
            await pool.execute(f"DELETE FROM {table}")  # noqa: S608  # the names above
    yield services
    await databases.close()


async def _end_what_is_left(settings: EventSettings) -> None:
    """Closes the connections of earlier tests that a busy machine cut short: their locks would stand in the next one's way."""
    connection = await asyncpg.connect(settings.database_url_of(""))
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    await connection.execute(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE {others}")  # noqa: S608  # the words above
    await connection.close()


@pytest.fixture(params=list(BROKERS))
def broker(request: pytest.FixtureRequest, event_names: tuple[str, str]) -> Iterator[dramatiq.Broker]:
    """Each broker in turn, in this process or real."""
    variable = BROKERS[request.param]
    made = make_broker(real(variable) if variable else "memory://")
    yield made
    _forget(made, event_names)


@pytest.fixture
def memory() -> dramatiq.Broker:
    """The broker in this process."""
    return make_broker("memory://")


def _forget(broker: dramatiq.Broker, services: Sequence[str]) -> None:
    names = [f"{service}.{queue}" for service in services for queue in ("events", "acknowledgements", "jobs")]
    if isinstance(broker, RabbitmqBroker):
        for name in names:
            for queue in (name, f"{name}.DQ", f"{name}.XQ"):
                broker.channel.queue_delete(queue)
    else:
        for name in names:
            if name in broker.queues:
                broker.flush(name)
    broker.close()


async def _fail(_db: Database) -> None:
    raise ValueError("tâche impossible")


async def _note(db: Database) -> None:
    await (await db.connection()).execute("UPDATE action_copy SET noted = coalesce(noted, '') || 'x'")


JOBS = (Job("note", timedelta(days=1), _note), Job("fail", timedelta(days=1), _fail))
