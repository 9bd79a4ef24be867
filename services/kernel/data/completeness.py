"""The first count of `plam verify`: a service's rows against the facts that the observatory holds of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5

from sqlmodel import col, select

from services.contracts.envelope import State
from services.kernel.data.database import Database
from services.kernel.data.nouns import Noun
from services.kernel.data.saving import pseudonym

MOST_EXAMPLES = 5
PAGE = 20_000


@dataclass(frozen=True)
class Bucket:
    """What a bucket of (subject, version, number of the state's shape) sums up to; buckets go by the first byte of md5(subject)."""

    count: int = 0
    versions: int = 0
    numbers: int = 0
    hash: int = 0


@dataclass
class Completeness:
    """How many rows were compared, how many buckets differ, and the first few in words; and the facts that nobody's row bears out."""

    rows: int = 0
    differences: int = 0
    without_row: int = 0
    of_unknown_source: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether every row has its fact and every fact its row; and there was something to compare."""
        return self.differences == self.without_row == self.of_unknown_source == 0 and self.rows > 0


def summed(pairs: Iterable[tuple[str, int]], number: int) -> dict[str, Bucket]:
    """The buckets of (subject, version) pairs whose states have one number.

    Count, sums of versions and numbers, sum of the first 8 bytes of md5('subject:version:number'), signed.
    """
    sums: dict[str, list[int]] = {}
    for subject, version in pairs:
        bucket = sums.setdefault(_md5(subject).hex()[:2], [0, 0, 0, 0])
        bucket[0] += 1
        bucket[1] += version
        bucket[2] += number
        bucket[3] += int.from_bytes(_md5(f"{subject}:{version}:{number}")[:8], signed=True)
    return {name: Bucket(*values) for name, values in sums.items()}


def _md5(text: str) -> bytes:
    return md5(text.encode(), usedforsecurity=False).digest()


async def rows_of(db: Database, noun: Noun) -> list[tuple[str, int]]:
    """(subject, version) of every row of a noun, the subject as its events name it."""
    pairs: list[tuple[str, int]] = []
    after = None
    while True:
        statement = select(col(noun.table.id), col(noun.table.version)).order_by(col(noun.table.id)).limit(PAGE)
        page = await db.fetch(statement if after is None else statement.where(col(noun.table.id) > after))
        for identifier, version in page:
            subject = pseudonym(db.databases.secret, identifier) if noun.pseudonymous else identifier
            pairs.append((str(subject), version))
        if len(page) < PAGE:
            return pairs
        after = page[-1][0]


def compare(report: Completeness, service: str, state: type[State], rows: Sequence[tuple[str, int]], facts: Mapping[str, Bucket]) -> int:
    """Adds to the report the buckets where a noun's rows and its facts differ, as do facts in an older shape; answers how many do."""
    expected, before = summed(rows, state.number), report.differences
    report.rows += len(rows)
    for bucket in sorted(expected.keys() | facts.keys()):
        here, there = expected.get(bucket, Bucket()), facts.get(bucket, Bucket())
        if here != there:
            report.differences += 1
            if len(report.examples) < MOST_EXAMPLES:
                words = f"{service}.{state.kind}, tranche {bucket} : {here.count} ligne(s) de version totale {here.versions}"
                words = f"{words}, {there.count} fait(s) de version totale {there.versions}"
                if here.numbers != there.numbers and here.count == there.count:
                    words = f"{words}, d'une autre forme que {state.schema_name()} : plam resync {service}"
                report.examples.append(words)
    return report.differences - before
