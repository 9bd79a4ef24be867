"""How much of what is offered is filled."""

from collections.abc import Iterable

from services.contracts.internships import OfferState, OfferStatus, PlacementState
from services.observatory_api.indicators.contributions import Contribution, denominator, lasting, numerator, spells
from services.observatory_api.indicators.declare import ratio
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION, SCHOOL_YEAR
from services.observatory_api.indicators.kinds import Better, Reading
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.placements import school_year, weeks, weeks_by_school_year
from services.observatory_api.indicators.themes import INTERNSHIPS


@ratio(
    "I04",
    label="Taux de remplissage",
    theme=INTERNSHIPS,
    definition=1,
    counted=Noun("place-semaine remplie", "places-semaines remplies"),
    among=Noun("place-semaine publiée", "places-semaines publiées"),
    reading=Reading.stock,
    better=Better.up,
    by=(DEPARTMENT, PROFESSION, SCHOOL_YEAR),
    labels=(SCHOOL_YEAR,),
    shown_by=(DEPARTMENT,),
    listing=rows_of("/internships/v1/placements?status=confirmed", note="une ligne par stage confirmé : ses semaines"),
)
def fill_rate(placement: PlacementState) -> Iterable[Contribution]:
    """Taux de remplissage : places-semaines des stages confirmés, rapportées aux places-semaines des offres publiées."""
    amount = weeks(placement.starts_on, placement.ends_on)
    yield from lasting(numerator(placement.confirmed_on, amount, school_year=school_year(placement.starts_on)), placement.cancelled_on)


@fill_rate.also
def offered(offer: OfferState) -> Iterable[Contribution]:
    amount = offer.seats * weeks(offer.starts_on, offer.ends_on)
    for spell in spells(offer.history):
        if spell.status in (OfferStatus.published, OfferStatus.closed):
            yield from lasting(denominator(spell.start, amount, school_year=school_year(offer.starts_on)), spell.end)


@fill_rate.revised(2)
def fill_rate_by_week(placement: PlacementState) -> Iterable[Contribution]:
    """Taux de remplissage.

    Places-semaines des stages confirmés, rapportées aux places-semaines des offres publiées. Chaque semaine compte dans l'année
    scolaire de son jeudi.
    """
    for year, amount in weeks_by_school_year(placement.starts_on, placement.ends_on):
        yield from lasting(numerator(placement.confirmed_on, amount, school_year=year), placement.cancelled_on)


@fill_rate_by_week.also
def offered_by_week(offer: OfferState) -> Iterable[Contribution]:
    for spell in spells(offer.history):
        if spell.status in (OfferStatus.published, OfferStatus.closed):
            for year, amount in weeks_by_school_year(offer.starts_on, offer.ends_on):
                yield from lasting(denominator(spell.start, offer.seats * amount, school_year=year), spell.end)
