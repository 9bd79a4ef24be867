"""The event path without a broker: what waits in the outboxes is applied by its consumers, and acknowledged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.contracts.envelope import Event
from services.contracts.registry import read_state
from services.kernel.data.database import Databases
from services.kernel.data.service import Received, Service
from services.plam import SERVICES

WAITING = """
SELECT o.id, o.event FROM delivery d JOIN outbox o ON o.id = d.event_id
WHERE d.consumer = $1 AND d.acknowledged_at IS NULL ORDER BY o.id LIMIT 500
"""
ACKNOWLEDGE = "UPDATE delivery SET acknowledged_at = clock_timestamp() WHERE consumer = $1 AND event_id = ANY($2::uuid[])"
BY_NAME = {service.name: service for service in SERVICES}


async def deliver(databases: Databases) -> int:
    """Applies and acknowledges what waits; how many events that were."""
    delivered = 0
    for producer in SERVICES:
        for consumer in producer.consumers:
            delivered += await _deliver(databases, producer, BY_NAME[consumer])
    return delivered


async def _deliver(databases: Databases, producer: Service, consumer: Service) -> int:
    outbox = await databases.pool(producer.name, "worker")
    rows = await outbox.fetch(WAITING, consumer.name)
    events = [Event.model_validate_json(row["event"]) for row in rows]
    if events:
        async with databases.open(consumer.name, "worker") as db:
            await consumer.hear(db, [Received(event, read_state(event)) for event in events])
        await outbox.execute(ACKNOWLEDGE, consumer.name, [row["id"] for row in rows])
    return len(events)


@asynccontextmanager
async def delivering(databases: Databases) -> AsyncIterator[None]:
    """Delivers until the block is left, and then what is left."""

    async def run() -> None:
        while True:
            if not await deliver(databases):
                await asyncio.sleep(0.02)

    task = asyncio.create_task(run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
    while await deliver(databases):
        pass
