"""Differences become entries: appended, added to the roll-up, and stamped in the order of commits."""

from datetime import date, datetime
from typing import Literal

import asyncpg

from services.observatory_api.ledger.series import SeriesNumbers
from services.observatory_api.ledger.sums import Sums, series_and_day

STAMPS = 0x504C414D
"""The advisory lock under which a batch is stamped and committed."""

NEXT_BATCH = "SELECT nextval(pg_get_serial_sequence('batch', 'id'))"
DAILY = """
INSERT INTO daily AS d (measure, department, "on", amount)
SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::bigint[])
ON CONFLICT (measure, department, "on") DO UPDATE SET amount = d.amount + excluded.amount
"""
BATCH = """
INSERT INTO batch (id, recorded_at, reason, entries)
SELECT $1, greatest(clock_timestamp(), max(recorded_at) + interval '1 microsecond'), $2, $3 FROM batch
RETURNING recorded_at
"""

Reason = Literal["events", "rebuild", "definition", "context"]


async def post(connection: asyncpg.Connection, differences: Sums, numbers: SeriesNumbers, reason: Reason) -> int:
    """Posts differences as one batch; answers how many entries that made. Nothing to post is no batch.

    The locks are taken in one order everywhere: facts, then days of the roll-up, then the stamp, which goes last so that
    stamps rise in the order of commits.
    """
    entries = [(*series_and_day(where), amount) for where, amount in sorted(differences.items()) if amount]
    if not entries:
        return 0
    await numbers.learn_rolls({series for series, _, _ in entries}, connection)
    number: int = await connection.fetchval(NEXT_BATCH)
    records = [(series, on, number, amount) for series, on, amount in entries]
    await connection.copy_records_to_table("entry", records=records, columns=("series", "on", "batch", "amount"))
    days: dict[tuple[str, str, date], int] = {}
    for series, on, amount in entries:
        if roll := numbers.rolls[series]:
            day = (*roll, on)
            days[day] = days.get(day, 0) + amount
    if rolled := sorted((*day, amount) for day, amount in days.items() if amount):
        await connection.execute(DAILY, *zip(*rolled, strict=True))
    await stamp(connection, number, reason, len(entries))
    return len(entries)


async def stamp(connection: asyncpg.Connection, number: int, reason: Reason, entries: int) -> datetime:
    """Writes a batch's row. The last thing a transaction does: until it ends, no other batch is stamped."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", STAMPS)
    recorded_at: datetime = await connection.fetchval(BATCH, number, reason, entries)
    return recorded_at
