"""A network that swallows everything, with connections already made: every wait for the database has a bound."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import dramatiq
import pytest
from pydantic import SecretStr

from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.database_errors import UNREACHABLE, is_open
from services.kernel.data.fetch_many import fetch_many
from services.kernel.events.brokers import Sender
from services.kernel.events.relay import Pace, Relay
from services.kernel.events.scheduler import Scheduler
from services.kernel.process.app import system_app
from services.plam import ROUTING, SERVICES
from tests.kernel.event_world import World as EventWorld, until
from tests.kernel.http_world import World, tables
from tests.support.api import call
from tests.support.mute import Mute

A_REQUEST = 2.0
"""Seconds that are promised: the answer leaves first, and what a silent server left is tidied behind it."""
SLACK = 2.0


@asynccontextmanager
async def through(settings: Settings) -> AsyncIterator[tuple[Mute, Settings]]:
    """The same database behind a network that can fall silent."""
    assert settings.database_url is not None
    async with Mute(settings.database_url.get_secret_value()).serving() as network:
        yield network, settings.model_copy(update={"database_url": SecretStr(network.url)})


async def test_o10_a_request_is_a_503_in_time_wherever_the_silence_meets_it(hurried: Settings) -> None:
    async with tables(hurried), through(hurried) as (network, there):
        databases = Databases(there)
        app = World().app(databases)
        for moment, path in ((0.3, "/actions/v1/slow?seconds=1"), (0.0, "/actions/v1/slow"), (0.0, "/actions/v1/slow")):
            silenced = asyncio.create_task(_after(moment, network))
            started = time.perf_counter()
            answer = await call(app, "GET", path)
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert time.perf_counter() - started < A_REQUEST, (moment, path)
            await silenced
            network.silent.clear()
        assert (await call(app, "GET", "/actions/v1/slow")).status == 200
        await databases.close()


async def test_many_rows_cut_short_while_they_are_sent_hold_nothing(settings: Settings) -> None:
    """The driver alone would wait for ever: for an answer to what it has not said."""
    async with through(settings) as (network, there):
        databases = Databases(there)
        async with databases.borrowed("actions", "api") as connection:
            network.silent.set()
            started = time.perf_counter()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await fetch_many(connection, "SELECT $1::text", [("x" * 10_000,)] * 2_000)
            assert time.perf_counter() - started < A_REQUEST
            assert not is_open(connection)
        network.silent.clear()
        async with databases.borrowed("actions", "api") as connection:
            assert len(await fetch_many(connection, "SELECT $1::text", [("x" * 10_000,)] * 100)) == 100
        await databases.close()


async def test_o10_readiness_and_metrics_answer_in_time(hurried: Settings) -> None:
    async with through(hurried) as (network, there):
        databases = Databases(there, ROUTING)
        app = system_app(SERVICES, databases)
        assert (await call(app, "GET", "/actions/readyz")).status == 200
        network.silent.set()
        for path, status in (("/actions/readyz", 503), ("/actions/metrics", 200), ("/metrics", 200)):
            started = time.perf_counter()
            assert (await call(app, "GET", path)).status == status, path
            assert time.perf_counter() - started < A_REQUEST, path
        await databases.close()


async def test_pools_of_every_service_close_together(hurried: Settings) -> None:
    async with through(hurried) as (network, there):
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
        with pytest.raises(UNREACHABLE):
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


async def test_o1_relay_and_worker_go_on_when_the_server_closes_their_connections(world: EventWorld, memory: dramatiq.Broker) -> None:
    """Told so on open connections, which is when the driver takes it for a fault of its own."""
    async with through(world.databases.settings) as (network, there):
        databases = Databases(there, world.databases._routing)
        behind = replace(world, databases=databases)
        stop = asyncio.Event()
        running = asyncio.create_task(Relay(world.producer, databases, memory).run(stop))
        async with behind.working(memory):
            await world.emit(3)
            await world.acknowledged()
            for _ in range(5):
                network.terminate()
                await asyncio.sleep(0.05)
                await world.emit(3)
                await world.acknowledged(Pace.lease.total_seconds())
        assert await world.quarantined() == {}
        stop.set()
        await running
        await databases.close()


async def test_o1_a_scheduler_looks_again_soon_when_the_database_did_not_answer(world: EventWorld, memory: dramatiq.Broker) -> None:
    tick = 60.0
    async with through(world.databases.settings) as (network, there):
        databases = Databases(there)
        stop = asyncio.Event()
        running = asyncio.create_task(Scheduler([world.consumer], databases, memory, tick=tick).run(stop))
        async with databases.borrowed(world.consumer.name, "worker") as connection:
            await connection.fetchval("SELECT 1")
        await until(partial(_sent, world))
        await world.rows(world.consumer, "UPDATE job SET sent_at = NULL")
        stop.set()
        await running
        network.terminate()
        stop.clear()
        running = asyncio.create_task(Scheduler([world.consumer], databases, memory, tick=tick).run(stop))
        await until(partial(_sent, world), tick / 2)
        stop.set()
        await running
        await databases.close()


async def _sent(world: EventWorld) -> bool:
    return bool(await world.rows(world.consumer, "SELECT FROM job WHERE sent_at IS NOT NULL"))


async def _after(seconds: float, network: Mute) -> None:
    await asyncio.sleep(seconds)
    network.silent.set()
