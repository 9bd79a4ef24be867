"""The arithmetic of `plam verify`: roll-up against entries, entries against facts, facts against the functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg

from services.kernel.data.completeness import Bucket
from services.kernel.data.database import Database
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.ledger.definitions import feeds_now
from services.observatory_api.ledger.rebuild import ROLLED_UP, facts, state_of
from services.observatory_api.ledger.series import numbers_of
from services.observatory_api.ledger.sums import STANDING

MOST_EXAMPLES = 5

SUMMARY = """
SELECT source, kind, substr(md5(entity_key), 1, 2) AS bucket,
       count(*) AS count, sum(version)::bigint AS versions, sum(number)::bigint AS numbers,
       sum(('x' || substr(md5(entity_key || ':' || version || ':' || number), 1, 16))::bit(64)::bigint)::numeric AS hash
FROM fact GROUP BY 1, 2, 3
"""

DAILY = f"""
SELECT coalesce(t.measure, d.measure) AS measure, coalesce(t.department, d.department) AS department,
       coalesce(t."on", d."on") AS "on", coalesce(t.amount, 0) AS expected, coalesce(d.amount, 0) AS found
FROM ({ROLLED_UP}) t FULL JOIN daily d USING (measure, department, "on")
WHERE coalesce(t.amount, 0) <> coalesce(d.amount, 0)
"""  # noqa: S608  # a constant within a constant
ENTRIES = f"""
WITH standing AS (
    SELECT series, "on", sum(amount) AS amount FROM ({STANDING}) AS c GROUP BY 1, 2
), posted AS (
    SELECT series, "on", sum(amount) AS amount FROM entry GROUP BY 1, 2
)
SELECT coalesce(s.series, p.series) AS series, coalesce(s."on", p."on") AS "on",
       coalesce(s.amount, 0) AS expected, coalesce(p.amount, 0) AS found
FROM standing s FULL JOIN posted p USING (series, "on") WHERE coalesce(s.amount, 0) <> coalesce(p.amount, 0)
"""  # noqa: S608  # a constant within a constant
STRAY = """
SELECT e.series, e."on", e.batch FROM entry e
WHERE NOT EXISTS (SELECT FROM batch b WHERE b.id = e.batch) OR NOT EXISTS (SELECT FROM series s WHERE s.id = e.series)
"""


@dataclass
class Arithmetic:
    """How much was compared, what differs, and the first few differences in words."""

    facts: int = 0
    entries: int = 0
    daily: int = 0
    daily_against_entries: int = 0
    entries_against_facts: int = 0
    facts_against_functions: int = 0
    stray_entries: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def differences(self) -> int:
        """How many rows differ, over the four comparisons."""
        return self.daily_against_entries + self.entries_against_facts + self.facts_against_functions + self.stray_entries

    @property
    def sound(self) -> bool:
        """Whether everything agrees, and there was something to compare: an empty observatory is a failure."""
        return self.differences == 0 and self.facts > 0


async def arithmetic(db: Database, *, catalogue: Catalogue = CATALOGUE) -> Arithmetic:
    """Compares the three stores of the ledger and the functions, in one snapshot. Changes nothing but series' numbers."""
    connection = await db.connection()
    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    report = Arithmetic(
        entries=await connection.fetchval("SELECT count(*) FROM entry"), daily=await connection.fetchval("SELECT count(*) FROM daily")
    )
    report.daily_against_entries = _note(
        report, await connection.fetch(DAILY), "cumul {measure} {department} {on} : {found} au lieu de {expected}"
    )
    report.entries_against_facts = _note(report, await connection.fetch(ENTRIES), "série {series} {on} : {found} au lieu de {expected}")
    report.stray_entries = _note(report, await connection.fetch(STRAY), "écriture sans lot ou sans série : {series} {on} {batch}")
    numbers, feeds = await numbers_of(db), await feeds_now(connection, catalogue)
    async for page in facts(connection):
        computed = await numbers.sums(feeds, [state_of(row) for row in page], db)
        wrong = [row for row, (_, text) in zip(page, computed, strict=True) if text != row["contributions"]]
        report.facts += len(page)
        report.facts_against_functions += _note(report, wrong, "fait {source} {kind} {entity_key} : contributions à recalculer")
    return report


def _note(report: Arithmetic, rows: list[asyncpg.Record], words: str) -> int:
    report.examples += [words.format(**dict(row)) for row in rows[: max(MOST_EXAMPLES - len(report.examples), 0)]]
    return len(rows)


async def fact_summary(db: Database) -> Mapping[tuple[str, str], Mapping[str, Bucket]]:
    """The facts by (source, kind), each summed up in buckets exactly as `kernel.data.completeness.summed` does a service's rows."""
    connection = await db.connection()
    found: dict[tuple[str, str], dict[str, Bucket]] = {}
    for row in await connection.fetch(SUMMARY):
        found.setdefault((row["source"], row["kind"]), {})[row["bucket"]] = Bucket(
            row["count"], row["versions"], row["numbers"], int(row["hash"])
        )
    return found
