"""When something is open and not concealed: the part of its life that counts in a stock of open things."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from services.contracts.envelope import StatusChange
from services.contracts.standing import Concealment, blocks
from services.observatory_api.indicators.contributions import spells


def shown(
    history: tuple[StatusChange, ...], statuses: Collection[str], concealed: Sequence[Concealment]
) -> Iterator[tuple[date, date | None]]:
    """The periods (half-open) in which something has one of these statuses and is not concealed."""
    for spell in spells(history):
        if spell.status in statuses:
            yield from visible(spell.start, spell.end, concealed)


def visible(start: date, end: date | None, concealed: Sequence[Concealment]) -> Iterator[tuple[date, date | None]]:
    """The parts of a period in which something is not concealed."""
    for hidden_from, hidden_until in blocks(concealed):
        if end is not None and hidden_from >= end:
            break
        if start < hidden_from:
            yield start, hidden_from
        if hidden_until is None:
            return
        start = max(start, hidden_until)
    if end is None or start < end:
        yield start, end
