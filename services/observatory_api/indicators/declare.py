"""How an indicator is declared: a decorator of its first function, one for each kind."""

from collections.abc import Callable
from typing import Any, Required, TypedDict, Unpack

from services.kernel.base.declarations import file_of
from services.observatory_api.indicators.dimensions import Dimension
from services.observatory_api.indicators.kinds import Better, Kind, Period, Reading, Unit
from services.observatory_api.indicators.listings import Listing
from services.observatory_api.indicators.model import Figure, Function, Indicator, words_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.telling import Cause, Column, Spent
from services.observatory_api.indicators.themes import Theme

Declared = Callable[[Function], Indicator]


class Said(TypedDict, total=False):
    """What an indicator of any kind says of itself: `Indicator` says what each means."""

    label: Required[str]
    theme: Required[Theme]
    counted: Required[Noun]
    among: Noun
    covering: Noun
    definition: Required[int]
    listing: Required[Listing]
    by: tuple[Dimension, ...]
    labels: tuple[Dimension, ...]
    numerator_by: tuple[Dimension, ...]
    regional: bool
    shown_by: tuple[Dimension, ...]
    columns: tuple[Column, ...]
    better: Better
    period: Period
    late: Noun
    cause: Cause
    waiting: Noun
    spent: Spent


def total(code: str, *, unit: Unit = Unit.number, reading: Reading = Reading.stock, **said: Unpack[Said]) -> Declared:
    """A sum of `count` contributions."""
    return _declared(code, said, kind=Kind.sum, unit=unit, reading=reading, measures=("count",))


def ratio(code: str, *, reading: Reading = Reading.flow, **said: Unpack[Said]) -> Declared:
    """A sum of `numerator` over a sum of `denominator` contributions, divided at reading."""
    return _declared(code, said, kind=Kind.sum, unit=Unit.share, reading=reading, measures=("numerator", "denominator"))


def distribution(code: str, *, unit: Unit = Unit.days, reading: Reading = Reading.flow, **said: Unpack[Said]) -> Declared:
    """The median and the ninth decile of `sample` contributions."""
    return _declared(code, said, kind=Kind.distribution, unit=unit, reading=reading, measures=("sample",))


def cells(code: str, *, universe: int | None = None, among_eligible: bool = False, **said: Unpack[Said]) -> Declared:
    """How many keys are members: alone, out of a `universe` of so many, or among the keys that are `eligible`."""
    unit = Unit.share if universe or among_eligible else Unit.number
    measures = ("member", "eligible") if among_eligible else ("member",)
    return _declared(code, said, kind=Kind.cell, unit=unit, reading=Reading.stock, measures=measures, universe=universe)


def derived(
    code: str, *, of: tuple[str, ...], unit: Unit = Unit.share, reading: Reading = Reading.stock, **said: Unpack[Said]
) -> Callable[[Callable[..., Figure]], Indicator]:
    """A formula over the figures of other indicators, in the order of `of`, each over the same days and groups."""

    def decorate(formula: Callable[..., Figure]) -> Indicator:
        return _made(code, said, formula, kind=Kind.derived, unit=unit, reading=reading, measures=(), of=of, formula=formula)

    return decorate


def _declared(code: str, said: Said, **how: Any) -> Declared:
    def decorate(function: Function) -> Indicator:
        return _made(code, said, function, **how).also(function)

    return decorate


def _made(code: str, said: Said, function: Callable[..., Any], *, measures: tuple[str, ...], **how: Any) -> Indicator:
    covered = (*measures, "known", "knowable") if "covering" in said else measures
    return Indicator(code, words=words_of(function), file=file_of(function), measures=covered, **how, **said)
