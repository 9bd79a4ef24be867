"""A network that swallows everything, with connections already made: every wait for the database has a bound."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import dramatiq
import pytest
from pydantic import SecretStr

from services.kernel.app import system_app
from services.kernel.brokers import Sender
from services.kernel.database import Databases
from services.kernel.faults import OUT_OF_REACH
from services.kernel.relay import Relay
from services.kernel.settings import Settings
from services.plam import ROUTING, SERVICES
from tests.kernel.event_world import World as EventWorld
from tests.kernel.http_world import World, tables
from tests.support.api import call
from tests.support.mute import Mute

A_REQUEST = 2.0 + 1.0
"""Seconds: the request's own bound, then that of rolling back."""
SLACK = 2.0


@asynccontextmanager
async def through(settings: Settings) -> AsyncIterator[tuple[Mute, Settings]]:
    """The same database behind a network that can fall silent."""
    assert settings.database_url is not None
    async with Mute(settings.database_url.get_secret_value()).serving() as network:
        yield network, settings.model_copy(update={"database_url": SecretStr(network.url)})


async def test_a_request_in_a_transaction_is_a_503_in_time(settings: Settings) -> None:
    async with tables(settings), through(settings) as (network, there):
        databases = Databases(there)
        app = World().app(databases)
        silenced = asyncio.create_task(_after(0.3, network))
        started = time.perf_counter()
        answer = await call(app, "GET", "/actions/v1/slow?seconds=1")
        seconds = time.perf_counter() - started
        await silenced
        assert answer.status == 503
        assert 2.0 < seconds < A_REQUEST + SLACK
        await databases.close()


async def test_readiness_and_metrics_answer_in_time(settings: Settings) -> None:
    async with through(settings) as (network, there):
        databases = Databases(there, ROUTING)
        app = system_app(SERVICES, databases)
        assert (await call(app, "GET", "/actions/readyz")).status == 200
        network.silent.set()
        for path, status in (("/actions/readyz", 503), ("/actions/metrics", 200), ("/metrics", 200)):
            started = time.perf_counter()
            assert (await call(app, "GET", path)).status == status, path
            assert time.perf_counter() - started < 3.0 + SLACK, path
        await databases.close()


async def test_pools_of_every_service_close_together(settings: Settings) -> None:
    async with through(settings) as (network, there):
        databases = Databases(there, ROUTING)
        for service in SERVICES:
            async with databases.open(service.name) as db:
                await db.connection()
            await (await databases.pool(service.name, "worker")).acquire()
        network.silent.set()
        started = time.perf_counter()
        await databases.close()
        assert time.perf_counter() - started < 2.0 + SLACK, "two seconds in all, not two a pool"


async def test_a_relay_goes_on_once_the_network_is_back(world: EventWorld, memory: dramatiq.Broker) -> None:
    async with through(world.databases.settings) as (network, there):
        databases = Databases(there.model_copy(update={"relay_timeout": 0.3}))
        relay, sender = Relay(world.producer, databases, memory), Sender(memory)
        await world.emit(3)
        network.silent.set()
        started = time.perf_counter()
        with pytest.raises(OUT_OF_REACH):
            await relay.round(sender)
        assert time.perf_counter() - started < 8.0 + SLACK
        network.silent.clear()
        async with asyncio.timeout(20):
            stop = asyncio.Event()
            running = asyncio.create_task(relay.run(stop))
            async with world.working(memory):
                await world.acknowledged(15)
            stop.set()
            await running
        sender.close()
        await databases.close()


async def _after(seconds: float, network: Mute) -> None:
    await asyncio.sleep(seconds)
    network.silent.set()
