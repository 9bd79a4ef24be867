"""What an indicator makes of a state: so much to a measure, on a day; and the spells of a status, from which most of it comes."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import wraps
from typing import NamedTuple, TypeVar

from services.contracts.envelope import StatusChange
from services.kernel.base.clock import day_of

A = TypeVar("A")
T = TypeVar("T")


class Contribution(NamedTuple):
    """So much to one measure on one day. `labels` are dimensions that the function itself gives."""

    measure: str
    on: date
    amount: int
    labels: tuple[tuple[str, str], ...] = ()


def count(on: date, amount: int = 1, **labels: str) -> Contribution:
    """To the one measure of a total."""
    return Contribution("count", on, amount, tuple(labels.items()))


def numerator(on: date, amount: int = 1, **labels: str) -> Contribution:
    """To what a ratio divides."""
    return Contribution("numerator", on, amount, tuple(labels.items()))


def denominator(on: date, amount: int = 1, **labels: str) -> Contribution:
    """To what a ratio divides by."""
    return Contribution("denominator", on, amount, tuple(labels.items()))


def sample(on: date, value: int, **labels: str) -> Contribution:
    """One more observation of a whole number."""
    return Contribution("sample", on, 1, (*labels.items(), ("value", str(value))))


def member(on: date, key: str) -> Contribution:
    """From this day the key has one more reason to be counted. A key never names a person."""
    return Contribution("member", on, 1, (("key", key),))


def eligible(on: date, key: str) -> Contribution:
    """From this day the key is one of those that might be counted, if it is a member too."""
    return Contribution("eligible", on, 1, (("key", key),))


def known(on: date, amount: int = 1, **labels: str) -> Contribution:
    """To what the value is known of: its coverage, out of what it might be known of."""
    return Contribution("known", on, amount, tuple(labels.items()))


def knowable(on: date, amount: int = 1, **labels: str) -> Contribution:
    """To what the value might be known of."""
    return Contribution("knowable", on, amount, tuple(labels.items()))


def lasting(contribution: Contribution, end: date | None) -> tuple[Contribution, ...]:
    """The contribution from its day on, and its reversal on the day it ends (half-open)."""
    if end is None:
        return (contribution,)
    measure, on, amount, labels = contribution
    return contribution, Contribution(measure, max(end, on), -amount, labels)


class Spell(NamedTuple):
    """A status, from a day to another (half-open); the present one has no end."""

    status: str
    start: date
    end: date | None


def latest(function: Callable[[A], Iterable[T]]) -> Callable[[A], tuple[T, ...]]:
    """Keeps what a function gave for its last argument: the indicators of one state ask for the same thing one after another."""
    kept: list[tuple[A | None, tuple[T, ...]]] = [(None, ())]

    @wraps(function)
    def ask(argument: A) -> tuple[T, ...]:
        known, found = kept[0]
        if known is not argument:
            found = tuple(function(argument))
            kept[0] = (argument, found)
        return found

    return ask


@latest
def spells(history: tuple[StatusChange, ...]) -> Iterator[Spell]:
    """The dated history of a status, as days in Paris."""
    steps = sorted(history, key=lambda step: step.at)
    days = [day_of(step.at) for step in steps]
    for step, start, end in zip(steps, days, (*days[1:], None), strict=True):
        yield Spell(step.status, start, end)
