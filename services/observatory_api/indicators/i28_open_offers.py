"""Offers that can still be asked for."""

from collections.abc import Iterable

from services.contracts.internships import OfferState, OfferStatus
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.shown import shown
from services.observatory_api.indicators.themes import INTERNSHIPS


@total(
    "I28",
    label="Offres ouvertes",
    theme=INTERNSHIPS,
    definition=1,
    counted=Noun("offre", "offres"),
    by=(DEPARTMENT, PROFESSION),
    listing=rows_of("/internships/v1/offers?status=published", note=CONCEALED),
)
def open_offers(offer: OfferState) -> Iterable[Contribution]:
    """Offres ouvertes : nombre d'offres de stage publiées, ni closes ni annulées."""
    for spell in spells(offer.history):
        if spell.status == OfferStatus.published:
            yield from lasting(count(spell.start), spell.end)


@open_offers.revised(2)
def shown_offers(offer: OfferState) -> Iterable[Contribution]:
    """Offres ouvertes : nombre d'offres de stage publiées, ni closes ni annulées.

    Une offre dissimulée (site fermé, terrain suspendu) ne compte pas.
    """
    for start, end in shown(offer.history, {OfferStatus.published}, offer.concealed):
        yield from lasting(count(start), end)
