"""What an offer holds of its unit's weeks: all its seats while it is published, what placements have taken once it is closed.

A placement keeps the weeks that it was confirmed for, which may be fewer than those of its offer today. Whoever calls holds the offer.
"""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from services.internships_api.capacity.operations import shift_counters
from services.internships_api.offers import queries
from services.internships_api.offers.tables import Offer
from services.internships_api.weeks import SEAT, Period
from services.kernel.base.french import day_in_words
from services.kernel.base.problems import Conflict, member
from services.kernel.data.database import Database


class WeeksTaken(Conflict):
    """An offer keeps the weeks that placements have taken: from `from_week` to `to_week`, excluded."""

    type = "weeks-taken"
    title = "Des stages sont confirmés sur ces semaines"
    told = "Des stages sont confirmés du 4 janvier 2027 au 1er février 2027 exclu : gardez ces semaines, ou annulez d'abord ces stages."
    members = member("from_week", date, "Lundi de la première semaine prise.", "2027-01-04") | member(
        "to_week", date, "Lundi qui suit la dernière semaine prise.", "2027-02-01"
    )


async def give_back_untaken(db: Database, offer: Offer) -> None:
    """Gives back to the unit's weeks the seats that nobody took."""
    for weeks, seats in _untaken(offer, await _taken(db, offer.id)):
        await shift_counters(db, offer.unit_id, weeks.start, weeks.end, offered_tenths=-seats * SEAT)


async def take_untaken(db: Database, offer: Offer) -> None:
    """Takes again, of the unit's weeks, the seats that nobody took. Raises `CapacityLacking`, naming weeks that have no room for them."""
    for weeks, seats in _untaken(offer, await _taken(db, offer.id)):
        await shift_counters(db, offer.unit_id, weeks.start, weeks.end, offered_tenths=seats * SEAT)


async def move_weeks(db: Database, offer: Offer, before: Period) -> None:
    """Takes the weeks that a published offer gains, and gives back those that it loses. Raises `WeeksTaken` or `CapacityLacking`."""
    now = Period(offer.starts_on, offer.ends_on)
    taken = await _taken(db, offer.id)
    if taken:
        first, last = min(weeks.start for weeks, _ in taken), max(weeks.end for weeks, _ in taken)
        if first < now.start or last > now.end:
            taken_weeks = f"du {day_in_words(first)} au {day_in_words(last)} exclu"
            said = f"Des stages sont confirmés {taken_weeks} : gardez ces semaines, ou annulez d'abord ces stages."
            raise WeeksTaken(said, from_week=first.isoformat(), to_week=last.isoformat())
    moved = [(weeks, offer.seats) for weeks in now.less(before)] + [(weeks, -offer.seats) for weeks in before.less(now)]
    for weeks, seats in sorted(moved):  # in the order of the weeks, so that nobody deadlocks
        await shift_counters(db, offer.unit_id, weeks.start, weeks.end, offered_tenths=seats * SEAT)


async def _taken(db: Database, offer_id: UUID) -> list[tuple[Period, int]]:
    """The weeks that placements have taken of an offer, and how many placements have them."""
    with db.as_service():  # some were confirmed by who had the offer before
        return [(Period(start, end), seats) for start, end, seats in await db.fetch(queries.taken_weeks(offer_id))]


def _untaken(offer: Offer, taken: list[tuple[Period, int]]) -> Iterator[tuple[Period, int]]:
    """The weeks of an offer, in order, and how many seats nobody took in each of them."""
    bounds = sorted({offer.starts_on, offer.ends_on, *(day for weeks, _ in taken for day in weeks)})
    for weeks in map(Period, bounds, bounds[1:]):
        yield weeks, offer.seats - sum(seats for each, seats in taken if each.start <= weeks.start < each.end)
