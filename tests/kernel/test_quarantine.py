"""Quarantined events are listed, stay out of the way, and are tried again on request."""

import orjson

from services.kernel.base import ids
from services.kernel.events import quarantine
from services.kernel.events.consumption import consume
from tests.kernel.event_world import World


async def _poisoned(world: World) -> dict[str, object]:
    [event] = world.events(ids.new(), [1])
    raw: dict[str, object] = orjson.loads(event.event)

    def fault() -> None:
        raise ValueError("colonne absente")

    world.behaviour.faults[event.id] = fault
    assert await consume(world.databases, world.consumer, ids.new(), [raw], producer=world.producer.name)
    return raw


async def test_a_quarantined_event_is_listed_with_its_reason(world: World) -> None:
    raw = await _poisoned(world)
    [held] = await quarantine.held(world.databases, world.consumer)
    assert str(held.event_id) == raw["id"]
    assert (held.source, held.type, held.reason) == (f"/{world.producer.name}", raw["type"], "ValueError : colonne absente")
    assert orjson.loads(held.event) == raw


async def test_a_quarantined_event_that_comes_again_is_not_run_again(world: World) -> None:
    raw = await _poisoned(world)
    runs = dict(world.behaviour.runs)
    assert await consume(world.databases, world.consumer, ids.new(), [raw], producer=world.producer.name)
    assert world.behaviour.runs == runs
    assert len(await world.quarantined()) == 1


async def test_once_the_cause_is_mended_a_retry_applies_and_releases_it(world: World) -> None:
    raw = await _poisoned(world)
    world.behaviour.faults.clear()
    [held] = await quarantine.held(world.databases, world.consumer)
    assert await quarantine.retry(world.databases, world.consumer, [held]) == [held]
    assert await world.copies() == {raw["subject"]: 1}
    assert await quarantine.held(world.databases, world.consumer) == []
    assert await quarantine.retry(world.databases, world.consumer, [held]) == []


async def test_a_retry_that_fails_keeps_it_with_the_new_reason_and_goes_on_with_the_others(world: World) -> None:
    await _poisoned(world)
    mended = await _poisoned(world)
    first, second = await quarantine.held(world.databases, world.consumer)
    del world.behaviour.faults[second.event_id]

    def fault() -> None:
        raise KeyError("autre chose")

    world.behaviour.faults[first.event_id] = fault
    assert await quarantine.retry(world.databases, world.consumer, [first, second]) == [second]
    assert await world.quarantined() == {first.event_id: "KeyError : 'autre chose'"}
    assert await world.copies() == {mended["subject"]: 1}
