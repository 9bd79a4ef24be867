"""What the offers of internships amount to, in weeks of a seat."""

from collections.abc import Iterable

from services.contracts.internships import OfferState, OfferStatus
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION, SCHOOL_YEAR
from services.observatory_api.indicators.kinds import Better, Unit
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.placements import school_year, weeks, weeks_by_school_year
from services.observatory_api.indicators.themes import INTERNSHIPS


@total(
    "I01",
    label="Places-semaines offertes",
    theme=INTERNSHIPS,
    definition=1,
    counted=Noun("place-semaine", "places-semaines"),
    unit=Unit.seat_weeks,
    better=Better.up,
    by=(DEPARTMENT, PROFESSION, SCHOOL_YEAR),
    labels=(SCHOOL_YEAR,),
    shown_by=(DEPARTMENT,),
    listing=rows_of(
        "/internships/v1/offers?status=published",
        "/internships/v1/offers?status=closed",
        note="une ligne par offre : ses places × ses semaines",
    ),
)
def offered_seat_weeks(offer: OfferState) -> Iterable[Contribution]:
    """Places-semaines offertes.

    Places × semaines civiles des offres de stage publiées, à compter de leur publication ; une offre annulée ne compte plus. Une
    offre ouverte à plusieurs professions compte une fois dans le total, et entièrement dans chacune.
    """
    amount = offer.seats * weeks(offer.starts_on, offer.ends_on)
    for spell in spells(offer.history):
        if spell.status in (OfferStatus.published, OfferStatus.closed):
            yield from lasting(count(spell.start, amount, school_year=school_year(offer.starts_on)), spell.end)


@offered_seat_weeks.revised(2)
def offered_seat_weeks_by_week(offer: OfferState) -> Iterable[Contribution]:
    """Places-semaines offertes.

    Places × semaines civiles des offres de stage publiées, à compter de leur publication ; une offre annulée ne compte plus. Chaque
    semaine compte dans l'année scolaire de son jeudi. Une offre ouverte à plusieurs professions compte une fois dans le total, et
    entièrement dans chacune.
    """
    for spell in spells(offer.history):
        if spell.status in (OfferStatus.published, OfferStatus.closed):
            for year, amount in weeks_by_school_year(offer.starts_on, offer.ends_on):
                yield from lasting(count(spell.start, offer.seats * amount, school_year=year), spell.end)
