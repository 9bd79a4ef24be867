"""`plam verify`: completeness (rows against facts), arithmetic (the ledger against itself), meaning (figures against plain SQL)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from services.kernel.base import clock
from services.kernel.data.completeness import Completeness, compare, rows_of
from services.kernel.data.database import Databases
from services.kernel.data.outbox import Lag
from services.kernel.data.service import Service
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.dimensions import DEPARTMENT
from services.observatory_api.ledger.verify import Arithmetic, arithmetic, fact_summary
from services.observatory_api.values.operations import dashboard, indicator_values
from services.observatory_api.values.schemas import DashboardQuery, FigureRead, ValuesQuery
from services.observatory_api.verification.closed_months import check_closed_months
from services.observatory_api.verification.lag import settled
from services.observatory_api.verification.orphans import OBSERVATORY, links_to_observatory

Parts = tuple[int, int]
"""(numerator, denominator); of a distribution, its median and how many there are."""
NOTHING: Parts = (0, 0)


@dataclass(frozen=True)
class Difference:
    """A figure that the service's own tables do not bear out."""

    indicator: str
    figure: Parts
    expected: Parts


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
    known = links_to_observatory(databases, services)
    for link in known:
        async with databases.open(link.owner.name, "worker") as db:
            rows = await rows_of(db, link.noun)
        if compare(completeness, link.owner.name, link.state, rows, facts.get((link.source, link.kind), {})):
            completeness.without_row += len(await link.gone())
    for pair in facts.keys() - {(link.source, link.kind) for link in known}:
        completeness.of_unknown_source += sum(bucket.count for bucket in facts[pair].values())
    async with databases.open(OBSERVATORY, "worker") as db:
        sums = await arithmetic(db)
    await check_closed_months(databases, sums)
    return Verification(completeness, sums, await meaning(databases, services, clock.today()), lag)


async def meaning(databases: Databases, services: Sequence[Service], today: date) -> Meaning:
    """Compares figures with queries over the services' own tables, each with its service's role.

    Breakdowns are compared under a definition that has them, and departments where what names none counts in each; a definition of before,
    still in force, is not.
    """
    async with databases.open(OBSERVATORY, "worker") as db:
        shown = {item.code: item for item in (await dashboard(db, DashboardQuery(as_of=today))).items}
    found = Meaning()
    for service in services:
        pool = await databases.pool(service.name, "worker")
        for name, query in service.meaning.items():
            code, _, dimension = name.partition("/")
            if dimension and _counted_otherwise(code, dimension, shown[code].definition):
                continue
            expected = {tuple(row)[:-2]: _compared(row[-2], row[-1]) for row in await pool.fetch(query, today)}
            said: dict[tuple[str, ...], Parts] = {(): _parts(shown[code])}
            if dimension:
                said = await _broken_down(databases, code, dimension, today)
            found.compared += 1
            for group in sorted(expected.keys() | said.keys()):
                parts = said.get(group, NOTHING), expected.get(group, NOTHING)
                if parts[0] != parts[1]:
                    found.differences.append(Difference(" ".join((name, *group)), *parts))
    return found


def _counted_otherwise(code: str, dimension: str, definition: int) -> bool:
    """Whether a definition of before has no such dimension, or counts in no department what names none."""
    definitions = CATALOGUE.definitions(code)
    if dimension != DEPARTMENT.name:
        return dimension not in definitions[definition].names
    return definitions[max(definitions)].everywhere and not definitions[definition].everywhere


async def _broken_down(databases: Databases, code: str, dimension: str, today: date) -> dict[tuple[str, ...], Parts]:
    async with databases.open(OBSERVATORY, "worker") as db:
        groups = (await indicator_values(db, code, ValuesQuery(as_of=today, by=dimension))).groups
    return {(str(group.dimensions[dimension]),): _parts(group) for group in groups}


def _parts(figure: FigureRead) -> Parts:
    if figure.samples is not None:
        return _compared(int(figure.value or 0), figure.samples)
    return _compared(figure.numerator, figure.denominator)


def _compared(numerator: int | None, denominator: int | None) -> Parts:
    """Nothing and no row of it are the same."""
    return numerator or 0, denominator or 0
