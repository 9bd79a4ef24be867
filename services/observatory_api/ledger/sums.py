"""Sums by series and day: as numbers while they are reckoned with, as text beside their fact."""

from collections.abc import Mapping
from datetime import date

import orjson

Sums = dict[int, int]
"""Where → amount. Where is one number, `series << DAY_BITS | day`: made, compared and sorted many times for each event."""

DAY_BITS = 22
DAY = (1 << DAY_BITS) - 1


def series_and_day(where: int) -> tuple[int, date]:
    """The series and the day."""
    return where >> DAY_BITS, date.fromordinal(where & DAY)


def add(sums: Sums, other: Mapping[int, int], sign: int = 1) -> None:
    """Adds, or takes away."""
    for where, amount in other.items():
        sums[where] = sums.get(where, 0) + sign * amount


def as_text(sums: Mapping[int, int]) -> str:
    """Contributions as a fact keeps them, `[[where, amount], …]`, sorted: the same contributions are the same text."""
    return orjson.dumps([pair for pair in sorted(sums.items()) if pair[1]]).decode()


def from_text(text: str | None) -> Sums:
    """What `as_text` wrote; nothing for a fact that was not there."""
    return dict(orjson.loads(text)) if text else {}


STANDING = f"""
SELECT f.kind, c.place >> {DAY_BITS} AS series, date '0001-01-01' - 1 + (c.place & {DAY})::int AS "on", c.amount
FROM fact f CROSS JOIN LATERAL (
    SELECT (pair->>0)::bigint AS place, (pair->>1)::bigint AS amount FROM jsonb_array_elements(f.contributions::jsonb) AS pair
) AS c
"""  # noqa: S608  # constants within a constant
"""Every standing contribution of every fact: what `from_text` reads, in SQL, for those who compare."""
