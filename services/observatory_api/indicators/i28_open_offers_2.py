"""Offres ouvertes : nombre d'offres de stage publiées, ni closes ni annulées.

Une offre dissimulée (site fermé, terrain suspendu) ne compte pas.
"""

from collections.abc import Iterable

from services.contracts.internships import OfferState, OfferStatus
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.model import Contribution, count, lasting, total
from services.observatory_api.indicators.shown import shown


@total(
    "I28",
    label="Offres ouvertes",
    definition=2,
    by=("department", "profession"),
    many=("profession",),
    listing=rows_of("/internships/v1/offers?status=published", note=CONCEALED),
)
def shown_offers(offer: OfferState) -> Iterable[Contribution]:
    for start, end in shown(offer.history, {OfferStatus.published}, offer.concealed):
        yield from lasting(count(start), end)
