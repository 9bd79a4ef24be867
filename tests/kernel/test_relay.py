"""The relay sends every committed event until it is acknowledged, in batches that keep their number, a bounded number at once."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import dramatiq
import orjson
import pytest
from dramatiq.brokers.stub import StubBroker

from services.kernel.base import ids
from services.kernel.data.database import Databases
from services.kernel.data.outbox import WAKE_INTERVAL, Recorded
from services.kernel.events.brokers import BrokerUnavailableError, Sender, make_broker
from services.kernel.events.relay import Pace, Relay
from tests.kernel.event_world import BEFORE_ITS_POLL, World, until
from tests.kernel.http_world import look
from tests.support.database import STUCK


class Unreliable(StubBroker):
    """A broker that refuses some sends, and may take a message before it says so."""

    def __init__(self, refusals: int, *, keeps: bool = False) -> None:
        super().__init__(middleware=[])
        self.refusals = refusals
        self.keeps = keeps

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """Takes a message, or not."""
        if self.refusals > 0:
            self.refusals -= 1
            if self.keeps:
                super().enqueue(message, delay=delay)
            raise ConnectionError("broker down")
        return super().enqueue(message, delay=delay)


@pytest.fixture
async def sender(memory: dramatiq.Broker) -> AsyncIterator[Sender]:
    """A sender to the broker in this process."""
    made = Sender(memory)
    yield made
    made.close()


def taken(broker: dramatiq.Broker, world: World) -> list[dict[str, Any]]:
    """The arguments of the messages that nobody has consumed yet, which they empty."""
    queue = broker.queues.get(f"{world.consumer.name}.events")
    return [orjson.loads(queue.get_nowait())["kwargs"] for _ in range(queue.qsize())] if queue else []


def numbers(messages: Sequence[dict[str, Any]]) -> list[str]:
    """The events' numbers, sorted."""
    return sorted(event["id"] for message in messages for event in message["events"])


def of(events: Sequence[Recorded]) -> list[str]:
    """The same of what was emitted."""
    return sorted(str(event.id) for event in events)


async def age(world: World, seconds: int) -> None:
    """Makes everything that was sent look sent that long ago."""
    await world.rows(world.producer, "UPDATE delivery SET sent_at = sent_at - $1::interval", timedelta(seconds=seconds))


async def test_a_batch_is_sent_again_under_its_number_when_its_lease_ends_and_the_lease_doubles(
    world: World, memory: dramatiq.Broker, sender: Sender
) -> None:
    relay = Relay(world.producer, world.databases, memory)
    events = await world.emit(3)
    await relay.round(sender)
    [first] = taken(memory, world)
    assert numbers([first]) == of(events)

    for lease in (30, 60, 120, 240, 480, 600, 600):
        await age(world, lease - 2)
        await relay.round(sender)
        assert taken(memory, world) == []
        await age(world, 3)
        await relay.round(sender)
        assert taken(memory, world) == [first]


async def test_what_a_relay_claimed_before_it_died_goes_out_when_the_lease_ends(
    world: World, memory: dramatiq.Broker, sender: Sender
) -> None:
    dead, alive = (Relay(world.producer, world.databases, memory) for _ in range(2))
    events = await world.emit(3)
    [claimed] = await dead._claim(world.consumer.name)
    await alive.round(sender)
    assert taken(memory, world) == []
    await age(world, 31)
    await alive.round(sender)
    [message] = taken(memory, world)
    assert message["batch"] == str(claimed.id)
    assert numbers([message]) == of(events)


async def test_no_more_batches_are_out_than_the_window_and_an_acknowledged_one_makes_room(
    world: World, memory: dramatiq.Broker, sender: Sender
) -> None:
    relay = Relay(world.producer, world.databases, memory, pace=Pace(events=2, window=50))
    await world.emit(110)
    for _ in range(60):
        await relay.round(sender)
    messages = taken(memory, world)
    assert len(messages) == 50
    await world.rows(
        world.producer,
        "UPDATE delivery SET acknowledged_at = now() WHERE batch = ANY($1::uuid[])",
        [UUID(message["batch"]) for message in messages[:3]],
    )
    for _ in range(60):
        await relay.round(sender)
    more = taken(memory, world)
    assert len(more) == 3
    assert len(set(numbers(messages + more))) == 106


async def test_a_batch_has_at_most_so_many_events_and_so_many_bytes_and_one_large_event_goes_alone(
    world: World, memory: dramatiq.Broker, sender: Sender
) -> None:
    size = 3_000
    relay = Relay(world.producer, world.databases, memory, pace=Pace(events=4, size=size))
    await world.emit(1, alter=lambda event: event.replace('"A1"', f'"{"x" * 5_000}"'))
    await world.emit(9)
    while await world.rows(world.producer, "SELECT FROM delivery WHERE batch IS NULL"):
        await relay.round(sender)
    messages = taken(memory, world)
    assert len(numbers(messages)) == len(set(numbers(messages))) == 10
    assert len(messages[0]["events"]) == 1
    for message in messages[1:]:
        assert len(message["events"]) <= 4
        assert sum(len(orjson.dumps(event)) for event in message["events"]) <= size


