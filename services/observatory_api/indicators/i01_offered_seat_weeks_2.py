"""Places-semaines offertes.

Places × semaines civiles des offres de stage publiées, à compter de leur publication ; une offre annulée ne compte plus. Chaque
semaine compte dans l'année scolaire de son jeudi. Une offre ouverte à plusieurs professions compte une fois dans le total, et
entièrement dans chacune.
"""

from collections.abc import Iterable

from services.contracts.internships import OfferState, OfferStatus
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, Unit, count, lasting, spells, total
from services.observatory_api.indicators.placements import weeks_by_school_year


@total(
    "I01",
    label="Places-semaines offertes",
    definition=2,
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
def offered_seat_weeks_by_week(offer: OfferState) -> Iterable[Contribution]:
    for spell in spells(offer.history):
        if spell.status in (OfferStatus.published, OfferStatus.closed):
            for year, weeks in weeks_by_school_year(offer.starts_on, offer.ends_on):
                yield from lasting(count(spell.start, offer.seats * weeks, school_year=year), spell.end)
