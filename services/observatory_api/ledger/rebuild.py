"""`plam rebuild`: contributions are computed again from the facts, and only what differs is posted."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import asyncpg

from services.contracts.envelope import State
from services.contracts.registry import newest_state
from services.kernel.data.database import Database, Databases
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue, Feeds
from services.observatory_api.ledger.definitions import feeds_to_post, let_go
from services.observatory_api.ledger.posting import NEXT_BATCH, post, stamp
from services.observatory_api.ledger.rollup import WRONG_MONTHS, WRONG_ROLLUP
from services.observatory_api.ledger.series import misplaced, numbers_of
from services.observatory_api.ledger.sums import Sums, add, from_text

PAGE = 500
NEXT_FACTS = """
SELECT source, kind, entity_key, number, state, contributions FROM fact
WHERE (source, kind, entity_key) > ($1, $2, $3) ORDER BY source, kind, entity_key LIMIT $4
"""
CHANGE = """
UPDATE fact AS f SET previous = f.contributions, contributions = t.c
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS t(s, k, e, c)
WHERE (f.source, f.kind, f.entity_key) = (t.s, t.k, t.e)
"""
PLACE = "UPDATE series SET department = $2 WHERE id = $1"
REFILL = f"""
INSERT INTO rollup AS r (measure, grain, start, department, detail, amount)
SELECT measure, grain, start, department, detail, expected FROM ({WRONG_ROLLUP}) AS w
ON CONFLICT (measure, grain, start, department, detail) DO UPDATE SET amount = excluded.amount
"""  # noqa: S608  # a constant within a constant
FORGET_MONTHS = f"""
DELETE FROM touched_month AS m USING ({WRONG_MONTHS}) AS w
WHERE (m.indicator, m.definition, m.month) = (w.indicator, w.definition, w.month) AND w.expected IS NULL
"""  # noqa: S608  # a constant within a constant
TOUCH_MONTHS = f"""
INSERT INTO touched_month AS m (indicator, definition, month, batch)
SELECT indicator, definition, month, expected FROM ({WRONG_MONTHS}) AS w WHERE expected IS NOT NULL
ON CONFLICT (indicator, definition, month) DO UPDATE SET batch = excluded.batch
"""  # noqa: S608  # a constant within a constant

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did: on a healthy system, nothing."""

    facts: int
    changed: int
    entries: int
    set_right: int
    """Rows of the roll-up, and months, that differed from the entries."""


async def rebuild(databases: Databases, *, catalogue: Catalogue = CATALOGUE, progress: Progress | None = None) -> Rebuilt:
    """Computes every fact's contributions with today's functions, and fills the roll-up from the entries.

    Definitions before the current one are let go: what stands in them is reversed.

    Runs beside the workers: facts are locked in the order in which they lock them, a page at a time.
    """
    facts = changed = entries = 0
    async with databases.open("observatory", "worker") as db:
        await let_go(await db.connection())
    after = ("", "", "")
    while True:
        async with databases.open("observatory", "worker") as db:
            connection = await db.connection()
            feeds = await feeds_to_post(connection, catalogue)  # before the facts, as a worker does
            page = await connection.fetch(f"{NEXT_FACTS} FOR UPDATE", *after, PAGE)
            if not page:
                break
            moved, posted = await _rebuild_page(db, page, feeds)
        after = (page[-1]["source"], page[-1]["kind"], page[-1]["entity_key"])
        facts, changed, entries = facts + len(page), changed + moved, entries + posted
        if progress:
            progress(facts)
    async with databases.open("observatory", "worker") as db:
        set_right = await refill(await db.connection(), catalogue)
    return Rebuilt(facts, changed, entries, set_right)


async def refill(connection: asyncpg.Connection, catalogue: Catalogue = CATALOGUE) -> int:
    """Sets right where series are added up, then the rows of the roll-up and the months that differ from the entries; answers how many did.

    Workers write entries first and the roll-up next. Under this lock, every entry that has been added up is visible, and
    every entry that has not will be added up later. Figures of closed months are made again by who reads them next. A batch without
    entries says that something was wrong: who read it before then, and comes late with a figure of it, does not keep it.
    """
    wrong = await misplaced(connection, catalogue)
    await connection.execute("LOCK TABLE rollup, touched_month, closed_month IN SHARE ROW EXCLUSIVE MODE")
    await connection.executemany(PLACE, [(one.series, one.expected) for one in wrong])
    done = [await connection.execute(each) for each in (REFILL, FORGET_MONTHS, TOUCH_MONTHS)]
    await connection.execute("DELETE FROM closed_month")
    set_right = sum(int(each.rpartition(" ")[2]) for each in done)
    if set_right:
        await stamp(connection, await connection.fetchval(NEXT_BATCH), "rebuild", 0)
    return set_right


async def _rebuild_page(db: Database, page: Sequence[asyncpg.Record], feeds: Feeds) -> tuple[int, int]:
    connection = await db.connection()
    numbers = await numbers_of(db)
    changes: list[tuple[str, str, str, str]] = []
    differences: Sums = {}
    for row, (sums, text) in zip(page, await numbers.sums(feeds, [state_of(row) for row in page], db), strict=True):
        if text != row["contributions"]:
            changes.append((row["source"], row["kind"], row["entity_key"], text))
            add(differences, sums)
            add(differences, from_text(row["contributions"]), -1)
    if changes:
        await connection.execute(CHANGE, *zip(*changes, strict=True))
    return len(changes), await post(connection, differences, "rebuild")


async def facts(connection: asyncpg.Connection) -> AsyncIterator[Sequence[asyncpg.Record]]:
    """Every fact, a page at a time."""
    after = ("", "", "")
    while page := await connection.fetch(NEXT_FACTS, *after, PAGE):
        yield page
        after = (page[-1]["source"], page[-1]["kind"], page[-1]["entity_key"])


def state_of(row: asyncpg.Record) -> State:
    """A fact's state, in the newest shape."""
    return newest_state(row["kind"], row["number"], row["state"])
