"""Periodic jobs are sent when due, by one scheduler at a time, and their rows say how they went."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg
import dramatiq
import pytest

from services.kernel.base.principals import Principal
from services.kernel.data.connecting import Use
from services.kernel.data.database import Database, Databases
from services.kernel.data.outbox import lags, purge
from services.kernel.data.service import Job
from services.kernel.events import worker
from services.kernel.events.brokers import Sender
from services.kernel.events.relay import Relay
from services.kernel.events.scheduler import KERNEL_JOBS, Scheduler, run_job
from tests.kernel.event_world import World, until
from tests.support.database import STUCK

ALL = {"note", "fail", *(job.name for job in KERNEL_JOBS)}


async def test_a_new_job_is_due_at_once_and_then_not_before_its_time(world: World, memory: dramatiq.Broker) -> None:
    sender = Sender(memory)
    scheduler = Scheduler([world.consumer], world.databases, memory)
    assert set(await scheduler.send_due(world.consumer, sender)) == ALL
    assert await scheduler.send_due(world.consumer, sender) == []
    assert await run_job(world.databases, world.consumer, "note")
    assert await scheduler.send_due(world.consumer, sender) == []
    await world.rows(world.consumer, "UPDATE job SET due_at = due_at - interval '1 day' WHERE name = 'note'")
    assert await scheduler.send_due(world.consumer, sender) == ["note"]
    sender.close()


async def test_a_job_whose_message_was_lost_is_sent_again(world: World, memory: dramatiq.Broker) -> None:
    sender = Sender(memory)
    scheduler = Scheduler([world.consumer], world.databases, memory)
    await scheduler.send_due(world.consumer, sender)
    await world.rows(world.consumer, "UPDATE job SET sent_at = sent_at - interval '11 minutes' WHERE name = 'note'")
    assert await scheduler.send_due(world.consumer, sender) == ["note"]
    sender.close()


async def test_schedulers_side_by_side_send_a_job_once(world: World, memory: dramatiq.Broker) -> None:
    sender = Sender(memory)
    each = [Databases(world.databases.settings) for _ in range(4)]
    first = Scheduler([world.consumer], world.databases, memory)
    await first.send_due(world.consumer, sender)  # the rows are there, and nobody's broker is new
    await world.rows(world.consumer, "UPDATE job SET sent_at = NULL")
    others = [Scheduler([world.consumer], databases, memory) for databases in each]
    for other in others:
        other._again_after = dict(first._again_after)
    sent = await asyncio.gather(*(scheduler.send_due(world.consumer, sender) for scheduler in others))
    sender.close()
    for databases in each:
        await databases.close()
    assert sorted(name for names in sent for name in names) == sorted(ALL)


async def test_a_job_that_fails_says_so_and_is_due_again_soon(world: World, memory: dramatiq.Broker) -> None:
    sender = Sender(memory)
    await Scheduler([world.consumer], world.databases, memory).send_due(world.consumer, sender)
    sender.close()
    assert not await run_job(world.databases, world.consumer, "fail")
    [row] = await world.rows(world.consumer, "SELECT last_error, due_at - last_run_at AS wait FROM job WHERE name = 'fail'")
    assert row["last_error"] == "ValueError : tâche impossible"
    assert row["wait"] <= timedelta(minutes=5, seconds=1)


async def test_jobs_travel_by_the_broker_to_a_worker(world: World, broker: dramatiq.Broker) -> None:
    stop = asyncio.Event()

    async def all_ran() -> bool:
        return len(await world.rows(world.consumer, "SELECT FROM job WHERE last_run_at IS NOT NULL")) == len(ALL)

    async with world.working(broker):
        scheduler = asyncio.create_task(Scheduler([world.consumer], world.databases, broker, tick=0.05).run(stop))
        try:
            await until(all_ran)
        except TimeoutError:
            left = await world.rows(world.consumer, "SELECT * FROM job")
            pytest.fail(f"these jobs are left: {left}")
        stop.set()
        await scheduler


async def test_a_job_that_met_a_failing_database_runs_again_at_once(world: World, memory: dramatiq.Broker) -> None:
    faults = [asyncpg.ConnectionDoesNotExistError("x"), TimeoutError("x"), OSError("x")]

    async def shaky(_db: Database) -> None:
        if faults and isinstance(faults[-1], asyncpg.PostgresError):
            raise faults.pop()

    class Shaky(Databases):
        @asynccontextmanager
        async def open(
            self, service: str, use: Use = "api", *, by: Principal | None = None, rehearsal: bool = False
        ) -> AsyncIterator[Database]:
            if faults and not isinstance(faults[-1], asyncpg.PostgresError):
                raise faults.pop()
            async with super().open(service, use, by=by, rehearsal=rehearsal) as db:
                yield db

    service = replace(world.consumer, jobs=(Job("shaky", timedelta(days=1), shaky),))
    await world.rows(world.consumer, "INSERT INTO job (name) VALUES ('shaky')")

    async def ran() -> bool:
        return bool(await world.rows(world.consumer, "SELECT FROM job WHERE last_run_at IS NOT NULL AND last_error IS NULL"))

    async with worker.working(memory, [service], Shaky(world.databases.settings), threads=1):
        sender = Sender(memory)
        await sender.send(f"{service.name}.jobs", f"{service.name}.run_job", {"name": "shaky"})
        await until(ran)
        sender.close()
    assert faults == []


async def test_a_job_that_is_cut_short_holds_nothing_any_more(
    world: World, memory: dramatiq.Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "STOP_WITHIN", 100)
    begun = threading.Event()

    async def endless(db: Database) -> None:
        await (await db.connection()).execute("LOCK TABLE action_copy IN EXCLUSIVE MODE")
        begun.set()
        await asyncio.sleep(STUCK)

    service = replace(world.consumer, jobs=(Job("endless", timedelta(days=1), endless),))
    held = """
    SELECT locktype FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (locktype = 'advisory' OR mode = 'ExclusiveLock')
    """
    async with worker.working(memory, [service], Databases(world.databases.settings), threads=1):
        sender = Sender(memory)
        await sender.send(f"{service.name}.jobs", f"{service.name}.run_job", {"name": "endless"})
        assert await asyncio.to_thread(begun.wait, STUCK)
        sender.close()
        assert len(await world.rows(world.consumer, held)) == 2
    assert await world.rows(world.consumer, held) == []


async def test_the_purge_takes_what_was_acknowledged_long_ago_and_nothing_else(world: World, memory: dramatiq.Broker) -> None:
    sender = Sender(memory)
    old = await world.emit(3)
    await Relay(world.producer, world.databases, memory).round(sender)
    sender.close()
    await world.rows(world.producer, "UPDATE outbox SET recorded_at = recorded_at - interval '8 days'")
    young = await world.emit()
    await world.rows(world.producer, "UPDATE delivery SET acknowledged_at = now() WHERE event_id <> $1", old[1].id)
    pool = await world.databases.pool(world.producer.name)
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 4
    async with pool.acquire() as connection:
        assert [lag.events for lag in await lags(connection)] == [1]
        assert await purge(connection) == 2
        assert await purge(connection) == 0
    left = {row["id"] for row in await world.rows(world.producer, "SELECT id FROM outbox")}
    assert (
        left == {row["event_id"] for row in await world.rows(world.producer, "SELECT event_id FROM delivery")} == {old[1].id, young[0].id}
    )
