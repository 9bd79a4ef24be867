"""Figures of a large ledger: by the roll-up and what months keep, beside the way of before, by days and entries.

A hundred invented indicators (60 sums and ratios, 20 distributions of 200 values, 20 of cells of 2,000 keys) over 60 months; half of them
are fed by a state with several departments. The cost is the CPU of this process and of the database, together.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any

import asyncpg
import sqlalchemy as sa
from pydantic import SecretStr

from services.contracts.actions import ActionState
from services.contracts.codes import Department
from services.contracts.recruitment import NeedState
from services.contracts.registry import STATES
from services.kernel.base import clock
from services.kernel.base.periods import Step, start_before
from services.kernel.base.settings import Settings
from services.kernel.data.database import Database, Databases
from services.observatory_api.indicators.catalogue import Catalogue
from services.observatory_api.indicators.contributions import Contribution
from services.observatory_api.indicators.declare import cells, distribution, ratio, total
from services.observatory_api.indicators.dimensions import DEPARTMENT
from services.observatory_api.indicators.kinds import Kind, Reading
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.model import Indicator
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import PLAN
from services.observatory_api.ledger.posting import post
from services.observatory_api.ledger.rebuild import refill
from services.observatory_api.ledger.sums import DAY_BITS
from services.observatory_api.ledger.tables import rollup
from services.observatory_api.values.asked import wanted_points
from services.observatory_api.values.figures import figure, merged, points
from services.observatory_api.values.operations import dashboard
from services.observatory_api.values.queries import Question
from services.observatory_api.values.reading import Sums, entry_sums, open_snapshot, shown
from services.observatory_api.values.schemas import DashboardQuery
from tests.bench.measure import Figure, cpu_seconds
from tests.support.database import SECRET

MONTHS, DAYS = 60, 1_800
BATCHES = 2_000
ROUNDS = 5
SMALL, LARGE = 100_000, 1_000_000
"""Entries. `make bench BENCH_ENTRIES=10000000` takes some ten minutes, and 10 GB of disk."""
TENTH = 10
"""The first distribution alone has a tenth of all entries."""
SAID: dict[str, Any] = {
    "theme": PLAN,
    "counted": Noun("fait", "faits"),
    "definition": 1,
    "by": (DEPARTMENT,),
    "listing": no_list("inventé"),
}


def fed_by_actions(action: ActionState) -> Iterable[Contribution]:
    """Inventé : le registre est rempli sans lui."""
    return ()


def fed_by_needs(need: NeedState) -> Iterable[Contribution]:
    """Inventé : le registre est rempli sans lui."""
    return ()


def invented() -> Catalogue:
    """The hundred indicators."""
    made: list[Indicator] = []
    for number in range(100):
        code, function = f"X{number:02}", fed_by_actions if number % 2 else fed_by_needs
        said = SAID | {"label": f"Indicateur {code}"}
        reading = Reading.stock if number % 4 < 2 else Reading.flow
        if number < 40:
            made.append(total(code, reading=reading, **said)(function))
        elif number < 60:
            made.append(ratio(code, reading=reading, among=SAID["counted"], **said)(function))
        elif number < 80:
            made.append(distribution(code, reading=reading, **said)(function))
        else:
            made.append(cells(code, **said)(function))
    return Catalogue(tuple(made), not_counted=[state for state in STATES.values() if state not in (ActionState, NeedState)])


SERIES = """
INSERT INTO series (indicator, definition, measure, dimensions, department)
SELECT $1, 1, m, CASE WHEN d = '52' THEN '{}'::jsonb ELSE jsonb_build_object('department', d) END
       || CASE WHEN $4 = '' THEN '{}'::jsonb ELSE jsonb_build_object($4, n::text) END, d
FROM unnest($2::text[]) AS m, unnest($3::text[]) AS d, generate_series(1, $5) AS n
"""
ENTRIES = """
INSERT INTO entry (series, "on", batch, amount)
SELECT s.ids[1 + floor(random() * cardinality(s.ids))::int], $2::date + floor(random() * $3)::int, 1 + floor(random() * $4)::int,
       CASE WHEN random() < 0.2 THEN -1 ELSE 1 END
