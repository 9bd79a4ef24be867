"""What goes wrong outside the system, and how the figures look then."""

from collections.abc import Callable, Mapping
from typing import Any

import asyncpg

from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.events.following import Followed, follow, links
from services.kernel.events.resync import published, resync
from services.observatory_api.verification.operations import Verification, verify
from services.plam import SERVICES
from tests.observatory_api.ledger_support import rows, values
from tests.support.delivering import deliver

STANDS = 'SELECT series, "on", sum(amount)::bigint FROM entry GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2'


async def owner_execute(settings: Settings, service: str, statement: str, *arguments: object) -> None:
    """Does what no role of a service may, in its schema."""
    connection = await asyncpg.connect(settings.database_url_of(service), server_settings={"search_path": service})
    try:
        await connection.execute(statement, *arguments)
    finally:
        await connection.close()


async def restate_persons(others: Databases) -> int:
    """A process with another secret says again the state of everything that is about a person; it is heard."""
    total = 0
    for service in SERVICES:
        async for count in resync(others, service, [noun for noun in published(service) if noun.pseudonymous]):
            total += count
    while await deliver(others):
        pass
    return total


async def every_day(databases: Databases) -> list[tuple[Any, ...]]:
    """What every series sums up to on every day: all figures are made of it."""
    return list(await rows(databases, STANDS))


async def figures(databases: Databases, *codes: str) -> Mapping[str, tuple[int | None, int | None]]:
    """Numerators and denominators of today."""
    found = {code: await values(databases, code) for code in codes}
    return {code: (value.numerator, value.denominator) for code, value in found.items()}


async def verified(databases: Databases) -> Verification:
    """`plam verify`, without waiting."""
    return await verify(databases, SERVICES, patience=0)


async def follow_everybody(databases: Databases, progress: Callable[[int], None] = lambda _count: None) -> Followed:
    """`plam follow`."""
    consumers = {service.name: service for service in SERVICES}
    every = [link for owner in SERVICES for link in links(databases, owner, consumers, published(owner))]
    return await follow(every, drops=True, progress=progress)
