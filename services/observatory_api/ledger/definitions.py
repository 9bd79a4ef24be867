"""Which definition of an indicator is current, since when, and which are fed: a change is dated, and never touches what was shown.

A ledger begins, with its first facts, with the highest definition of each indicator; then each change is a switch. Events feed the current
definition, those after it, which wait for their switch, and those before it, until a rebuild lets them go: with the reverse of what stands
in them. What is known of an instant before the switch has not these entries, so that it stays what it was.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import asyncpg
from sqlalchemy import select

from services.kernel.base.problems import Conflict, NotFound
from services.kernel.data.database import Database
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue, Feeds
from services.observatory_api.ledger.posting import NEXT_BATCH, stamp
from services.observatory_api.ledger.tables import definition

ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)
"""What an empty ledger knew; since then the definitions that a ledger began with are current."""
FEEDING = 0x46454544
"""The advisory lock that says that nobody feeds a definition that is let go."""

LOWEST_FED = 'SELECT indicator, coalesce(max("number") FILTER (WHERE earlier_let_go), 0) AS "number" FROM definition GROUP BY indicator'
BEGIN = """
INSERT INTO definition (indicator, "number", current_from, earlier_let_go)
SELECT indicator, "number", $3, true FROM unnest($1::text[], $2::smallint[]) AS t(indicator, "number") ON CONFLICT DO NOTHING
"""
LET_GO = """
UPDATE definition AS d SET earlier_let_go = true
WHERE NOT earlier_let_go AND NOT EXISTS (
    SELECT FROM definition l WHERE l.indicator = d.indicator AND (l.current_from, l."number") > (d.current_from, d."number")
)
"""
SWITCH = 'INSERT INTO definition (indicator, "number", current_from) SELECT i, n, $3 FROM unnest($1::text[], $2::smallint[]) AS t(i, n)'


class AlreadyCurrent(Conflict):
    type = "definition-already-switched"
    title = "Définition déjà en vigueur, ou remplacée"
    told = "La définition 3 de K06 est en vigueur : seule une suivante la remplace."


async def current_numbers(db: Database, catalogue: Catalogue, known_at: datetime) -> Mapping[str, int]:
    """The number of each indicator's definition that was current at an instant.

    Of an indicator that came after the ledger had begun, the lowest until a switch.
    """
    statement = (
        select(definition.c.indicator, definition.c.number)
        .where(definition.c.current_from <= known_at)
        .order_by(definition.c.current_from, definition.c.number)
    )
    said = {row["indicator"]: row["number"] for row in await db.fetch(statement)}
    lowest = catalogue.lowest
    return (lowest if said else catalogue.highest) | {code: max(number, lowest.get(code, number)) for code, number in said.items()}


async def feeds_now(connection: asyncpg.Connection, catalogue: Catalogue) -> Feeds:
    """What each state feeds, by what the ledger says: on one that has not begun, the highest definitions."""
    lowest = {row["indicator"]: row["number"] for row in await connection.fetch(LOWEST_FED)}
    return catalogue.fed_from(lowest or catalogue.highest)


async def feeds_to_post(connection: asyncpg.Connection, catalogue: Catalogue) -> Feeds:
    """The same for who is about to post, until the end of the transaction; an empty ledger begins with it.

    Of two that begin it at once, the second waits at the rows of the first.
    """
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", FEEDING)
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM definition)"):
        await connection.execute(BEGIN, list(catalogue.highest), list(catalogue.highest.values()), ORIGIN)
    return await feeds_now(connection, catalogue)


async def let_go(connection: asyncpg.Connection) -> None:
    """From now on no definition before the current one is fed: waits for those who post, who post by what was said when they began."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", FEEDING)
    await connection.execute(LET_GO)


async def switch(db: Database, asked: Mapping[str, int], *, catalogue: Catalogue = CATALOGUE) -> tuple[datetime, Mapping[str, int]]:
    """Makes later definitions current from now on: those asked for, by code, or the highest of every indicator.

    Answers since when, and those that changed. Run `rebuild` first, which fills them beside the old ones. A switch is a batch of its own,
    so that an answer's `known_at` tells which side of it the answer is on. Raises `NotFound` for a definition that there is not,
    `AlreadyCurrent` for one that is asked for and is current, or before it.
    """
    for code, number in asked.items():
        if number not in catalogue.definitions_of(code):
            raise NotFound(f"{code} n'a pas de définition {number}.")
    connection = await db.connection()
    at = await stamp(connection, await connection.fetchval(NEXT_BATCH), "definition", 0)
    current = await current_numbers(db, catalogue, at)
    for code, number in asked.items():
        if number <= current[code]:
            raise AlreadyCurrent(f"La définition {current[code]} de {code} est en vigueur : seule une suivante la remplace.")
    changed = {code: number for code, number in (asked or catalogue.highest).items() if number > current[code]}
    await connection.execute(SWITCH, list(changed), list(changed.values()), at)
    return at, changed
