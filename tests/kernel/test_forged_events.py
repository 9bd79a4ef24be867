"""What an event says of itself is checked: one that contradicts its message is quarantined with its reason, the others are applied."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from services.kernel.base import ids
from services.kernel.data.outbox import Recorded
from services.kernel.events import quarantine
from services.kernel.events.consumption import consume
from tests.kernel.event_world import World
from tests.support import forgeries


def raw(event: Recorded) -> dict[str, Any]:
    """An event as a message carries it."""
    found: dict[str, Any] = orjson.loads(event.event)
    return found


async def given(world: World, events: list[Any], *, producer: str | None = None, batch: UUID | None = None) -> bool:
    """The consumer is given a batch."""
    return await consume(world.databases, world.consumer, batch or ids.new(), events, producer=producer or world.producer.name)


@pytest.mark.parametrize("name", list(forgeries.EVENTS))
async def test_b4_a_forged_event_is_quarantined_with_its_reason_and_the_others_are_applied_at_once(world: World, name: str) -> None:
    forge, reason = forgeries.EVENTS[name]
    first, spoilt, last = (event for _ in range(3) for event in world.events(ids.new(), [1]))
    assert await given(world, [raw(first), forge(raw(spoilt)), raw(last)])
    assert set(await world.copies()) == {first.subject, last.subject}
    assert world.behaviour.batches == [2], "not one by one"
    [why] = (await world.quarantined()).values()
    assert reason in why


async def test_b4_an_event_of_another_producer_is_quarantined(world: World) -> None:
    [event] = world.events(ids.new(), [1])
    assert await given(world, [raw(event)], producer="access")
    [why] = (await world.quarantined()).values()
    assert why == f"l'événement indique « /{world.producer.name} », son message vient de « /access »"
    assert await world.copies() == {}


async def test_b4_a_kind_that_the_producer_does_not_send_here_is_quarantined(world: World) -> None:
    [event] = world.events(ids.new(), [1])
    state = {"id": event.subject, "version": 1, "code": "Z", "scheme_kind": "apprenticeship", "status": "active"}
    changed = {"type": f"{world.producer.name}.scheme.created", "dataschema": "scheme-state/1", "data": state}
    assert await given(world, [raw(event) | changed])
    [why] = (await world.quarantined()).values()
    assert why == f"« {world.producer.name} » n'envoie pas d'état « scheme » à ce service"


async def test_b4_a_forgery_with_a_real_events_id_does_not_stand_for_it(world: World) -> None:
    [event] = world.events(ids.new(), [1])
    forgery = raw(event) | {"subject": str(ids.new())}
    for _ in range(2):
        assert await given(world, [forgery])
    assert await given(world, [raw(event)])
    assert await world.copies() == {event.subject: 1}
    assert list(await world.quarantined()) == [event.id]


async def test_b4_a_forgery_and_the_real_event_in_one_batch_are_told_apart(world: World) -> None:
    [event] = world.events(ids.new(), [1])
    assert await given(world, [raw(event) | {"colour": "red"}, raw(event), raw(event) | {"colour": "blue"}])
    assert await world.copies() == {event.subject: 1}
    held = await quarantine.held(world.databases, world.consumer)
    assert [each.event_id for each in held] == [event.id, event.id]
    assert await quarantine.retry(world.databases, world.consumer, held) == []


async def test_b4_a_retry_checks_against_the_producer_whose_message_it_was(world: World) -> None:
    [event] = world.events(ids.new(), [1])
    await given(world, [raw(event)], producer="access")
    held = await quarantine.held(world.databases, world.consumer)
    assert await quarantine.retry(world.databases, world.consumer, held) == []
    assert await world.copies() == {}


async def test_b4_a_full_quarantine_leaves_a_batch_to_be_sent_again_its_sound_events_applied(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "MOST_HELD", 2)
    first, second, sound = (event for _ in range(3) for event in world.events(ids.new(), [1]))
    assert await given(world, [raw(first) | {"colour": "red"}, raw(second) | {"colour": "red"}])
    third = raw(sound) | {"id": str(ids.new()), "colour": "red"}
    batch = ids.new()
    for _ in range(2):
        assert not await given(world, [third, raw(sound)], batch=batch)
    assert await world.copies() == {sound.subject: 1}
    assert len(await world.quarantined()) == 2
    assert await given(world, [raw(first) | {"colour": "red"}]), "what it holds already is done with"
    await world.rows(world.consumer, "UPDATE quarantine SET released_at = now() WHERE event_id = $1", first.id)
    assert await given(world, [third, raw(sound)], batch=batch)
