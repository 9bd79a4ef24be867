"""What everybody may read of the figures: nothing that counts fewer than five, nor what would let it be reckoned."""

from services.observatory_api.indicators.kinds import Kind, Unit
from services.observatory_api.indicators.model import Figure
from services.observatory_api.values.schemas import DashboardRead, IndicatorValue, PointRead

FEWEST = 5
"""The smallest group of which anything is said; none at all is said too."""


def published(figures: DashboardRead) -> DashboardRead:
    """The figures without those that count too few; months that do take the whole series with them, since months add up."""
    return figures.model_copy(update={"items": [_published(item) for item in figures.items]})


def hidden_codes(figures: DashboardRead) -> frozenset[str]:
    """The codes of the figures that count too few."""
    return frozenset(item.code for item in figures.items if counts_few(item, item))


def counts_few(indicator: IndicatorValue, one: IndicatorValue | PointRead) -> bool:
    """Whether a value counts fewer than five of something, or leaves out fewer than five. Money counts nobody."""
    if indicator.unit is Unit.cents:
        return False
    if one.coverage and (_few(one.coverage.known) or _few(one.coverage.knowable) or _few(one.coverage.knowable - one.coverage.known)):
        return True
    if indicator.kind is Kind.distribution:
        return _few(one.samples)
    if indicator.unit is Unit.share:
        above, below = one.numerator, one.denominator
        return _few(above) or _few(below) or (above is not None and below is not None and _few(below - above))
    return _few(one.value)


def _published(item: IndicatorValue) -> IndicatorValue:
    if counts_few(item, item):
        return item.model_copy(update={**Figure(None)._asdict(), "series": None})
    few = any(counts_few(item, point) for point in item.series or ())
    return item.model_copy(update={"series": None}) if few else item


def _few(amount: float | None) -> bool:
    return amount is not None and 0 < amount < FEWEST
