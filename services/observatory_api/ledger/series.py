"""The series: their numbers, asked of the database once, then known to the process; and where they are added up, compared."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import asyncpg

from services.contracts.envelope import State
from services.kernel.data.database import Database
from services.observatory_api.indicators.catalogue import Catalogue, Feeds
from services.observatory_api.ledger.contributions import Contributed, Place, SeriesKey, contributed, rolled_up_in, series_of
from services.observatory_api.ledger.sums import DAY_BITS, Sums, as_text

NUMBER = """
WITH asked AS MATERIALIZED (
    SELECT i, d, m, x::jsonb AS x, p, position
    FROM unnest($1::text[], $2::smallint[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS t(i, d, m, x, p, position)
), known AS (
    SELECT s.id, a.position FROM asked a JOIN series s ON (s.indicator, s.definition, s.measure, s.dimensions) = (a.i, a.d, a.m, a.x)
), made AS (
    INSERT INTO series AS s (indicator, definition, measure, dimensions, department)
    SELECT i, d, m, x, p FROM asked WHERE position NOT IN (SELECT position FROM known) ORDER BY position
    ON CONFLICT DO NOTHING RETURNING s.id, s.indicator, s.definition, s.measure, s.dimensions
)
SELECT id, position FROM known
UNION ALL
SELECT m.id, a.position FROM made m JOIN asked a ON (m.indicator, m.definition, m.measure, m.dimensions) = (a.i, a.d, a.m, a.x)
"""
"""The numbers of series, given to those that have none. One that another process makes meanwhile is missing: asked again, it is there."""


class Summed(NamedTuple):
    """What a state contributes, by numbered series and day; as numbers, and as a fact keeps it."""

    sums: Sums
    text: str


class SeriesNumbers:
    """What a process knows of the series: the numbers that a place stands for."""

    def __init__(self) -> None:
        self.of_place: dict[Place, tuple[int, ...]] = {}

    async def sums(self, feeds: Feeds, states: Sequence[State], db: Database) -> list[Summed]:
        """What each state contributes; series never met before are numbered first.

        Each state is taken from its functions to its text at one go: the processor's caches hold a state, not a batch.
        """
        found: dict[int, Summed] = {}
        waiting: dict[int, list[Contributed]] = {}
        for at, state in enumerate(states):
            contributions = contributed(feeds, state)
            try:
                found[at] = self._sum(contributions)
            except KeyError:
                waiting[at] = contributions
        if waiting:
            places = {place for contributions in waiting.values() for place, _, _ in contributions}
            await self._learn(places - self.of_place.keys(), db)
        return [found[at] if at in found else self._sum(waiting[at]) for at in range(len(states))]

    def _sum(self, contributions: Iterable[Contributed]) -> Summed:
        """Raises `KeyError` when a place has no numbers yet."""
        sums: Sums = {}
        for place, on, amount in contributions:
            day = on.toordinal()
            for number in self.of_place[place]:
                where = number << DAY_BITS | day
                sums[where] = sums.get(where, 0) + amount
        return Summed(sums, as_text(sums))

    async def _learn(self, places: Iterable[Place], db: Database) -> None:
        """Numbers places on a second connection, which commits at once, whatever becomes of the batch.

        Made in order, so that two processes that meet the same new series wait for one another without deadlock.
        """
        wanted = {place: series_of(place) for place in places}
        keys = sorted({key for listed in wanted.values() for key in listed})
        numbers: dict[SeriesKey, int] = {}
        async with db.databases.borrowed(db.service, "worker", wait=db.databases.settings.acquire_timeout) as connection:
            while asked := [key for key in keys if key not in numbers]:
                for number, position in await connection.fetch(NUMBER, *zip(*asked, strict=True)):
                    numbers[asked[position - 1]] = number
        for place, listed in wanted.items():
            self.of_place[place] = tuple(numbers[key] for key in listed)


class Misplaced(NamedTuple):
    """A series that `rollup` adds up under another department than its indicator says."""

    series: int
    expected: str | None
    found: str | None


async def misplaced(connection: asyncpg.Connection, catalogue: Catalogue) -> list[Misplaced]:
    """Those, of the definitions that there are."""
    of_number = {(one.code, one.definition): one for one in catalogue.indicators}
    wrong: list[Misplaced] = []
    for row in await connection.fetch("SELECT id, indicator, definition, dimensions, department FROM series ORDER BY id"):
        if indicator := of_number.get((row["indicator"], row["definition"])):
            expected = rolled_up_in(indicator, tuple(row["dimensions"].items()))
            if row["department"] != expected:
                wrong.append(Misplaced(row["id"], expected, row["department"]))
    return wrong


_known: dict[asyncpg.Pool, SeriesNumbers] = {}


async def numbers_of(db: Database) -> SeriesNumbers:
    """What this process knows of the series of a database, for as long as it keeps its pool."""
    pool = await db.databases.pool(db.service, "worker")
    if pool not in _known:
        for closed in [other for other in _known if other.is_closing()]:
            del _known[closed]
        _known[pool] = SeriesNumbers()
    return _known[pool]
