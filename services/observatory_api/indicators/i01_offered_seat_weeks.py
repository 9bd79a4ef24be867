"""Places-semaines offertes.

Places × semaines civiles des offres de stage publiées, à compter de leur publication ; une offre annulée ne compte plus. Une
offre ouverte à plusieurs professions compte une fois dans le total, et entièrement dans chacune.
"""

from collections.abc import Iterable

from services.contracts.internships import OfferState, OfferStatus
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, Unit, count, lasting, spells, total
from services.observatory_api.indicators.placements import school_year, weeks


@total(
    "I01",
    label="Places-semaines offertes",
    definition=1,
    by=("department", "profession", "school_year"),
    many=("profession",),
    labels=("school_year",),
    unit=Unit.seat_weeks,
    listing=rows_of(
        "/internships/v1/offers?status=published",
        "/internships/v1/offers?status=closed",
        note="une ligne par offre : ses places × ses semaines",
    ),
)
def offered_seat_weeks(offer: OfferState) -> Iterable[Contribution]:
    amount = offer.seats * weeks(offer.starts_on, offer.ends_on)
    for spell in spells(offer.history):
        if spell.status in (OfferStatus.published, OfferStatus.closed):
            yield from lasting(count(spell.start, amount, school_year=school_year(offer.starts_on)), spell.end)