FROM (SELECT array_agg(id) AS ids FROM series WHERE indicator = $1) AS s, generate_series(1, $5) ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING
"""
BATCH = """
INSERT INTO batch (id, recorded_at, reason, entries)
SELECT n, now() - interval '1 day' + n * interval '1 second', 'events', 1 FROM generate_series(1, $1) AS n
"""
DETAILS = {Kind.sum: ("", 1), Kind.distribution: ("value", 200), Kind.cell: ("key", 2_000)}


async def fill(url: str, databases: Databases, catalogue: Catalogue, count: int) -> None:
    """Writes so many entries, spread over the indicators, and what the roll-up and the months make of them."""
    connection = await asyncpg.connect(url, server_settings={"search_path": "observatory", "synchronous_commit": "off"})
    first = start_before(Step.month, clock.today(), MONTHS - 1)
    departments = [str(one) for one in Department]
    each = (count - count // TENTH) // (len(catalogue.indicators) - 1)
    for one in catalogue.indicators:
        detail, values = DETAILS[one.kind]
        split = ["52", *departments] if DEPARTMENT.name in one.many else departments
        await connection.execute(SERIES, one.code, list(one.measures), split, detail, values)
        await connection.execute(ENTRIES, one.code, first, DAYS, BATCHES, count // TENTH if one.code == "X60" else each)
    await connection.execute(BATCH, BATCHES)
    await connection.execute("SELECT setval(pg_get_serial_sequence('batch', 'id'), $1::int)", BATCHES)
    async with databases.open("observatory", "worker") as db:
        await refill(await db.connection())
    name = await connection.fetchval("SELECT current_database()")
    for statement in ("VACUUM ANALYZE", f'ALTER DATABASE "{name}" SET max_parallel_workers_per_gather = 0'):
        await connection.execute(statement)
    await connection.close()


async def write(databases: Databases, one_in: int) -> None:
    """An entry today in one of so many indicators, of every kind: in as many as an event moves, or in all."""
    async with databases.open("observatory", "worker") as db:
        connection = await db.connection()
        ids = await connection.fetch("SELECT max(id) AS id FROM series WHERE substr(indicator, 2)::int % $1 = 0 GROUP BY indicator", one_in)
        day = clock.today().toordinal()
        await post(connection, {row["id"] << DAY_BITS | day: 1 for row in ids}, "events")


Found = dict[str, tuple[Any, Sequence[Any]]]
"""code → figure and points."""


async def before(db: Database, catalogue: Catalogue, indicators: Sequence[Indicator], question: Question) -> Found:
    """The figures, and their points, by days of sums in one statement, and by the entries of all else."""
    reader = await open_snapshot(db, question.known_at, catalogue)
    sums: dict[str, Sums] = {one.code: {} for one in indicators if one.kind is Kind.sum and question.known_at is None}
    for row in await db.fetch(_days([one for one in indicators if one.code in sums], question)):
        code, _, measure = row["measure"].split("/")
        sums[code].setdefault((), {}).setdefault(row["point"], {})[measure, ""] = row["amount"]
    found: Found = {}
    for one in indicators:
        summed = sums[one.code] if one.code in sums else await entry_sums(reader.db, one, question)
        by_point = summed.get((), {})
        found[one.code] = figure(one, merged(by_point.values())), points(one, by_point, len(question.starts))
    return found


async def now(db: Database, catalogue: Catalogue, indicators: Sequence[Indicator], question: Question) -> Found:
    """The same by what the roll-up and the months know."""
    reader = await open_snapshot(db, question.known_at, catalogue)
    return {code: (one[()].total, one[()].points or ()) for code, one in (await shown(reader, indicators, question)).items()}


def _days(indicators: Sequence[Indicator], question: Question) -> sa.Select[Any]:
    point = (
        sa.literal(0) if not question.starts else sa.func.width_bucket(rollup.c.start, sa.literal(list(question.starts), sa.ARRAY(sa.Date)))
    )
    texts = sa.literal([f"{one.code}/1/{measure}" for one in indicators for measure in one.measures], sa.ARRAY(sa.Text))
    apart = sa.literal([f"{one.code}/1/{m}" for one in indicators if one.many for m in one.measures], sa.ARRAY(sa.Text))
    return (
        sa.select(rollup.c.measure, point.label("point"), sa.cast(sa.func.sum(rollup.c.amount), sa.BigInteger).label("amount"))
        .where(rollup.c.measure == sa.any_(texts), rollup.c.grain == "day", rollup.c.start < question.end)
        .where(sa.or_(rollup.c.department == "52", rollup.c.measure != sa.all_(apart)))
        .group_by(rollup.c.measure, sa.text("point"))
    )


@dataclass(frozen=True)
class Ledger:
    """A filled ledger."""

    databases: Databases
    catalogue: Catalogue
    known_at: datetime
    """Before the last writes."""

    async def cost(self, read: Callable[[Database], Awaitable[Any]]) -> float:
        """Milliseconds of CPU that a reading takes, here and in the database."""
        async with self.databases.open("observatory") as db:
            pool = await self.databases.pool("observatory", "worker")
            pids = [row["pid"] for row in await pool.fetch("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")]
            await db.fetch(sa.select(sa.literal(1)))
            pids = [row["pid"] for row in await pool.fetch("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")]
            begun = time.process_time() + cpu_seconds(*pids)
            await read(db)
            return (time.process_time() + cpu_seconds(*pids) - begun) * 1000

    async def board(self) -> float:
        """The dashboard with its series."""
        return await self.cost(lambda db: dashboard(db, DashboardQuery(every=Step.month), catalogue=self.catalogue))

    async def board_of_before(self) -> float:
        """What it took before."""
        return await self.cost(lambda db: before(db, self.catalogue, self.catalogue.indicators, self._question(clock.today())))

    async def one(self, code: str, **asked: Any) -> float:
        """One figure without a series."""
        chosen = [one for one in self.catalogue.indicators if one.code == code]
        return await self.cost(lambda db: now(db, self.catalogue, chosen, self._question(**asked)))

    async def one_of_before(self, code: str, **asked: Any) -> float:
        """What it took before."""
        chosen = [one for one in self.catalogue.indicators if one.code == code]
        return await self.cost(lambda db: before(db, self.catalogue, chosen, self._question(**asked)))

    async def check(self) -> None:
        """Asserts that both ways say the same, twice: once a reading has made what months keep, and once they kept it."""
        for _ in range(2):
            said = []
            for way in (before, now):
                async with self.databases.open("observatory") as db:
                    said.append(await way(db, self.catalogue, self.catalogue.indicators, self._question(clock.today())))
            told = [{code: (one, *series) for code, (one, series) in found.items()} for found in said]
            assert told[0] == told[1], "the roll-up says something else"

    def _question(self, as_of: date, known_at: datetime | None = None, *, series: bool = True) -> Question:
        following = date.fromordinal(as_of.toordinal() + 1)
        return Question(following, starts=wanted_points(Step.month, as_of) if series else (), known_at=known_at)


@asynccontextmanager
async def ledger(url: str, count: int) -> AsyncIterator[Ledger]:
    """Fills a database, and opens it."""
    databases, catalogue = Databases(Settings(database_url=SecretStr(url), secret=SecretStr(SECRET))), invented()
    try:
        await fill(url, databases, catalogue, count)
        async with databases.open("observatory") as db:
            known_at = (await open_snapshot(db, None, catalogue)).known_at
        yield Ledger(databases, catalogue, known_at)
    finally:
        await databases.close()


async def measured(small_url: str, large_url: str, *, entries: int = LARGE, rounds: int = ROUNDS) -> list[Figure]:
    """figures/*: each beside the way of before; and figures/growth, over a ledger that is so many times larger."""
    today = clock.today()
    closed = {"as_of": date.fromordinal(start_before(Step.month, today, 2).toordinal() - 1), "series": False}
    costs: dict[str, list[tuple[float, float]]] = {}
    async with ledger(small_url, SMALL) as small, ledger(large_url, entries) as large:
        cold = await large.board()
        await small.check()
        for round_ in range(rounds + 1):
            found: dict[str, tuple[float, float]] = {}
            for one in (small, large):
                await write(one.databases, one_in=10)
            firsts, seconds = [await small.board(), await large.board()], [await small.board(), await large.board()]
            of_before = await large.board_of_before()
            found["board/1st"], found["board/2nd"] = (firsts[1], of_before), (seconds[1], of_before)
            found["growth/1st"], found["growth/2nd"] = (firsts[1], firsts[0]), (seconds[1], seconds[0])
            await write(large.databases, one_in=1)
            found["board/all"] = await large.board(), of_before
            found["large dist."] = await large.one("X60", as_of=today), await large.one_of_before("X60", as_of=today)
            known = closed | {"known_at": large.known_at}
            found["closed month"] = await large.one("X80", **known), await large.one_of_before("X80", **known)
            for name, pair in found.items() if round_ else ():
                costs.setdefault(name, []).append(pair)
    print(f"figures: {entries:,} entries, beside {SMALL:,}; the first dashboard of all took {cold:,.0f} ms of CPU")
    return [_compared(name, pairs) for name, pairs in costs.items()]


def _compared(name: str, pairs: Sequence[tuple[float, float]]) -> Figure:
    """A ratio above 1 says that ours is cheaper; of growth, how many times dearer the large ledger is."""
    growth = name.startswith("growth")
    ratios = [ours / other if growth else other / ours for ours, other in pairs]
    ours, other = (median(cost) for cost in zip(*pairs, strict=True))
    return Figure(f"figures/{name}", ours, other, median(ratios), min(ratios), max(ratios), "CPU ms")
