"""What an indicator is: a few words about it, and pure functions from states to dated contributions."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import wraps
from operator import attrgetter
from types import FunctionType
from typing import Any, NamedTuple, TypeVar, get_origin, get_type_hints

from services.contracts.envelope import State, StatusChange
from services.kernel.base.clock import day_of
from services.kernel.base.declarations import file_of
from services.observatory_api.indicators.labels import DIMENSIONS
from services.observatory_api.indicators.listings import Listing

A = TypeVar("A")
T = TypeVar("T")

REGION = "52"
"""Stands for the whole region where a department is expected (INSEE code of Pays de la Loire): in `daily` for a total, in a series for
what names no department and counts in none (money)."""
REGIONAL = "regional"
"""In a series, what names no department and is of every one (an action); in figures, the row of all that names none."""
DEPARTMENT = "department"


class Kind(StrEnum):
    """La façon dont se lisent les contributions d'un indicateur."""

    sum = "sum"
    distribution = "distribution"
    cell = "cell"
    derived = "derived"


class Unit(StrEnum):
    """Ce que compte une valeur ; une part va de 0 à 1."""

    number = "count"
    share = "share"
    days = "days"
    cents = "cents"
    seat_weeks = "seat_weeks"


class Reading(StrEnum):
    """Stock : ce qui vaut un jour donné ; flux : ce qui a eu lieu jusque-là."""

    stock = "stock"
    flow = "flow"


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


class Figure(NamedTuple):
    """A value and what it is made of. A zero denominator, or no sample, is no value."""

    value: int | float | None
    numerator: int | None = None
    denominator: int | None = None
    samples: int | None = None
    p90: int | None = None


def quotient(above: int | None, below: int | None) -> Figure:
    """The figure of a ratio: null when nothing is divided by nothing, never 0."""
    value = round(above / below, 6) if below and above is not None else None
    return Figure(value, above, below)


Dimensions = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Feed:
    """One of an indicator's functions, the state it reads, and how it takes the indicator's dimensions from it."""

    function: Callable[[Any], Iterable[Contribution]]
    state: type[State]
    values: Callable[[State], tuple[Any, ...]]


@dataclass(eq=False)
class Indicator:
    """A code, a French label, a definition in plain words and its number, and the functions that feed it."""

    code: str
    label: str
    definition: int
    kind: Kind
    unit: Unit
    reading: Reading
    measures: tuple[str, ...]
    listing: Listing
    by: tuple[str, ...] = ()
    many: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    regional: bool = True
    """Whether what may name several departments, and names none, is of every one."""
    universe: int | None = None
    of: tuple[str, ...] = ()
    owner: str = "ARS Pays de la Loire"
    retired: bool = False
    words: str = ""
    file: str = ""
    feeds: list[Feed] = field(default_factory=list)
    formula: Callable[..., Figure] | None = None

    def __post_init__(self) -> None:
        """Raises `TypeError` for what a reader could not be told: the catalogue would fail at each request instead."""
        if not self.label.strip():
            raise TypeError(f"{self.file} : {self.code} n'a pas de libellé.")
        if unnamed := [name for name in self.by if name not in DIMENSIONS]:
            raise TypeError(f"{self.file} : {self.code} se répartit par {', '.join(unnamed)}, que indicators/labels.py ne nomme pas.")
        if strays := sorted((self.many | self.labels) - set(self.by)):
            raise TypeError(f"{self.file} : {self.code} : {', '.join(strays)} n'est pas parmi ses dimensions (by).")

    def also(self, function: Callable[[Any], Iterable[Contribution]]) -> "Indicator":
        """Decorates a second function: another state feeds the same indicator."""
        state = _state_of(function)
        self.feeds.append(Feed(function, state, _getter([self._attribute(state, name) for name in self.fields])))
        return self

    def again(self, definition: int, words: str | None) -> "Indicator":
        """A later definition by the same functions, in other words: what names no department is now of every one."""
        return replace(self, definition=definition, words=" ".join((words or "").split()), regional=True, feeds=list(self.feeds))

    @property
    def everywhere(self) -> bool:
        """Whether what names no department counts in each, and in a row of its own."""
        return self.regional and DEPARTMENT in self.many

    @property
    def fields(self) -> tuple[str, ...]:
        """The dimensions taken from the state's fields; the function gives the others as labels."""
        return tuple(name for name in self.by if name not in self.labels)

    def expand(self, values: tuple[Any, ...], labels: tuple[tuple[str, str], ...]) -> list[Dimensions]:
        """The series that a contribution goes to, from the values of `fields` and its labels.

        A dimension with several members at once (an action's departments) is left out of the first series, where the
        contribution counts once; then come one series a member, where it counts fully. The two are never added up.
        What names no department goes to a series of its own, which is read in every department.
        """
        given = dict(zip(self.fields, values, strict=True))
        plain = {name: _text(name, value) for name, value in given.items() if name not in self.many} | dict(labels)
        series = [plain]
        for name in sorted(self.many):
            members = given[name] if isinstance(given[name], tuple) else (given[name],)
            if name == DEPARTMENT and self.everywhere:
                members = members or (REGIONAL,)
            series += [plain | {name: _text(name, item)} for item in dict.fromkeys(members)]
        return [tuple(sorted(dimensions.items())) for dimensions in series]

    @property
    def detail(self) -> str | None:
        """The dimension that the reading needs, and a reader never groups by."""
        return {Kind.distribution: "value", Kind.cell: "key"}.get(self.kind)

    @property
    def sources(self) -> tuple[str, ...]:
        """The states it is computed from, as `service.kind`."""
        return tuple(sorted({f"{feed.state.__module__.rpartition('.')[2]}.{feed.state.kind}" for feed in self.feeds}))

    def contributions(self, state: State) -> list[Contribution]:
        """What a state contributes; nothing when the indicator does not read its kind."""
        return [item for feed in self.feeds if feed.state is type(state) for item in feed.function(state)]

    def _attribute(self, state: type[State], name: str) -> str:
        plural = f"{name}s"
        for attribute in (name, plural):
            if attribute in state.model_fields:
                if get_origin(state.model_fields[attribute].annotation) is tuple and name not in self.many:
                    raise TypeError(f"{self.file} : {self.code} : {state.kind} a plusieurs {plural} ; déclarez many=({name!r},).")
                return attribute
        raise TypeError(
            f"{self.file} : {self.code} : {state.kind} n'a pas de {name} ; déclarez labels=({name!r},) si la fonction la donne elle-même."
        )


