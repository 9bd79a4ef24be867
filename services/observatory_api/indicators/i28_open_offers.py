"""Offres ouvertes : nombre d'offres de stage publiées, ni closes ni annulées."""

from collections.abc import Iterable

from services.contracts.internships import OfferState, OfferStatus
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.model import Contribution, count, lasting, spells, total


@total(
    "I28",
    label="Offres ouvertes",
    definition=1,
    by=("department", "profession"),
    many=("profession",),
    listing=rows_of("/internships/v1/offers?status=published", note=CONCEALED),
)
def open_offers(offer: OfferState) -> Iterable[Contribution]:
    for spell in spells(offer.history):
        if spell.status == OfferStatus.published:
            yield from lasting(count(spell.start), spell.end)
