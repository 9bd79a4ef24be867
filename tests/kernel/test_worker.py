"""A batch is applied at once; after a fault one by one; what never passes is quarantined and holds nobody up."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import dramatiq
import orjson
import pytest

from services.kernel.base import ids
from services.kernel.base.logs import correlation_id
from services.kernel.data.outbox import Recorded
from services.kernel.events import attempts, consumption
from services.kernel.events.consumption import consume
from tests.kernel.event_world import World
from tests.support.forgeries import put


def made(world: World, count: int = 5) -> list[Recorded]:
    """Events of new entities, that no outbox has."""
    return [event for _ in range(count) for event in world.events(ids.new(), [1])]


async def given(world: World, events: list[Any], batch: UUID | None = None) -> bool:
    """The consumer is given a batch."""
    raws = [orjson.loads(event.event) if isinstance(event, Recorded) else event for event in events]
    return await consume(world.databases, world.consumer, batch or ids.new(), raws, producer=world.producer.name)


async def receipts(world: World) -> list[tuple[int, int]]:
    """Position and runs of every receipt."""
    return [tuple(row) for row in await world.rows(world.consumer, "SELECT position, runs FROM receipt")]


def raising(error: BaseException, times: int = 1_000) -> Callable[[], None]:
    """A fault that raises so many times."""
    left = [times]

    def fault() -> None:
        if left[0] > 0:
            left[0] -= 1
            raise error

    return fault


async def test_an_event_that_always_raises_is_quarantined_after_three_runs_and_the_others_are_applied(world: World) -> None:
    events = made(world)
    world.behaviour.faults[events[2].id] = raising(ZeroDivisionError("rien à diviser"))
    assert await given(world, events)
    assert await world.copies() == {event.subject: 1 for event in events if event is not events[2]}
    assert await world.quarantined() == {events[2].id: "ZeroDivisionError : rien à diviser"}
    assert world.behaviour.runs[events[2].id] == 1 + consumption.RUNS
    assert await receipts(world) == []


async def test_an_event_that_raises_twice_then_passes_is_applied(world: World) -> None:
    events = made(world)
    world.behaviour.faults[events[0].id] = raising(ValueError("pas encore"), times=3)
    assert await given(world, events)
    assert len(await world.copies()) == 5
    assert await world.quarantined() == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dataschema": "unicorn-state/1"}, "état inconnu"),
        ({"dataschema": "action-state/99"}, "plus récent"),
        ({"dataschema": "nothing"}, "état inconnu"),
        ({"data": {"version": 1}}, "données refusées"),
        ({"entityversion": "many"}, "données refusées"),
        ({"id": "not a number"}, "données refusées"),
        ({"type": "nul\0 and \ud800"}, "données refusées"),
    ],
)
async def test_what_this_release_cannot_read_is_quarantined_at_once_and_the_others_are_applied_at_once(
    world: World, change: dict[str, Any], reason: str
) -> None:
    events = made(world)
    spoilt = orjson.loads(events[1].event) | change
    spoilt.pop("subject") if "type" in change else None
    spoilt["type"] = spoilt["type"].replace("\ud800", "")
    assert await given(world, [events[0], spoilt, *events[2:]])
    assert len(await world.copies()) == 4
    assert world.behaviour.batches == [4]
    [why] = (await world.quarantined()).values()
    assert reason in why


@pytest.mark.parametrize("rubbish", [None, 1, "event", [], {}, {"id": None}])
async def test_what_is_no_event_at_all_is_quarantined_once_however_often_it_comes(world: World, rubbish: Any) -> None:
    for _ in range(2):
        assert await given(world, [rubbish, *made(world, 1)])
    assert len(await world.quarantined()) == 1
    assert len(await world.copies()) == 2


async def test_an_event_that_cuts_every_run_short_is_quarantined_after_three_and_the_others_are_applied(world: World) -> None:
    batch, events = ids.new(), made(world)
    world.behaviour.faults[events[3].id] = raising(asyncio.CancelledError())  # like a kill: nothing after it runs
    lives = 0
    while True:
        lives += 1
        try:
            assert await given(world, events, batch)
            break
        except asyncio.CancelledError:
            assert await receipts(world) != []
    assert lives == 2 + consumption.RUNS
    assert world.behaviour.runs[events[3].id] == 1 + consumption.RUNS
    assert await world.quarantined() == {events[3].id: consumption.INTERRUPTED}
    assert await world.copies() == {event.subject: 1 for event in events if event is not events[3]}
    assert await receipts(world) == []


async def test_a_receipt_that_a_kill_left_makes_the_batch_go_one_by_one_from_where_it_was(world: World) -> None:
    batch, events = ids.new(), made(world)
    await world.rows(world.consumer, "INSERT INTO receipt (id, position, runs) VALUES ($1, 3, 1)", batch)
    assert await given(world, events, batch)
    assert world.behaviour.batches == [1, 1, 1]
    assert list(world.behaviour.runs) == [event.id for event in events[2:]]
    assert await receipts(world) == []


async def test_ten_copies_at_the_same_time_are_one_run(world: World) -> None:
    batch, events = ids.new(), made(world)
    world.behaviour.pause = 0.1
    done = await asyncio.gather(*(given(world, events, batch) for _ in range(5)))
    assert any(done)
    assert set(world.behaviour.batches) == {5}
    assert await world.quarantined() == {}
    assert await receipts(world) == []


@pytest.mark.parametrize(
    "error", [asyncpg.DeadlockDetectedError("x"), asyncpg.ConnectionDoesNotExistError("x"), asyncpg.AdminShutdownError("x")]
)
async def test_a_fault_of_the_database_counts_against_no_event(world: World, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "PAUSES", (0.01, 0.01))
    events = made(world)
    world.behaviour.faults[events[0].id] = raising(error, times=2)
    assert await given(world, events)
    assert world.behaviour.batches == [5, 5, 5]
    assert await world.quarantined() == {}


@pytest.mark.parametrize("error", [FileNotFoundError("x"), TimeoutError("x"), asyncpg.InterfaceError("x"), asyncpg.QueryCanceledError("x")])
async def test_an_error_that_may_be_the_events_own_counts_and_holds_nobody_up(world: World, error: Exception) -> None:
    events = made(world)
    world.behaviour.faults[events[0].id] = raising(error)
    assert await given(world, events)
    assert list(await world.quarantined()) == [events[0].id]
    assert len(await world.copies()) == 4


async def test_a_database_that_keeps_failing_leaves_the_batch_to_be_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "PAUSES", (0.01, 0.01))
    batch, events = ids.new(), made(world)
    world.behaviour.faults[events[0].id] = raising(asyncpg.ConnectionDoesNotExistError("x"), times=3)
    assert not await given(world, events, batch)
    assert await receipts(world) == [(0, 0)]
    assert await given(world, events, batch)
    assert set(world.behaviour.batches) == {5}


async def test_the_correlation_id_of_the_request_is_bound_while_its_event_is_applied(world: World) -> None:
    event = made(world, 1)[0]
    seen: list[str] = []
    world.behaviour.faults[event.id] = lambda: seen.append(correlation_id.get())
    assert await given(world, [orjson.loads(event.event) | {"correlationid": "request-7"}])
    assert seen == ["request-7"]
    assert correlation_id.get() == ""


async def test_unreadable_messages_hold_nobody_up(world: World, broker: dramatiq.Broker) -> None:
    queue = f"{world.consumer.name}.events"
    for body in (b"not json", b"\xff\xfe", b"[]", b'{"actor_name":"x"}'):
        await asyncio.to_thread(put, broker, queue, body)
    for arguments in ({}, {"batch": 1}, {"batch": "x", "producer": "y", "events": []}, {"unknown": 1}):
        message: dramatiq.Message[Any] = dramatiq.Message(queue, f"{world.consumer.name}.consume", (), arguments, {})
        await asyncio.to_thread(broker.enqueue, message)
    async with world.working(broker), world.relaying(broker):
        await world.emit(3)
        await world.acknowledged(within=2.5)  # a consumer that restarts takes three seconds
    assert len(await world.copies()) == 3
