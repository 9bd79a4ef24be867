"""Events go from an outbox to a consumer and are acknowledged, on every broker: nothing lost, nothing counted twice."""

import asyncio

import dramatiq

from services.kernel.events.relay import Pace
from tests.kernel.event_world import BEFORE_ITS_POLL, World, until
from tests.support.database import STUCK


async def test_what_is_committed_arrives_and_is_acknowledged(world: World, broker: dramatiq.Broker) -> None:
    async with world.working(broker), world.relaying(broker):
        emitted = await world.emit(700, versions=(1, 2))
        await world.acknowledged()
    assert await world.copies() == {event.subject: 2 for event in emitted}
    assert max(world.behaviour.batches) == 500
    assert await world.rows(world.consumer, "SELECT * FROM receipt") == []


async def test_copies_and_disorder_change_nothing(world: World, broker: dramatiq.Broker) -> None:
    async with world.working(broker), world.relaying(broker, pace=Pace(events=3)):
        events = await world.emit(10, versions=(3, 1, 2))
        await world.acknowledged()
        for _ in range(3):  # every acknowledgement is lost, and everything is sent again
            await world.rows(world.producer, "UPDATE delivery SET acknowledged_at = NULL, sent_at = NULL")
            await world.emit()
            await world.acknowledged()
    assert {entity: version for entity, version in (await world.copies()).items() if version != 1} == {event.subject: 3 for event in events}
    assert await world.quarantined() == {}


async def test_an_event_written_while_all_is_idle_arrives_at_once(world: World, broker: dramatiq.Broker) -> None:
    async with world.working(broker), world.relaying(broker, pace=Pace(poll=STUCK)):
        await world.emit()
        await world.acknowledged()
        await asyncio.sleep(0.3)
        [event] = await world.emit()

        async def arrived() -> bool:
            return event.subject in await world.copies()

        await until(arrived, BEFORE_ITS_POLL)
