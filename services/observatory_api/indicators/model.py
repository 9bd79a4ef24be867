"""What an indicator is: a few words about it, and pure functions from states to dated contributions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from types import FunctionType
from typing import Any, NamedTuple, get_origin, get_type_hints

from services.contracts.codes import REGION
from services.contracts.envelope import State
from services.kernel.base.declarations import file_of
from services.observatory_api.indicators.contributions import Contribution
from services.observatory_api.indicators.dimensions import AXIS, DEPARTMENT, REGIONAL, Dimension
from services.observatory_api.indicators.kinds import Better, Kind, Period, Reading, Unit
from services.observatory_api.indicators.listings import Listing
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.telling import Cause, Column, Spent
from services.observatory_api.indicators.themes import Theme


class Coverage(NamedTuple):
    """Of how many of those that might be, a value is known."""

    known: int
    knowable: int


class Figure(NamedTuple):
    """A value and what it is made of. A zero denominator, or no sample, is no value."""

    value: int | float | None
    numerator: int | None = None
    denominator: int | None = None
    samples: int | None = None
    p90: int | None = None
    coverage: Coverage | None = None


def quotient(above: int | None, below: int | None) -> Figure:
    """The figure of a ratio: null when nothing is divided by nothing, never 0."""
    value = round(above / below, 6) if below and above is not None else None
    return Figure(value, above, below)


Function = Callable[[Any], Iterable[Contribution]]
Dimensions = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Feed:
    """One of an indicator's functions, the state it reads, and how it takes the indicator's dimensions from it."""

    function: Function
    state: type[State]
    values: Callable[[State], tuple[Any, ...]]


@dataclass(eq=False)
class Indicator:
    """A code, a French label, a definition in plain words and its number, and the functions that feed it."""

    code: str
    label: str
    theme: Theme
    counted: Noun
    """What it counts; of a share, what is divided; of a distribution, what was observed."""
    definition: int
    kind: Kind
    unit: Unit
    reading: Reading
    measures: tuple[str, ...]
    listing: Listing
    among: Noun | None = None
    """Of a share, what it is divided by."""
    covering: Noun | None = None
    """What the value may be known of in part alone (`known`, `knowable`): said beside it, as its coverage."""
    by: tuple[Dimension, ...] = ()
    labels: tuple[Dimension, ...] = ()
    """Those that the function gives; a field of the state has the others."""
    numerator_by: tuple[Dimension, ...] = ()
    """Of a share, those that only what is divided has: each of their values is out of the same whole."""
    regional: bool = True
    """Whether what may name several departments, and names none, is of every one."""
    shown_by: tuple[Dimension, ...] = ()
    """The dimensions by which the page shows it too: by axis in the table of the axes, by another in its card."""
    columns: tuple[Column, ...] = ()
    """Its columns in the table of the axes."""
    better: Better | None = None
    """Which way is good news; none where neither is."""
    period: Period = Period.origin
    """What a flow covers where nobody says it."""
    late: Noun | None = None
    """What the head of the page says of so many that are late, out of so many (`{of}`): of those counted, or of the others where more is
    better."""
    cause: Cause | None = None
    waiting: Noun | None = None
    """What it says of so many that wait."""
    spent: Spent | None = None
    universe: int | None = None
    of: tuple[str, ...] = ()
    owner: str = f"ARS {REGION.name}"
    retired: bool = False
    words: str = ""
    file: str = ""
    feeds: list[Feed] = field(default_factory=list)
    formula: Callable[..., Figure] | None = None

    def __post_init__(self) -> None:
        """Raises `TypeError` for what a reader could not be told: the catalogue would fail at each request instead."""
        if not self.label.strip():
            raise TypeError(f"{self.file} : {self.code} n'a pas de libellé.")
        if not self.words:
            raise TypeError(f"{self.file} : {self.code} n'a pas de définition en mots : la docstring de sa fonction.")
        self._check_words()
        if strays := sorted(each.name for each in (*self.labels, *self.shown_by) if each not in self.by):
            raise TypeError(f"{self.file} : {self.code} : {', '.join(strays)} n'est pas parmi ses dimensions (by).")
        if strays := sorted(each.name for each in self.numerator_by if each not in self.labels or "denominator" not in self.measures):
            raise TypeError(
                f"{self.file} : {self.code} : {', '.join(strays)} est d'une part (numerator_by), et la fonction la donne (labels)."
            )

    def _check_words(self) -> None:
        if (self.among is not None) != (self.unit is Unit.share):
            raise TypeError(f"{self.file} : {self.code} : une part, et elle seule, dit ce par quoi elle divise (among).")
        if self.late and not (self.among and self.better):
            raise TypeError(f"{self.file} : {self.code} : un retard (late) est d'une part qui dit ce qui vaut mieux (better).")
        if self.late and self.period not in (Period.origin, Period.twelve_months):
            raise TypeError(f"{self.file} : {self.code} : un retard (late) se dit depuis l'origine ou sur douze mois.")
        if bool(self.columns) != (AXIS in self.shown_by):
            raise TypeError(f"{self.file} : {self.code} : ce qui se montre par axe a ses colonnes (columns), et rien d'autre.")
        if self.reading is Reading.stock and self.period is not Period.origin:
            raise TypeError(f"{self.file} : {self.code} : un stock n'a pas de période.")

    def divided(self, above: int | None, below: int | None) -> str:
        """Of a share, what it divides, in words."""
        assert self.among is not None
        return f"{self.counted.counted(above or 0)} sur {self.among.counted(below or 0)}"

    def also(self, function: Function) -> "Indicator":
        """Decorates a second function: another state feeds the same indicator."""
        state = _state_of(function)
        self.feeds.append(Feed(function, state, _getter([self._attribute(state, each) for each in self.fields])))
        return self

    def revised(self, definition: int, **otherwise: Any) -> Callable[[Function], "Indicator"]:
        """Decorates the function of a later definition, as this one but for what is said; what names no department is of every one."""

        def decorate(function: Function) -> "Indicator":
            later = replace(self, definition=definition, words=words_of(function), regional=True, feeds=[], **otherwise)
            return later.also(function)

        return decorate

    def again(self, definition: int, more: str) -> "Indicator":
        """A later definition by the same functions, which says more: what names no department is now of every one."""
        return replace(self, definition=definition, words=f"{self.words} {more}", regional=True, feeds=list(self.feeds))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its dimensions."""
        return tuple(each.name for each in self.by)

    @property
    def everywhere(self) -> bool:
        """Whether what names no department counts in each, and in a row of its own."""
        return self.regional and DEPARTMENT.name in self.many

    @property
    def fields(self) -> tuple[Dimension, ...]:
        """The dimensions taken from the state's fields; the function gives the others as labels."""
        return tuple(each for each in self.by if each not in self.labels)

    @cached_property
    def many(self) -> tuple[str, ...]:
        """The names of those of which a fact has several: it counts fully in each, once in the total. The states say it.

        Of those that the function gives, the dimension says it: what bears no label is the total.
        """
        found = {each.name for feed in self.feeds for each in self.fields if _has_several(feed.state, self._attribute(feed.state, each))}
        found |= {each.name for each in self.labels if each.several}
        return tuple(sorted(found))

    def expand(self, values: tuple[Any, ...], labels: tuple[tuple[str, str], ...]) -> list[Dimensions]:
        """The series that a contribution goes to, from the values of `fields` and its labels.

        A dimension with several members at once (an action's departments) is left out of the first series, where the
        contribution counts once; then come one series a member, where it counts fully. The two are never added up.
        What names no department goes to a series of its own, which is read in every department.
        """
        given = dict(zip((each.name for each in self.fields), values, strict=True))
        plain = {name: _text(name, value) for name, value in given.items() if name not in self.many} | dict(labels)
        series = [plain]
        for name in [each for each in self.many if each in given]:
            members = given[name] if isinstance(given[name], tuple) else (given[name],)
            if name == DEPARTMENT.name and self.everywhere:
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

    def _attribute(self, state: type[State], dimension: Dimension) -> str:
        plural = f"{dimension.name}s"
        for attribute in (dimension.name, plural):
            if attribute in state.model_fields:
                if _has_several(state, attribute) and not dimension.several:
                    raise TypeError(f"{self.file} : {self.code} : {state.kind} a plusieurs {plural} ; déclarez la dimension several=True.")
                return attribute
        raise TypeError(
            f"{self.file} : {self.code} : {state.kind} n'a pas de {dimension.name} ; "
            f"déclarez-la dans labels si la fonction la donne elle-même."
        )


def _has_several(state: type[State], attribute: str) -> bool:
    return get_origin(state.model_fields[attribute].annotation) is tuple


def words_of(function: Callable[..., Any]) -> str:
    """The definition that readers see: the docstring of its function, on one line."""
    return " ".join((function.__doc__ or "").split())


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
        return REGIONAL if name == DEPARTMENT.name else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
