"""From sums to figures: what is divided, counted or ranked at reading. No database here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from services.observatory_api.indicators.kinds import Kind, Reading
from services.observatory_api.indicators.model import Figure, Indicator, quotient

Tally = dict[tuple[str, str], int]
"""(measure, value or key) → amount. A plain sum has no second part."""


def figure(indicator: Indicator, tally: Tally) -> Figure:
    """The figure that an indicator makes of its sums."""
    if indicator.kind is Kind.distribution:
        return _ranked({int(value): amount for (_, value), amount in tally.items() if amount})
    if indicator.kind is Kind.cell:
        return _counted(indicator, tally)
    if indicator.measures == ("count",):
        amount = tally.get(("count", ""), 0)
        return Figure(amount, amount)
    return quotient(tally.get(("numerator", ""), 0), tally.get(("denominator", ""), 0))


def months(indicator: Indicator, by_month: Mapping[date | None, Tally], wanted: Sequence[date]) -> list[Figure]:
    """A figure a month: what stood at its end for a stock, what happened in it for a flow. `None` holds all that was before."""
    if indicator.reading is Reading.flow:
        return [figure(indicator, by_month.get(month, {})) for month in wanted]
    standing = dict(by_month.get(None, {}))
    made = []
    for month in wanted:
        standing = merged((standing, by_month.get(month, {})))
        made.append(figure(indicator, standing))
    return made


def merged(tallies: Iterable[Tally]) -> Tally:
    """Sums added up."""
    result: Tally = {}
    for tally in tallies:
        for place, amount in tally.items():
            result[place] = result.get(place, 0) + amount
    return result


def _ranked(counts: Mapping[int, int]) -> Figure:
    """Median and ninth decile by the nearest rank: values that were observed, as PostgreSQL's percentile_disc gives them."""
    samples = sum(counts.values())
    if samples <= 0:
        return Figure(None, samples=0)
    ranked = {tenths: _at(counts, samples, tenths) for tenths in (5, 9)}
    return Figure(ranked[5], samples=samples, p90=ranked[9])


def _at(counts: Mapping[int, int], samples: int, tenths: int) -> int:
    below = 0
    value = 0
    for value in sorted(counts):
        below += counts[value]
        if below * 10 >= samples * tenths:
            break
    return value


def _counted(indicator: Indicator, tally: Tally) -> Figure:
    members = {key for (measure, key), amount in tally.items() if measure == "member" and amount > 0}
    if "eligible" in indicator.measures:
        among = {key for (measure, key), amount in tally.items() if measure == "eligible" and amount > 0}
        return quotient(len(members & among), len(among))
    if indicator.universe:
        return quotient(len(members), indicator.universe)
    return Figure(len(members), len(members))
