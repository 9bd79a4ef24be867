"""Messages of every bad kind beside sound ones: each is refused or quarantined, no thread dies, nothing comes back."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import dramatiq
import orjson
import pytest
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.redis import RedisBroker

from services.kernel.base import ids
from services.kernel.base.settings import Settings
from services.kernel.data.database import Database
from services.kernel.data.secret_fingerprints import fingerprint
from services.kernel.data.service import Job
from services.kernel.events import worker
from services.kernel.events.brokers import make_broker
from services.kernel.events.incoming_messages import REFUSED, Json
from services.kernel.events.worker import WorkerDiedError, run_workers
from services.kernel.process.running import serve
from tests.kernel.event_world import World, until
from tests.support import forgeries
from tests.support.database import STUCK
from tests.support.forgeries import put

threads_die = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
"""That is what the test is about."""


def refused(queue: str) -> float:
    """How many messages of a queue this process has refused."""
    return float(REFUSED.labels(queue)._value.get())


def left(broker: dramatiq.Broker, queue: str) -> int:
    """Messages that the queue still has, those under way included."""
    if isinstance(broker, RabbitmqBroker):
        return int(broker.get_queue_message_counts(queue)[0])
    if isinstance(broker, RedisBroker):
        return int(broker.client.hlen(f"dramatiq:{queue}.msgs")) + len(broker.client.keys(f"dramatiq:__acks__.*.{queue}"))
    return broker.queues[queue].unfinished_tasks  # type: ignore[no-any-return]  # those of the stub


def forged(world: World) -> Iterator[tuple[str, bytes]]:
    """Every kind of forged message to the consumer."""
    queue, actor = f"{world.consumer.name}.events", f"{world.consumer.name}.consume"
    [event] = world.events(ids.new(), [1])
    sound = forgeries.message(queue, actor, batch=str(ids.new()), producer=world.producer.name, events=[orjson.loads(event.event)])
    for name, forge in forgeries.MESSAGES.items():
        yield name, forge(sound)


async def test_b2_forged_messages_are_refused_leave_the_queue_and_hold_nobody_up(world: World, broker: dramatiq.Broker) -> None:
    dramatiq.set_encoder(Json())
    queue, bodies = f"{world.consumer.name}.events", list(forged(world))
    before = refused(queue)
    for _, body in bodies:
        await asyncio.to_thread(put, broker, queue, body)
    async with world.working(broker) as watch, world.relaying(broker):
        await world.emit(20)
        await world.acknowledged(within=30)

        async def all_refused() -> bool:
            return refused(queue) - before == len(bodies)

        await until(all_refused, 10)
        assert not watch.done()
    assert len(await world.copies()) == 20
    assert await world.quarantined() == {}
    assert await asyncio.to_thread(left, broker, queue) == 0


@pytest.mark.parametrize("name", ["producer.acknowledgements", "consumer.jobs"])
async def test_b2_the_other_queues_refuse_what_stands_for_nothing(world: World, memory: dramatiq.Broker, name: str) -> None:
    service = world.producer if name.startswith("producer") else world.consumer
    queue = f"{service.name}.{name.partition('.')[2]}"
    actor = f"{service.name}.{'acknowledge' if queue.endswith('acknowledgements') else 'run_job'}"
    dramatiq.set_encoder(Json())
    before = refused(queue)
    arguments: list[dict[str, Any]] = [
        {},
        {"batch": "x", "consumer": world.consumer.name},
        {"batch": str(ids.new()), "consumer": "nobody"},
        {"batch": str(ids.new()), "consumer": []},
        {"name": "unknown"},
        {"name": []},
    ]
    for given in arguments:
        await asyncio.to_thread(put, memory, queue, orjson.dumps(forgeries.message(queue, actor, **given)))
    async with world.working(memory) as watch:

        async def all_refused() -> bool:
            return refused(queue) - before == len(arguments)

        await until(all_refused, 10)
        assert not watch.done()


@pytest.mark.parametrize("broker", ["redis"], indirect=True)  # the others number messages themselves
async def test_b2_a_message_that_names_another_message_of_redis_leaves_nothing_behind(world: World, broker: dramatiq.Broker) -> None:
    dramatiq.set_encoder(Json())
    queue, actor = f"{world.consumer.name}.events", f"{world.consumer.name}.consume"
    for number in (str(ids.new()), "", None):
        [event] = world.events(ids.new(), [1])
        arguments = {"batch": str(ids.new()), "producer": world.producer.name, "events": [orjson.loads(event.event)]}
        options = {} if number is None else {"redis_message_id": number}
        await asyncio.to_thread(put, broker, queue, orjson.dumps(forgeries.message(queue, actor, **arguments) | {"options": options}))
    async with world.working(broker):

        async def applied() -> bool:
            return len(await world.copies()) == 3

        await until(applied, 10)
    assert await asyncio.to_thread(left, broker, queue) == 0


async def test_b2_an_unknown_producer_makes_no_queue(world: World, memory: dramatiq.Broker) -> None:
    dramatiq.set_encoder(Json())
    queue, actor = f"{world.consumer.name}.events", f"{world.consumer.name}.consume"
    [event] = world.events(ids.new(), [1])
    raw, before = orjson.loads(event.event) | {"source": "/stranger"}, refused(queue)
    message = forgeries.message(queue, actor, batch=str(ids.new()), producer="stranger", events=[raw])
    await asyncio.to_thread(put, memory, queue, orjson.dumps(message))
    async with world.working(memory):

        async def was_refused() -> bool:
            return refused(queue) == before + 1

        await until(was_refused, 10)
        assert "stranger.acknowledgements" not in memory.get_declared_queues()
    assert await world.copies() == {}


@threads_die
async def test_b2_a_worker_with_a_dead_thread_ends(world: World, memory: dramatiq.Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK_AT_THREADS", 0.05)
    _kills_its_threads(world, memory)
    with pytest.raises(WorkerDiedError, match="se sont arrêtés"):
        await asyncio.wait_for(
            run_workers(memory, [world.producer, world.consumer], world.databases, threads=2, stop=asyncio.Event()), timeout=STUCK
        )


def _kills_its_threads(world: World, broker: dramatiq.Broker) -> None:
    """Gives the worker an actor whose message names a queue that nobody consumes, by a way that no check stands in."""

    class Renames(dramatiq.Middleware):
        def before_process_message(self, _broker: dramatiq.Broker, message: Any) -> None:
            object.__setattr__(message._message, "queue_name", "nowhere")

    broker.add_middleware(Renames())
    dramatiq.set_encoder(Json())
    queue = f"{world.consumer.name}.jobs"
    put(broker, queue, orjson.dumps(forgeries.message(queue, f"{world.consumer.name}.run_job", name="note")))


@threads_die
async def test_b2_one_process_whose_worker_has_died_ends(world: World, event_database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK_AT_THREADS", 0.05)
    dying = replace(world.consumer, jobs=(Job("die", timedelta(days=1), _die),))
    settings = event_database.model_copy(update={"port": 0})
    routing = {world.producer.name: world.producer.consumers}
    for service in (world.producer, dying):
        kept = "INSERT INTO pseudonym_key (fingerprint) VALUES ($1) ON CONFLICT (single) DO UPDATE SET fingerprint = excluded.fingerprint"
        await world.rows(service, kept, fingerprint(world.databases.secret))
    with pytest.raises(WorkerDiedError):
        await asyncio.wait_for(serve([world.producer, dying], settings, routing, everything=True), timeout=STUCK)


async def _die(_db: Database) -> None:
    raise SystemExit(3)  # ends the event loop of the actors, and so its thread


async def test_b2_a_worker_that_waits_for_its_broker_is_not_dead(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOK_AT_THREADS", 0.05)
    nobody = make_broker("amqp://guest:guest@127.0.0.1:9/?socket_timeout=0.2&stack_timeout=0.5")
    stop = asyncio.Event()
    running = asyncio.create_task(run_workers(nobody, [world.consumer], world.databases, threads=1, stop=stop))
    await asyncio.sleep(1.5)
    assert not running.done()
    stop.set()
    await asyncio.wait_for(running, STUCK)
