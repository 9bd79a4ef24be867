"""The numbers of the series: asked of the database once, then known to the process."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import asyncpg
import orjson

from services.contracts.envelope import State
from services.kernel.database import Database
from services.kernel.problems import Unavailable
from services.observatory_api.indicators.catalogue import Catalogue
from services.observatory_api.ledger.contributions import Place, SeriesKey, contributed, series_of
from services.observatory_api.ledger.sums import DAY_BITS, Sums

INSERT = """
INSERT INTO series (indicator, definition, measure, dimensions, department)
SELECT i, d, m, x::jsonb, p FROM unnest($1::text[], $2::smallint[], $3::text[], $4::text[], $5::text[]) AS t(i, d, m, x, p)
ON CONFLICT DO NOTHING
"""
FIND = """
SELECT s.id, t.position
FROM unnest($1::text[], $2::smallint[], $3::text[], $4::text[]) WITH ORDINALITY AS t(i, d, m, x, position)
JOIN series s ON (s.indicator, s.definition, s.measure, s.dimensions) = (t.i, t.d, t.m, t.x::jsonb)
"""
ROLLS = "SELECT id, indicator || '/' || definition || '/' || measure AS measure, department FROM series WHERE id = ANY($1::bigint[])"


class Roll(NamedTuple):
    """The row of `daily`, but for the day, that a series is added to."""

    measure: str
    department: str


class SeriesNumbers:
    """What a process knows of the series: the numbers that a place stands for, and where each number is rolled up."""

    def __init__(self) -> None:
        self.of_place: dict[Place, tuple[int, ...]] = {}
        self.rolls: dict[int, Roll | None] = {}

    async def sums(self, catalogue: Catalogue, states: Sequence[State], db: Database) -> list[Sums]:
        """What each state contributes, by numbered series and day; series never met before are numbered first."""
        missing: set[Place] = set()
        found = [self._sum(catalogue, state, missing) for state in states]
        if missing:
            await self._learn(missing, db)
        again = (self._sum(catalogue, state, set()) if sums is None else sums for state, sums in zip(states, found, strict=True))
        return [sums for sums in again if sums is not None]

    async def learn_rolls(self, numbers: Collection[int], connection: asyncpg.Connection) -> None:
        """Learns where series that other processes numbered are rolled up."""
        unknown = [number for number in numbers if number not in self.rolls]
        for row in await connection.fetch(ROLLS, unknown) if unknown else ():
            self.rolls[row["id"]] = Roll(row["measure"], row["department"]) if row["department"] else None

    def _sum(self, catalogue: Catalogue, state: State, missing: set[Place]) -> Sums | None:
        """The sums of a state; none when a place of it has no number yet, and then it is among the missing."""
        sums: Sums = {}
        known = True
        for place, on, amount in contributed(catalogue, state):
            numbers = self.of_place.get(place)
            if numbers is None:
                missing.add(place)
                known = False
                continue
            day = on.toordinal()
            for number in numbers:
                where = number << DAY_BITS | day
                sums[where] = sums.get(where, 0) + amount
        return sums if known else None

    async def _learn(self, places: Iterable[Place], db: Database) -> None:
        """Numbers places on a second connection, which commits at once, whatever becomes of the batch.

        Inserted in order, so that two processes that meet the same new series wait for one another without deadlock.
        """
        wanted = {place: series_of(place) for place in places}
        keys = sorted({key for listed in wanted.values() for key in listed}, key=_order)
        pool = await db.databases.pool(db.service, "worker")
        try:
            connection = await pool.acquire(timeout=db.databases.settings.acquire_timeout)
        except TimeoutError as error:
            raise Unavailable("Toutes les connexions à la base sont occupées.") from error
        try:
            numbers = await self._numbers(connection, keys)
            if missing := [key for key in keys if key not in numbers]:
                await connection.execute(INSERT, *_columns(missing), [key.department for key in missing])
                numbers |= await self._numbers(connection, missing)
        finally:
            await pool.release(connection)
        for key, number in numbers.items():
            measure = f"{key.indicator}/{key.definition}/{key.measure}"
            self.rolls[number] = Roll(measure, key.department) if key.department else None
        for place, listed in wanted.items():
            self.of_place[place] = tuple(numbers[key] for key in listed)

    async def _numbers(self, connection: asyncpg.Connection, keys: list[SeriesKey]) -> dict[SeriesKey, int]:
        return {keys[row["position"] - 1]: row["id"] for row in await connection.fetch(FIND, *_columns(keys))}


_known: dict[asyncpg.Pool, SeriesNumbers] = {}


async def numbers_of(db: Database) -> SeriesNumbers:
    """What this process knows of the series of a database, for as long as it keeps its pool."""
    pool = await db.databases.pool(db.service, "worker")
    if pool not in _known:
        for closed in [other for other in _known if other.is_closing()]:
            del _known[closed]
        _known[pool] = SeriesNumbers()
    return _known[pool]


def _columns(keys: list[SeriesKey]) -> tuple[list[str], list[int], list[str], list[str]]:
    return (
        [key.indicator for key in keys],
        [key.definition for key in keys],
        [key.measure for key in keys],
        [_json(key) for key in keys],
    )


def _order(key: SeriesKey) -> tuple[str, int, str, str]:
    return key.indicator, key.definition, key.measure, _json(key)


def _json(key: SeriesKey) -> str:
    return orjson.dumps(dict(key.dimensions)).decode()
