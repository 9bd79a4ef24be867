"""The arithmetic of `plam verify`: roll-up against entries, entries against facts, facts and series against what indicators say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.kernel.data.completeness import Bucket
from services.kernel.data.database import Database
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.ledger.definitions import feeds_now
from services.observatory_api.ledger.rebuild import facts, state_of
from services.observatory_api.ledger.rollup import WRONG_MONTHS, WRONG_ROLLUP
from services.observatory_api.ledger.series import misplaced, numbers_of
from services.observatory_api.ledger.sums import STANDING

MOST_EXAMPLES = 5

SUMMARY = """
SELECT source, kind, substr(md5(entity_key), 1, 2) AS bucket,
       count(*) AS count, sum(version)::bigint AS versions, sum(number)::bigint AS numbers,
       sum(('x' || substr(md5(entity_key || ':' || version || ':' || number), 1, 16))::bit(64)::bigint)::numeric AS hash
FROM fact GROUP BY 1, 2, 3
"""

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
    rolled_up: int = 0
    roll_up_against_entries: int = 0
    months_against_batches: int = 0
    closed_months_against_entries: int = 0
    entries_against_facts: int = 0
    facts_against_functions: int = 0
    stray_entries: int = 0
    series_against_indicators: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def differences(self) -> int:
        """How many rows differ, over all comparisons."""
        of_entries = self.roll_up_against_entries + self.months_against_batches + self.closed_months_against_entries
        of_facts = self.entries_against_facts + self.facts_against_functions
        return of_entries + of_facts + self.stray_entries + self.series_against_indicators

    @property
    def sound(self) -> bool:
        """Whether everything agrees, and there was something to compare: an empty observatory is a failure."""
        return self.differences == 0 and self.facts > 0

    def note(self, rows: Sequence[Mapping[str, Any]], words: str) -> int:
        """Says of the first few rows what differs; answers how many there are."""
        self.examples += [words.format(**dict(row)) for row in rows[: max(MOST_EXAMPLES - len(self.examples), 0)]]
        return len(rows)


async def arithmetic(db: Database, *, catalogue: Catalogue = CATALOGUE) -> Arithmetic:
    """Compares the ledger with itself (facts, entries, roll-up, months), and with what indicators say, in one snapshot.

    Changes nothing but series' numbers.
    """
    connection = await db.connection()
    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    report = Arithmetic(
        entries=await connection.fetchval("SELECT count(*) FROM entry"),
        rolled_up=await connection.fetchval("SELECT count(*) FROM rollup"),
    )
    rolled_up, months = await connection.fetch(WRONG_ROLLUP), await connection.fetch(WRONG_MONTHS)
    report.roll_up_against_entries = report.note(
        rolled_up, "cumul {measure} {grain} {start} {department} {detail} : {found} au lieu de {expected}"
    )
    report.months_against_batches = report.note(months, "mois {indicator}/{definition} {month} : lot {found} au lieu de {expected}")
    report.entries_against_facts = report.note(await connection.fetch(ENTRIES), "série {series} {on} : {found} au lieu de {expected}")
    report.stray_entries = report.note(await connection.fetch(STRAY), "écriture sans lot ou sans série : {series} {on} {batch}")
    misplaced_series = [one._asdict() for one in await misplaced(connection, catalogue)]
    report.series_against_indicators = report.note(misplaced_series, "série {series} : cumulée dans {found} au lieu de {expected}")
    numbers, feeds = await numbers_of(db), await feeds_now(connection, catalogue)
    async for page in facts(connection):
        computed = await numbers.sums(feeds, [state_of(row) for row in page], db)
        wrong = [row for row, (_, text) in zip(page, computed, strict=True) if text != row["contributions"]]
        report.facts += len(page)
        report.facts_against_functions += report.note(wrong, "fait {source} {kind} {entity_key} : contributions à recalculer")
    return report


async def fact_summary(db: Database) -> Mapping[tuple[str, str], Mapping[str, Bucket]]:
    """The facts by (source, kind), each summed up in buckets exactly as `kernel.data.completeness.summed` does a service's rows."""
    connection = await db.connection()
    found: dict[tuple[str, str], dict[str, Bucket]] = {}
    for row in await connection.fetch(SUMMARY):
        found.setdefault((row["source"], row["kind"]), {})[row["bucket"]] = Bucket(
            row["count"], row["versions"], row["numbers"], int(row["hash"])
        )
    return found
