"""The figures as a person reads them: a card for each that counts something, a line for each that has nothing to count."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from markupsafe import Markup

from services.observatory_api.indicators.dimensions import DEPARTMENT, Dimension
from services.observatory_api.indicators.kinds import Kind, Reading, Unit
from services.observatory_api.indicators.model import Figure, Indicator
from services.observatory_api.indicators.nouns import Euros, number
from services.observatory_api.pages import words
from services.observatory_api.pages.charts import Chart, Point, drawn, level
from services.observatory_api.pages.operations import Overview
from services.observatory_api.values.schemas import IndicatorValue, PointRead

SINCE_THE_ORIGIN = "depuis l’origine"

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Row:
    """One line of a breakdown: a bar beside a value and what it is made of."""

    name: str
    value: str
    words: str
    bar: Markup


@dataclass(frozen=True)
class Breakdown:
    """A figure by one dimension, and what is to be said of adding up its lines."""

    title: str
    rows: Sequence[Row]
    note: str


class Address(NamedTuple):
    """The address of a list, and a name that tells it from the card's others."""

    path: str
    name: str


@dataclass(frozen=True)
class Card:
    """An indicator as a person reads it."""

    code: str
    label: str
    value: str
    known: bool
    words: str
    recent: str
    caption: str
    chart: Markup | None
    columns: Sequence[str]
    rows: Rows
    definition: str
    number: int
    owner: str
    lists: Sequence[Address]
    list_note: str
    breakdowns: Sequence[Breakdown]


@dataclass(frozen=True)
class IdleLine:
    """An indicator that has nothing to count, and why, in a word."""

    code: str
    label: str
    reason: str


def says_nothing(item: IndicatorValue) -> bool:
    """Whether a figure has nothing to count, now or in any month shown. One that is hidden from the public counts something."""
    if item.value is None:
        return all(one.value is None for one in item.series or ())
    return item.series is not None and not any(one.tracked for one in item.series)


def idle_line(item: IndicatorValue) -> IdleLine:
    """The line of an indicator that has nothing to count."""
    tracked = item.series is None or any(one.tracked for one in item.series)
    return IdleLine(item.code, item.label, words.NOTHING if tracked else words.NOT_YET)


def card(item: IndicatorValue, overview: Overview) -> Card:
    """The card of an indicator that counts something."""
    indicator = overview.definitions[item.code]
    columns, rows = _table(item, indicator)
    found = overview.breakdowns.get(item.code, {})
    return Card(
        code=item.code,
        label=item.label,
        value=words.FEW if item.code in overview.hidden else words.amount(item.value, item.unit, indicator.counted),
        known=item.value is not None,
        words="" if item.code in overview.hidden else _sentence(item, indicator),
        recent=_recent(item, indicator, overview.figures.as_of),
        caption=_caption(item),
        chart=drawn(_chart(item, indicator)) if item.series else None,
        columns=columns,
        rows=rows,
        definition=indicator.words,
        number=item.definition,
        owner=indicator.owner,
        lists=_lists(indicator, overview),
        list_note=_list_note(indicator, overview),
        breakdowns=[_breakdown(indicator, dimension, found[dimension]) for dimension in indicator.shown_by if dimension in found],
    )


def _lists(indicator: Indicator, overview: Overview) -> Sequence[Address]:
    """The lists behind a figure, of the page's department where they have the filter."""
    if overview.public:
        return []
    paths = indicator.listing.addresses(overview.figures.department)
    return [Address(path, "Liste" if len(paths) == 1 else f"Liste {place}") for place, path in enumerate(paths, 1)]


def _list_note(indicator: Indicator, overview: Overview) -> str:
    """How the rows differ from what is counted, or why there is no list."""
    listing = indicator.listing
    wider = overview.figures.department is not None and listing.paths and not listing.by_department
    parts = [part for part in (listing.note, "elle est de toute la région" if wider else "") if part]
    return f"{' ; '.join(parts)}." if parts and not overview.public else ""


def _sentence(item: IndicatorValue, indicator: Indicator) -> str:
    """What a value is made of, and since when where it adds up what happened; nothing for a plain count of what stands."""
    parts = [_made_of(item, indicator), SINCE_THE_ORIGIN if item.reading is Reading.flow else "", _covered(item, indicator)]
    return ", ".join(part for part in parts if part)


def _covered(item: IndicatorValue, indicator: Indicator) -> str:
    """Of how much of what might be known the value is known."""
    if indicator.covering is None or item.coverage is None:
        return ""
    return f"connu pour {number(item.coverage.known)} sur {indicator.covering.counted(item.coverage.knowable)}"


def _made_of(item: IndicatorValue, indicator: Indicator) -> str:
    if item.kind is Kind.distribution:
        observed = indicator.counted.counted(item.samples or 0)
        return f"médiane de {observed} (neuf sur dix : {words.amount(item.p90, item.unit)} au plus)" if item.samples else observed
    return indicator.divided(item.numerator, item.denominator) if item.unit is Unit.share else ""