def named_departments_only(indicator: Indicator) -> Indicator:
    """Decorates a definition of the time when what names no department counted in none; later ones say nothing."""
    return replace(indicator, regional=False)


F = TypeVar("F", bound=Callable[[Any], Iterable[Contribution]])
Declared = Callable[[F], Indicator]


def total(
    code: str,
    *,
    label: str,
    definition: int,
    listing: Listing,
    by: Sequence[str] = (),
    many: Sequence[str] = (),
    labels: Sequence[str] = (),
    unit: Unit = Unit.number,
    reading: Reading = Reading.stock,
) -> Declared[Any]:
    """A sum of `count` contributions."""
    return _declare(
        code,
        label,
        definition,
        kind=Kind.sum,
        unit=unit,
        reading=reading,
        measures=("count",),
        listing=listing,
        by=by,
        many=many,
        labels=labels,
    )


def ratio(
    code: str,
    *,
    label: str,
    definition: int,
    listing: Listing,
    by: Sequence[str] = (),
    many: Sequence[str] = (),
    labels: Sequence[str] = (),
    reading: Reading = Reading.flow,
) -> Declared[Any]:
    """A sum of `numerator` over a sum of `denominator` contributions, divided at reading."""
    measures = ("numerator", "denominator")
    return _declare(
        code,
        label,
        definition,
        kind=Kind.sum,
        unit=Unit.share,
        reading=reading,
        measures=measures,
        listing=listing,
        by=by,
        many=many,
        labels=labels,
    )


def distribution(
    code: str,
    *,
    label: str,
    definition: int,
    listing: Listing,
    by: Sequence[str] = (),
    many: Sequence[str] = (),
    unit: Unit = Unit.days,
    reading: Reading = Reading.flow,
) -> Declared[Any]:
    """The median and the ninth decile of `sample` contributions."""
    return _declare(
        code, label, definition, kind=Kind.distribution, unit=unit, reading=reading, measures=("sample",), listing=listing, by=by, many=many
    )


def cells(
    code: str,
    *,
    label: str,
    definition: int,
    listing: Listing,
    by: Sequence[str] = (),
    many: Sequence[str] = (),
    universe: int | None = None,
    among_eligible: bool = False,
) -> Declared[Any]:
    """How many keys are members: alone, out of a `universe` of so many, or among the keys that are `eligible`."""
    measures = ("member", "eligible") if among_eligible else ("member",)
    unit = Unit.share if universe or among_eligible else Unit.number
    return _declare(
        code,
        label,
        definition,
        kind=Kind.cell,
        unit=unit,
        reading=Reading.stock,
        measures=measures,
        listing=listing,
        by=by,
        many=many,
        universe=universe,
    )


def derived(
    code: str,
    *,
    label: str,
    definition: int,
    listing: Listing,
    of: Sequence[str],
    by: Sequence[str],
    unit: Unit = Unit.share,
    reading: Reading = Reading.stock,
) -> Callable[[Callable[..., Figure]], Indicator]:
    """A formula over the figures of other indicators, in the order of `of`, each over the same days and groups."""

    def decorate(formula: Callable[..., Figure]) -> Indicator:
        return Indicator(
            code,
            label,
            definition,
            Kind.derived,
            unit,
            reading,
            (),
            listing,
            by=tuple(by),
            of=tuple(of),
            words=_words(formula),
            file=file_of(formula),
            formula=formula,
        )

    return decorate


def _declare(
    code: str,
    label: str,
    definition: int,
    *,
    kind: Kind,
    unit: Unit,
    reading: Reading,
    measures: tuple[str, ...],
    listing: Listing,
    by: Sequence[str],
    many: Sequence[str],
    labels: Sequence[str] = (),
    universe: int | None = None,
) -> Declared[Any]:
    def decorate(function: Callable[[Any], Iterable[Contribution]]) -> Indicator:
        indicator = Indicator(
            code,
            label,
            definition,
            kind,
            unit,
            reading,
            measures,
            listing,
            by=tuple(by),
            many=frozenset(many),
            labels=frozenset(labels),
            universe=universe,
            words=_words(function),
            file=file_of(function),
        )
        return indicator.also(function)

    return decorate


def _words(function: Callable[..., Any]) -> str:
    return " ".join((sys.modules[function.__module__].__doc__ or "").split())


def _state_of(function: Callable[..., Any]) -> type[State]:
    assert isinstance(function, FunctionType)
    state = next(iter(get_type_hints(function).values()))
    if not (isinstance(state, type) and issubclass(state, State)):
        raise TypeError(f"{file_of(function)} : {function.__qualname__} : son argument s'annote de l'état qu'elle lit.")
    return state


def _getter(attributes: Sequence[str]) -> Callable[[State], tuple[Any, ...]]:
    if not attributes:
        return lambda state: ()
    get = attrgetter(*attributes)
    return get if len(attributes) > 1 else lambda state: (get(state),)


def _text(name: str, value: Any) -> str | None:
    if value is None:
        return REGION if name == DEPARTMENT else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
