"""What the page tells of an indicator beside its figure: columns of the table of the axes, and sentences at its head."""

from enum import Enum
from typing import NamedTuple

from services.observatory_api.indicators.dimensions import Dimension


class Says(Enum):
    """What of a figure stands in a cell."""

    value = "value"
    above = "above"
    """What is divided, or the sum itself."""
    below = "below"
    """What it is divided by."""
    out_of = "out_of"
    """The one out of the other."""


class Column(NamedTuple):
    """A column of the table of the axes."""

    title: str
    says: Says


class Cause(NamedTuple):
    """The cause that the page tells of late ones when the indicator `unless` counts none late."""

    unless: str
    """The code of the other."""
    words: str


class Spent(NamedTuple):
    """What is said of money that is nearly spent, by dimensions of which the last is the fiscal year: each is a `{name}` in the words."""

    by: tuple[Dimension, ...]
    words: str
