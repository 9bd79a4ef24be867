"""What is counted, and how."""

from collections.abc import Iterable

from services.kernel.base import clock
from services.kernel.data.database import Database
from services.observatory_api.catalogue.schemas import (
    CatalogueRead,
    DimensionRead,
    IndicatorRead,
    ListingRead,
    NounRead,
    ThemeRead,
    ValueRead,
)
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.dimensions import Dimension, Named, Year
from services.observatory_api.indicators.kinds import Reading
from services.observatory_api.indicators.model import Indicator
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.ledger.definitions import current_numbers


async def indicators(db: Database, *, catalogue: Catalogue = CATALOGUE) -> CatalogueRead:
    """Every indicator, under the definition current today."""
    numbers = await current_numbers(db, catalogue, clock.real_now())
    return CatalogueRead(items=[described(catalogue, catalogue.definitions(code)[numbers[code]]) for code in catalogue.codes])


async def indicator(db: Database, code: str, *, catalogue: Catalogue = CATALOGUE) -> IndicatorRead:
    """One indicator, under the definition current today. Raises `NotFound`."""
    definitions = catalogue.definitions_of(code)
    numbers = await current_numbers(db, catalogue, clock.real_now())
    return described(catalogue, definitions[numbers[code]])


def described(catalogue: Catalogue, one: Indicator) -> IndicatorRead:
    """What the catalogue says of an indicator; a formula has the sources of what it is made of."""
    return IndicatorRead(
        code=one.code,
        label=one.label,
        definition=one.definition,
        words=one.words,
        theme=ThemeRead(anchor=one.theme.anchor, title=one.theme.title),
        counted=_named(one.counted),
        among=_named(one.among) if one.among else None,
        covering=_named(one.covering) if one.covering else None,
        better=one.better,
        period=one.period if one.reading is Reading.flow else None,
        kind=one.kind,
        unit=one.unit,
        reading=one.reading,
        dimensions=[_dimension(each, several=each.name in one.many) for each in one.by],
        sources=sorted(set(_sources(catalogue, one))),
        of=list(one.of),
        listing=ListingRead(
            addresses=list(one.listing.addresses()), by_department=one.listing.by_department, note=one.listing.note or None
        ),
        owner=one.owner,
    )


def _dimension(one: Dimension, *, several: bool) -> DimensionRead:
    values = [ValueRead(code=code, label=label) for code, label in one.labels.items()]
    example = one.values.example if isinstance(one.values, Named | Year) else values[0].code
    return DimensionRead(name=one.name, label=one.label, several=several, values=values or None, example=example)


def _named(noun: Noun) -> NounRead:
    return NounRead(one=noun.named().one, several=noun.named().several)


def _sources(catalogue: Catalogue, one: Indicator) -> Iterable[str]:
    yield from one.sources
    for code in one.of:
        for part in catalogue.definitions(code).values():
            yield from _sources(catalogue, part)
