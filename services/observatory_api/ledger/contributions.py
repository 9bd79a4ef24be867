"""From a state to what it contributes, and from that to the series that are summed: the pure part of the ledger."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson

from services.contracts.codes import REGION
from services.contracts.envelope import State
from services.observatory_api.indicators.catalogue import Feeds
from services.observatory_api.indicators.contributions import Contribution
from services.observatory_api.indicators.dimensions import DEPARTMENT
from services.observatory_api.indicators.model import Dimensions, Indicator

Place = tuple[Indicator, str, tuple[Any, ...], tuple[tuple[str, str], ...]]
"""Where a contribution goes, before the database has numbered it: indicator, measure, values of its fields, labels."""

Contributed = tuple[Place, date, int]
"""Where, on which day, how much."""


class SeriesKey(NamedTuple):
    """What one series sums, and the department under which `rollup` adds it up. `dimensions` is JSON, its names sorted."""

    indicator: str
    definition: int
    measure: str
    dimensions: str
    department: str | None


def contributed(feeds: Feeds, state: State) -> list[Contributed]:
    """What a state contributes to every definition that it feeds."""
    found: list[Contributed] = []
    given: dict[Any, Sequence[Contribution]] = {}  # several definitions may share a function
    for indicator, feed in feeds.get(type(state), ()):
        values = feed.values(state)
        if feed.function not in given:
            given[feed.function] = tuple(feed.function(state))
        for measure, on, amount, labels in given[feed.function]:
            found.append(((indicator, measure, values, labels), on, amount))
    return found


def series_of(place: Place) -> list[SeriesKey]:
    """The series that a place stands for."""
    indicator, measure, values, labels = place
    return [
        SeriesKey(
            indicator.code, indicator.definition, measure, orjson.dumps(dict(dimensions)).decode(), rolled_up_in(indicator, dimensions)
        )
        for dimensions in indicator.expand(values, labels)
    ]


def rolled_up_in(indicator: Indicator, dimensions: Dimensions) -> str | None:
    """The department under which `rollup` adds a series up; none where adding it up would count twice.

    `rollup` knows nothing but departments: it takes the series that split nothing else of which a fact has several. What is split by no
    department is the region's total.
    """
    given = dict(dimensions)
    if any(name in given for name in indicator.many if name != DEPARTMENT.name):
        return None
    return given.get(DEPARTMENT.name) or REGION.code
