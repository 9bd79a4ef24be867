"""Taux de remplissage.

Places-semaines des stages confirmés, rapportées aux places-semaines des offres publiées. Chaque semaine compte dans l'année scolaire
de son jeudi.
"""

from collections.abc import Iterable

from services.contracts.internships import OfferState, OfferStatus, PlacementState
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, Reading, denominator, lasting, numerator, ratio, spells
from services.observatory_api.indicators.placements import weeks_by_school_year


@ratio(
    "I04",
    label="Taux de remplissage",
    definition=2,
    by=("department", "profession", "school_year"),
    many=("profession",),
    labels=("school_year",),
    reading=Reading.stock,
    listing=rows_of("/internships/v1/placements?status=confirmed", note="une ligne par stage confirmé : ses semaines"),
)
def fill_rate_by_week(placement: PlacementState) -> Iterable[Contribution]:
    for year, weeks in weeks_by_school_year(placement.starts_on, placement.ends_on):
        yield from lasting(numerator(placement.confirmed_on, weeks, school_year=year), placement.cancelled_on)


@fill_rate_by_week.also
def offered_by_week(offer: OfferState) -> Iterable[Contribution]:
    for spell in spells(offer.history):
        if spell.status in (OfferStatus.published, OfferStatus.closed):
            for year, weeks in weeks_by_school_year(offer.starts_on, offer.ends_on):
                yield from lasting(denominator(spell.start, offer.seats * weeks, school_year=year), spell.end)