async def test_relays_side_by_side_send_each_event_once_and_keep_to_one_window(
    world: World, memory: dramatiq.Broker, sender: Sender
) -> None:
    await world.emit(60)
    relays = [Relay(world.producer, Databases(world.databases.settings), memory, pace=Pace(events=2, window=20)) for _ in range(3)]
    await asyncio.gather(*(relay.round(sender) for _ in range(12) for relay in relays))
    sent = numbers(taken(memory, world))
    for relay in relays:
        await relay._databases.close()
    assert len(sent) == len(set(sent)) == 40


async def test_what_the_broker_does_not_take_is_due_at_once_and_its_lease_does_not_grow(world: World) -> None:
    broker = Unreliable(refusals=3)
    sender = Sender(broker)
    relay = Relay(world.producer, world.databases, broker)
    events = await world.emit(3)
    for _ in range(3):
        with pytest.raises(BrokerUnavailableError):
            await relay.round(sender)
    await relay.round(sender)
    sender.close()
    assert numbers(taken(broker, world)) == of(events)
    assert {row["sends"] for row in await world.rows(world.producer, "SELECT sends FROM delivery")} == {1}


async def test_a_message_that_arrived_though_its_confirmation_was_lost_comes_again_under_the_same_number(world: World) -> None:
    broker = Unreliable(refusals=1, keeps=True)
    await world.emit(2)
    async with world.relaying(broker):
        await until(lambda: _sizes(broker, world, 2))
    first, second = taken(broker, world)
    assert first == second


async def _sizes(broker: dramatiq.Broker, world: World, size: int) -> bool:
    queue = broker.queues.get(f"{world.consumer.name}.events")
    return queue is not None and queue.qsize() >= size


async def test_a_broker_in_this_process_is_given_again_what_an_earlier_process_had_sent(
    world: World, sender: Sender, memory: dramatiq.Broker
) -> None:
    events = await world.emit(2)
    await Relay(world.producer, world.databases, memory).round(sender)
    fresh = make_broker("memory://")
    async with world.relaying(fresh):
        await until(lambda: _sizes(fresh, world, 1))
    assert numbers(taken(fresh, world)) == of(events)


async def test_a_commit_in_another_process_wakes_the_relay_before_its_poll(world: World, memory: dramatiq.Broker) -> None:
    other = World(Databases(world.databases.settings), world.producer, world.consumer, world.behaviour)
    async with world.relaying(memory, pace=Pace(poll=STUCK)):
        await world.emit()
        await until(lambda: _sizes(memory, world, 1))
        await other.emit()
        await until(lambda: _sizes(memory, world, 2), within=BEFORE_ITS_POLL)
    await other.databases.close()


async def test_a_command_that_writes_and_ends_still_wakes_the_relay(world: World, memory: dramatiq.Broker) -> None:
    command = World(Databases(world.databases.settings), world.producer, world.consumer, world.behaviour)
    async with world.relaying(memory, pace=Pace(poll=STUCK)):
        await asyncio.sleep(0.2)
        await command.emit()
        await command.databases.close()
        await until(lambda: _sizes(memory, world, 1), within=BEFORE_ITS_POLL)


async def test_a_relay_whose_connections_the_server_closed_goes_on(world: World, memory: dramatiq.Broker) -> None:
    async with world.relaying(memory, pace=Pace(poll=0.1)):
        await world.emit()
        await until(lambda: _sizes(memory, world, 1))
        async with look(world.databases.settings) as connection:
            ended = (
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()"
            )
            assert await connection.fetchval(ended, f"plam {world.producer.name} relay") >= 1
        await world.emit()
        await until(lambda: _sizes(memory, world, 2))


async def test_many_rings_are_few_notifications(world: World) -> None:
    heard: Counter[str] = Counter()
    pool = await world.databases.pool(world.producer.name)
    connection = await pool.acquire()
    listener = (f"{world.producer.name}_outbox", lambda *found: heard.update([found[2]]))
    await connection.add_listener(*listener)
    waker = world.databases.waker(world.producer.name)
    begun = time.monotonic()
    for _ in range(200):
        waker.wake()
        await asyncio.sleep(0.0005)
    await waker.settle()
    most = 2 + (time.monotonic() - begun) / WAKE_INTERVAL
    await connection.fetchval("SELECT 1")  # what was notified before it is heard before its answer
    await connection.remove_listener(*listener)
    await pool.release(connection)
    assert 1 <= heard.total() <= most


async def test_an_event_that_commits_after_a_newer_one_is_not_passed_over(world: World, memory: dramatiq.Broker, sender: Sender) -> None:
    relay = Relay(world.producer, world.databases, memory)
    late = world.events(ids.new(), [1])
    await asyncio.sleep(0.002)
    await world.emit()
    await relay.round(sender)
    assert len(numbers(taken(memory, world))) == 1
    await world.commit(late)
    await relay.round(sender)
    assert numbers(taken(memory, world)) == [str(late[0].id)]


async def test_a_stuck_broker_is_given_up_and_does_not_stop_the_loop(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.kernel.events.brokers.LONGEST_SEND", 0.2)

    class Stuck(Unreliable):
        def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
            time.sleep(0.6)
            return message

    await world.emit()
    sender = Sender(broker := Stuck(refusals=0))
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    ticking = asyncio.create_task(tick())
    with pytest.raises(BrokerUnavailableError):
        await Relay(world.producer, world.databases, broker).round(sender)
    ticking.cancel()
    sender.close()
    assert ticks > 10
