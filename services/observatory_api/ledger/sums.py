"""Sums by series and day: as numbers while they are reckoned with, as text beside their fact."""

from collections.abc import Mapping
from datetime import date

import orjson

Sums = dict[int, int]
"""Where → amount. Where is one number, `series << DAY_BITS | day`: made, compared and sorted many times for each event."""

DAY_BITS = 22
DAY = (1 << DAY_BITS) - 1


def spot(series: int, on: date) -> int:
    """Where an amount goes."""
    return series << DAY_BITS | on.toordinal()


def unspot(where: int) -> tuple[int, date]:
    """The series and the day."""
    return where >> DAY_BITS, date.fromordinal(where & DAY)


def add(sums: Sums, other: Mapping[int, int], sign: int = 1) -> None:
    """Adds, or takes away."""
    for where, amount in other.items():
        sums[where] = sums.get(where, 0) + sign * amount


def as_text(sums: Mapping[int, int]) -> str:
    """Contributions as a fact keeps them, `[[series, day, amount], …]`: the same contributions are the same text."""
    return orjson.dumps(
        [(where >> DAY_BITS, date.fromordinal(where & DAY), amount) for where, amount in sorted(sums.items()) if amount]
    ).decode()


def from_text(text: str | None) -> Sums:
    """What `as_text` wrote; nothing for a fact that was not there."""
    return {spot(series, date.fromisoformat(on)): amount for series, on, amount in orjson.loads(text)} if text else {}
