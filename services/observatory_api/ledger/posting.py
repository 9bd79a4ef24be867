"""Differences become entries: appended, added to the roll-up, and stamped in the order of commits."""

from datetime import datetime
from typing import Literal

import asyncpg
import orjson

from services.observatory_api.ledger.rollup import ADD, TOUCH
from services.observatory_api.ledger.sums import Sums, series_and_day

STAMPS = 0x504C414D
"""The advisory lock under which a batch is stamped and committed."""

NEXT_BATCH = "SELECT nextval(pg_get_serial_sequence('batch', 'id'))"
BATCH = """
INSERT INTO batch (id, recorded_at, reason, entries)
SELECT $1, greatest(clock_timestamp(), max(recorded_at) + interval '1 microsecond'), $2, $3 FROM batch
RETURNING recorded_at
"""

Reason = Literal["events", "rebuild", "definition", "context"]


async def post(connection: asyncpg.Connection, differences: Sums, reason: Reason) -> int:
    """Posts differences as one batch; answers how many entries that made. Nothing to post is no batch.

    The locks are taken in one order everywhere: facts, then rows of the roll-up, then months, then the stamp, which goes last so that
    stamps rise in the order of commits.
    """
    entries = sorted((where, amount) for where, amount in differences.items() if amount)
    if not entries:
        return 0
    number: int = await connection.fetchval(NEXT_BATCH)
    records = [(*series_and_day(where), number, amount) for where, amount in entries]
    await connection.copy_records_to_table("entry", records=records, columns=("series", "on", "batch", "amount"))
    given = orjson.dumps(entries).decode()
    await connection.execute(ADD, given)
    await connection.execute(TOUCH, given, number)
    await stamp(connection, number, reason, len(entries))
    return len(entries)


async def stamp(connection: asyncpg.Connection, number: int, reason: Reason, entries: int) -> datetime:
    """Writes a batch's row. The last thing a transaction does: until it ends, no other batch is stamped."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", STAMPS)
    recorded_at: datetime = await connection.fetchval(BATCH, number, reason, entries)
    return recorded_at
