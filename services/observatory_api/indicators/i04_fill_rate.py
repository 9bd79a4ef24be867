"""Taux de remplissage : places-semaines des stages confirmés, rapportées aux places-semaines des offres publiées."""

from collections.abc import Iterable

from services.contracts.internships import OfferState, OfferStatus, PlacementState
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, Reading, denominator, lasting, numerator, ratio, spells
from services.observatory_api.indicators.placements import school_year, weeks


@ratio(
    "I04",
    label="Taux de remplissage",
    definition=1,
    by=("department", "profession", "school_year"),
    many=("profession",),
    labels=("school_year",),
    reading=Reading.stock,
    listing=rows_of("/internships/v1/placements?status=confirmed", note="une ligne par stage confirmé : ses semaines"),
)
def fill_rate(placement: PlacementState) -> Iterable[Contribution]:
    amount = weeks(placement.starts_on, placement.ends_on)
    yield from lasting(numerator(placement.confirmed_on, amount, school_year=school_year(placement.starts_on)), placement.cancelled_on)


@fill_rate.also
def offered(offer: OfferState) -> Iterable[Contribution]:
    amount = offer.seats * weeks(offer.starts_on, offer.ends_on)
    for spell in spells(offer.history):
        if spell.status in (OfferStatus.published, OfferStatus.closed):
            yield from lasting(denominator(spell.start, amount, school_year=school_year(offer.starts_on)), spell.end)
