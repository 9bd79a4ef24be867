"""From a state to what it contributes: the pure part of the ledger."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from services.contracts.envelope import State
from services.observatory_api.indicators.catalogue import Catalogue
from services.observatory_api.indicators.model import REGION, Dimensions, Indicator, Kind


class Place(NamedTuple):
    """Where a contribution goes, before the database has numbered it: one series, or several. Cheap to make and to look up."""

    indicator: Indicator
    measure: str
    values: tuple[Any, ...]
    labels: tuple[tuple[str, str], ...]


class SeriesKey(NamedTuple):
    """What one series sums, and the department under which `daily` adds it up."""

    indicator: str
    definition: int
    measure: str
    dimensions: Dimensions
    department: str | None


Contributed = tuple[Place, date, int]


def contributed(catalogue: Catalogue, state: State) -> Iterator[Contributed]:
    """What a state contributes to every indicator that it feeds: where, on which day, how much."""
    for indicator, feed in catalogue.feeds.get(type(state), ()):
        values = feed.values(state)
        for measure, on, amount, labels in feed.function(state):
            yield Place(indicator, measure, values, labels), on, amount


def series_of(place: Place) -> list[SeriesKey]:
    """The series that a place stands for."""
    indicator = place.indicator
    return [
        SeriesKey(indicator.code, indicator.definition, place.measure, dimensions, _rolled_up_in(indicator, dimensions))
        for dimensions in indicator.expand(place.values, place.labels)
    ]


def _rolled_up_in(indicator: Indicator, dimensions: Dimensions) -> str | None:
    """The department under which `daily` adds a series up; none where adding it up would count twice.

    `daily` knows nothing but departments: it takes the sums, and of these only the series that split nothing else.
    """
    given = dict(dimensions)
    if indicator.kind is not Kind.sum or any(name in given for name in indicator.many - {"department"}):
        return None
    return given.get("department") or REGION
