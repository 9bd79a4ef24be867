"""What waits for an offer ends with it: dated, with a reason of its own that is never the host's fault."""

from collections.abc import Sequence
from datetime import date, datetime

from services.contracts.internships import OfferEnding, OfferStatus, RequestStatus
from services.internships_api.offers import queries
from services.internships_api.offers.tables import Offer
from services.internships_api.requests.lifecycle import move
from services.kernel.base.clock import day_of
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.database import Database
from services.kernel.data.service import MOST, in_parts

AT_ONCE = 50
"""Offers whose requests one transaction ends, where they were left behind."""


async def end_requests(db: Database, offers: Sequence[Offer], *, by: Principal) -> int:
    """Ends the requests that wait for offers, `MOST` of them; the job ends the others. How many they were.

    This transaction holds the offers, and they have ended in it or before.
    """
    ended = {offer.id: offer for offer in offers}
    with db.as_service():  # some still wait for who had the offer before
        requests = await db.fetch(queries.pending_requests(list(ended), MOST))
        for request in requests:
            offer = ended[request.offer_id]
            move(request, RequestStatus.offer_closed)
            request.ended_on = _ended_on(offer)
            request.why = _ending(offer, request.ended_on)
        await db.save_many(requests, event="internships.request.ended", by=by)
    return len(requests)


async def end_requests_left_pending(db: Database) -> None:
    """Ends what still waits for offers that ended and that their own transaction left, at the day on which they did."""
    await in_parts(db, _end_some, AT_ONCE)


async def _end_some(db: Database) -> int:
    offers = await db.fetch(queries.ended_with_pending_requests(AT_ONCE))
    done = await end_requests(db, offers, by=SYSTEM)
    return AT_ONCE if done == MOST else len(offers)


def _ended_on(offer: Offer) -> date:
    return day_of(datetime.fromisoformat(offer.history[-1]["at"]))


def _ending(offer: Offer, on: date) -> OfferEnding:
    if offer.status is OfferStatus.cancelled:
        return OfferEnding.cancelled
    return OfferEnding.over if offer.ends_on <= on else OfferEnding.closed
