"""`plam verify`: completeness (rows against facts), arithmetic (the ledger against itself), meaning (figures against plain SQL)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from services.kernel import clock
from services.kernel.completeness import Completeness, compare, rows_of
from services.kernel.database import Databases
from services.kernel.outbox import Lag, lags
from services.kernel.resync import published
from services.kernel.service import Service
from services.observatory_api.ledger.verify import Arithmetic, arithmetic, fact_summary
from services.observatory_api.values.operations import dashboard
from services.observatory_api.values.schemas import DashboardQuery

OBSERVATORY = "observatory"
LOOK_AGAIN = 0.25


@dataclass(frozen=True)
class Difference:
    """A figure that the service's own tables do not bear out."""

    indicator: str
    figure: tuple[int | None, int | None]
    expected: tuple[int | None, int | None]


@dataclass
class Meaning:
    """How many indicators were compared, and those that differ."""

    compared: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether every figure compared says what the tables say."""
        return not self.differences and self.compared > 0


@dataclass(frozen=True)
class Verification:
    """The three counts; and the events that were still on their way, told apart."""

    completeness: Completeness
    arithmetic: Arithmetic
    meaning: Meaning
    lag: dict[str, Lag]

    @property
    def sound(self) -> bool:
        """Whether the three counts are clean."""
        return self.completeness.sound and self.arithmetic.sound and self.meaning.sound


async def verify(databases: Databases, services: Sequence[Service], *, patience: float = 30.0) -> Verification:
    """Compares everything, once nothing is on its way any more, or after `patience` seconds."""
    lag = await settled(databases, services, patience)
    completeness = Completeness()
    async with databases.open(OBSERVATORY, "worker") as db:
        facts = await fact_summary(db)
    for service in services:
        for noun in published(service):
            if noun.state and noun.state.kind in service.consumers.get(OBSERVATORY, ()):
                async with databases.open(service.name, "worker") as db:
                    compare(
                        completeness,
                        service.name,
                        noun.state,
                        await rows_of(db, noun),
                        facts.get((f"/{service.name}", noun.state.kind), {}),
                    )
    async with databases.open(OBSERVATORY, "worker") as db:
        sums = await arithmetic(db)
    return Verification(completeness, sums, await meaning(databases, services, clock.today()), lag)


async def settled(databases: Databases, services: Sequence[Service], patience: float) -> dict[str, Lag]:
    """Waits until every event is acknowledged; after `patience` seconds, how many are not, by `producer → consumer`."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while True:
        waiting: dict[str, Lag] = {}
        for service in services:
            async with databases.lent(service.name, "worker") as connection:
                waiting |= {f"{service.name} → {lag.consumer}": lag for lag in await lags(connection)}
        if not waiting or loop.time() > until:
            return waiting
        await asyncio.sleep(LOOK_AGAIN)


async def meaning(databases: Databases, services: Sequence[Service], today: date) -> Meaning:
    """Compares figures with queries over the services' own tables, each with its service's role."""
    async with databases.open(OBSERVATORY, "worker") as db:
        shown = {item.code: item for item in (await dashboard(db, DashboardQuery(as_of=today))).items}
    found = Meaning()
    for service in services:
        pool = await databases.pool(service.name, "worker")
        for code, query in service.meaning.items():
            row: Any = await pool.fetchrow(query, today)
            figure = shown[code]
            expected, said = (row[0], row[1]), (figure.numerator, figure.denominator)
            found.compared += 1
            if (expected[0] or 0, expected[1] or 0) != (said[0] or 0, said[1] or 0):
                found.differences.append(Difference(code, said, expected))
    return found
