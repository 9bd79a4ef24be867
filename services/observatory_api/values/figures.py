"""From sums to figures: what is divided, counted or ranked at reading. No database here."""

from collections.abc import Iterable, Mapping

from services.observatory_api.indicators.kinds import Kind, Reading
from services.observatory_api.indicators.model import Coverage, Figure, Indicator, quotient

Tally = dict[tuple[str, str], int]
"""(measure, value or key) → amount. A plain sum has no second part."""


def figure(indicator: Indicator, tally: Tally) -> Figure:
    """The figure that an indicator makes of its sums, and of how many of those that might be it is known."""
    made = _figure(indicator, tally)
    if not indicator.covering:
        return made
    return made._replace(coverage=Coverage(tally.get(("known", ""), 0), tally.get(("knowable", ""), 0)))


def _figure(indicator: Indicator, tally: Tally) -> Figure:
    if indicator.kind is Kind.distribution:
        return _ranked({int(value): amount for (measure, value), amount in tally.items() if amount and measure == "sample"})
    if indicator.kind is Kind.cell:
        return _counted(indicator, tally)
    if "count" in indicator.measures:
        amount = tally.get(("count", ""), 0)
        return Figure(amount, amount)
    return quotient(tally.get(("numerator", ""), 0), tally.get(("denominator", ""), 0))


def points(indicator: Indicator, by_point: Mapping[int, Tally], number: int) -> list[Figure]:
    """A figure a point: what stood at its end for a stock, what happened in it for a flow. Points count from 1; 0 is all before."""
    if indicator.reading is Reading.flow:
        return [figure(indicator, by_point.get(point, {})) for point in range(1, number + 1)]
    standing = dict(by_point.get(0, {}))
    made = []
    for point in range(1, number + 1):
        standing = merged((standing, by_point.get(point, {})))
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