def _recent(item: IndicatorValue, indicator: Indicator, as_of: date) -> str:
    """The month under way for what happens, the end of the last month for what stands."""
    series = item.series or []
    if len(series) < 2:
        return ""
    before, now = series[-2], series[-1]
    if item.reading is Reading.stock:
        return f"Fin {words.month(before.period)} : {_value(before, indicator)}."
    over = (as_of + timedelta(days=1)).month != as_of.month
    until = "" if over else f" (jusqu’au {as_of.day if as_of.day > 1 else '1er'})"
    return (
        f"En {words.month(now.period)}{until} : {_value(now, indicator)} ; en {words.month(before.period)} : {_value(before, indicator)}."
    )


def _value(one: PointRead, indicator: Indicator) -> str:
    return words.amount(one.value, indicator.unit, indicator.counted) if one.tracked else words.NOT_YET


def _caption(item: IndicatorValue) -> str:
    if item.reading is Reading.stock:
        return "À la fin de chaque mois"
    return "Médiane de chaque mois" if item.kind is Kind.distribution else "Au cours de chaque mois"


def _chart(item: IndicatorValue, indicator: Indicator) -> Chart:
    return Chart(
        name=item.code,
        title=f"{item.label}, douze derniers mois",
        text=f"{_caption(item)}, {_summary(item, indicator)}",
        points=[
            Point(words.month(one.period), words.month(one.period, words.SHORT_MONTHS), one.value, _value(one, indicator))
            for one in item.series or []
        ],
        bars=item.reading is Reading.flow,
        share=item.unit is Unit.share,
        say=partial(_axis, item.unit),
        empty=_empty(item.series or []),
    )


def _empty(series: Sequence[PointRead]) -> str:
    """What is said of months of which none has a value."""
    return f"{words.NOTHING} sur ces douze mois" if any(one.tracked for one in series) else words.NOT_YET


def _axis(unit: Unit, value: float) -> str:
    if unit in (Unit.share, Unit.cents):
        return words.amount(value, unit)
    return words.decimal(value, 1)


def _summary(item: IndicatorValue, indicator: Indicator) -> str:
    """The chart in a sentence: where it starts, its extremes, where it ends."""
    series = item.series or []
    found = [(one.value, one.period) for one in series if one.value is not None]
    if not found:
        return f"{_empty(series)}."
    low, high = min(found), max(found, key=lambda pair: pair[0])
    say = partial(words.amount, unit=item.unit, noun=indicator.counted)
    span = f"de {words.month(series[0].period)} à {words.month(series[-1].period)}"
    if low[0] == high[0]:
        told = f"toujours {say(low[0])}"
    else:
        told = f"au plus bas {say(low[0])} en {words.month(low[1])}, au plus haut {say(high[0])} en {words.month(high[1])}"
    missing = len([one for one in series if one.tracked]) - len(found)
    untracked = len([one for one in series if not one.tracked])
    gaps = f" ; {missing} mois sans objet" if missing else ""
    gaps += f" ; {untracked} mois pas encore suivis" if untracked else ""
    return f"{span} : {told}, {say(series[-1].value)} pour finir{gaps}."


def _table(item: IndicatorValue, indicator: Indicator) -> tuple[Sequence[str], Rows]:
    columns, cells = _columns(item, indicator)
    none = (words.NOT_YET, *["–"] * (len(columns) - 2))
    return columns, [
        (words.month(one.period, words.SHORT_MONTHS), *(tuple(cells(one)) if one.tracked else none)) for one in item.series or []
    ]


def _columns(item: IndicatorValue, indicator: Indicator) -> tuple[Sequence[str], Callable[[PointRead], Iterable[str]]]:
    """The headings of the table of months, and what a month has under those after the first."""
    if item.kind is Kind.distribution:
        return ("Mois", "Médiane", "9e décile", "Nombre"), lambda one: (*_said(one, item.unit), number(one.samples or 0))
    if item.unit is Unit.share:
        plain = Unit.cents if isinstance(indicator.counted, Euros) else Unit.number
        return ("Mois", "Part", "Nombre", "Sur"), lambda one: (
            words.bare(one.value, item.unit),
            words.bare(one.numerator or 0, plain),
            words.bare(one.denominator or 0, plain),
        )
    return ("Mois", _heading(item.unit)), lambda one: (words.bare(one.value, item.unit),)


def _said(one: PointRead, unit: Unit) -> Iterator[str]:
    yield words.amount(one.value, unit)
    yield words.amount(one.p90, unit)


def _heading(unit: Unit) -> str:
    return {Unit.cents: "Montant", Unit.seat_weeks: "Places-semaines"}.get(unit, "Nombre")


def _breakdown(indicator: Indicator, dimension: Dimension, found: Mapping[str, Figure]) -> Breakdown:
    order = {value: place for place, value in enumerate(dimension.labels)}
    shown = sorted(found.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0]))
    largest = 1.0 if indicator.unit is Unit.share else max((one.value or 0 for one in found.values()), default=0) or 1.0
    return Breakdown(
        title=f"Par {dimension.label.lower()}",
        rows=[
            Row(
                name=dimension.label_of(value),
                value=words.bare(one.value, indicator.unit),
                words=f"{number(one.numerator or 0)}/{number(one.denominator or 0)}" if indicator.unit is Unit.share else "",
                bar=level((one.value or 0) / largest),
            )
            for value, one in shown
        ],
        note=words.several(regional=dimension == DEPARTMENT and indicator.everywhere) if dimension.name in indicator.many else "",
    )
