"""What is still on its way between the services."""

import asyncio
from collections.abc import Sequence

from services.kernel.data.database import Databases
from services.kernel.data.outbox import Lag, lags
from services.kernel.data.service import Service

LOOK_AGAIN = 0.25


async def settled(databases: Databases, services: Sequence[Service], patience: float) -> dict[str, Lag]:
    """Waits until every event is acknowledged; after `patience` seconds, how many are not, by `producer → consumer`."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while True:
        waiting: dict[str, Lag] = {}
        for service in services:
            async with databases.borrowed(service.name, "worker") as connection:
                waiting |= {f"{service.name} → {lag.consumer}": lag for lag in await lags(connection)}
        if not waiting or loop.time() > until:
            return waiting
        await asyncio.sleep(LOOK_AGAIN)
