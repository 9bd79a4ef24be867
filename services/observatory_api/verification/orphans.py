"""Facts that no row of a service bears out: found by `plam verify`, retired by `plam rebuild`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.contracts.access import RevocationState
from services.kernel.data.database import Databases
from services.kernel.data.outbox import Lag
from services.kernel.data.service import Service
from services.kernel.events.following import Link, links
from services.kernel.events.resync import published
from services.observatory_api.ledger.apply import Entity
from services.observatory_api.ledger.retire import Facts, retire
from services.observatory_api.ledger.verify import fact_summary
from services.observatory_api.verification.lag import settled

OBSERVATORY = "observatory"
BATCH = 500


@dataclass(frozen=True)
class Retired:
    """How many facts had no row, how many of them went, and what was on its way when they stayed."""

    found: int
    retired: int
    lag: Mapping[str, Lag]


def links_to_observatory(databases: Databases, services: Sequence[Service]) -> Sequence[Link]:
    """Every kind that a service sends to the observatory, and that becomes facts there."""
    consumers = {service.name: service for service in services}
    every = [link for service in services for link in links(databases, service, consumers, published(service))]
    return [link for link in every if link.consumer.name == OBSERVATORY and link.kind != RevocationState.kind]


async def orphans(databases: Databases, services: Sequence[Service]) -> Sequence[Entity]:
    """The facts whose key no row has, and those of a source that does not send their kind: `services` are all that there are."""
    found: list[Entity] = []
    known = {(link.source, link.kind): link for link in links_to_observatory(databases, services)}
    async with databases.open(OBSERVATORY, "worker") as db:
        for source, kind in sorted(await fact_summary(db)):
            if (source, kind) not in known:
                found += [Entity(source, kind, key) for key in await Facts().keys(db, source, kind)]
    for (source, kind), link in known.items():
        found += [Entity(source, kind, key) for key in await link.gone()]
    return found


async def retire_orphans(databases: Databases, services: Sequence[Service], *, patience: float) -> Retired:
    """Retires them, once nothing is on its way that could bring one back; otherwise they stay."""
    found = await orphans(databases, services)
    if not found:
        return Retired(0, 0, {})
    if lag := await settled(databases, services, patience):
        return Retired(len(found), 0, lag)
    found, retired = sorted(await orphans(databases, services)), 0
    for at in range(0, len(found), BATCH):
        async with databases.open(OBSERVATORY, "worker") as db:
            retired += await retire(db, found[at : at + BATCH])
    return Retired(len(found), retired, {})
