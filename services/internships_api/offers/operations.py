"""What can be done with a placement offer. Locks are taken in one order: unit, offer, weeks, requests."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.contracts.codes import Profession
from services.contracts.internships import OfferStatus, UnitStatus
from services.internships_api.capacity.operations import shift_counters
from services.internships_api.copies import active_site
from services.internships_api.offers import queries
from services.internships_api.offers.endings import end_requests
from services.internships_api.offers.lifecycle import LIFECYCLE, move
from services.internships_api.offers.queries import OFFERS
from services.internships_api.offers.schemas import OfferCreate, OfferLive, OfferPatch, OfferWrite
from services.internships_api.offers.tables import Offer
from services.internships_api.parties import check_host
from services.internships_api.units.queries import UNITS
from services.internships_api.units.tables import Unit
from services.internships_api.weeks import SEAT
from services.kernel.api.lookalikes import AGO, refuse_lookalike
from services.kernel.api.patching import patched
from services.kernel.api.reading import Lock
from services.kernel.base import clock
from services.kernel.base.french import counted
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import Conflict, invalid
from services.kernel.data.database import Database
from services.kernel.data.service import in_parts

CLOSED_AT_ONCE = 50
"""Offers that one transaction closes: few, since it holds their units' weeks."""

ALIKE = "Ce terrain a déjà une offre pour les mêmes semaines et les mêmes professions, créée depuis moins de 24 heures."


class UnitSuspended(Conflict):
    """A suspended unit makes no offer."""

    type = "unit-suspended"
    title = "Le terrain de stage est suspendu"


class UnitSiteClosed(Conflict):
    """A unit makes no offer, and hosts nobody more, once its site is closed."""

    type = "unit-site-closed"
    title = "Le site du terrain de stage est fermé"


class OfferNotDraft(Conflict):
    """Institutes rely on what was published: only a draft changes."""

    type = "offer-not-draft"
    title = "L'offre n'est plus un brouillon"


class OfferNotOpen(Conflict):
    """An offer that is not published, or is over, gives no seat."""

    type = "offer-not-open"
    title = "L'offre n'est pas ouverte"


class NoSeatLeft(Conflict):
    """An offer never gives one seat too many."""

    type = "no-seat-left"
    title = "L'offre n'a plus assez de places"


class OfferHasPlacements(Conflict):
    """Placements are cancelled one by one, with a reason, before their offer is."""

    type = "offer-has-placements"
    title = "Des stages sont confirmés sur cette offre"


async def create(db: Database, body: OfferCreate, *, by: Principal, force: bool = False) -> Offer:
    """Prepares a draft.

    Raises `Invalid` for an unknown unit or a profession it does not host, `UnitSuspended`, `UnitSiteClosed`, and `LooksTwice`
    unless it is forced.
    """
    unit = await UNITS.cited(db, body.unit_id, by=by, pointer="#/unit_id", unknown="Ce terrain de stage n'existe pas.")
    check_host(by, unit.organisation_id)
    await _check_unit(db, unit, body.professions)
    if not force:
        same = {name: getattr(body, name) for name in ("unit_id", "starts_on", "ends_on", "professions")}
        await refuse_lookalike(db, Offer, same, *queries.stands(clock.now() - AGO), said=ALIKE)
    offer = Offer(**body.model_dump(), organisation_id=unit.organisation_id, department=unit.department)
    return await db.save(offer, event="internships.offer.created", by=by)


async def change(db: Database, offer_id: UUID, patch: OfferPatch, *, by: Principal, version: int) -> Offer:
    """Changes the fields that were sent. Raises `OfferNotDraft` once it was published."""
    offer = await OFFERS.load_for_change(db, offer_id, by=by, version=version)
    if offer.status is not OfferStatus.draft:
        raise OfferNotDraft
    if not patched(offer, patch, OfferWrite):
        return offer
    await _check_unit(db, await UNITS.one(db, offer.unit_id, by=SYSTEM), offer.professions)
    return await db.save(offer, event="internships.offer.changed", by=by)


async def publish(db: Database, offer_id: UUID, *, by: Principal, version: int) -> Offer:
    """Offers the seats, each week of the unit. Raises `CapacityLacking`, naming the weeks that have no room for them."""
    offer = await OFFERS.load_for_change(db, offer_id, by=by, version=version)
    move(offer, OfferStatus.published)
    if offer.ends_on <= clock.today():
        raise OfferNotOpen("Cette offre est déjà finie.")
    await _check_unit(db, await UNITS.one(db, offer.unit_id, by=SYSTEM, lock=Lock.share), offer.professions)
    await shift_counters(db, offer.unit_id, offer.starts_on, offer.ends_on, offered_tenths=offer.seats * SEAT)
    offer.published_on = clock.today()
    return await db.save(offer, event="internships.offer.published", by=by)


async def close(db: Database, offer_id: UUID, *, by: Principal, version: int) -> Offer:
    """Takes no more requests, ends those that wait, and gives back to the unit's weeks what nobody took."""
    offer = await OFFERS.load_for_change(db, offer_id, by=by, version=version, lock=Lock.no_key_update)  # no seat moves meanwhile
    await _close(db, offer, by=by)
    await end_requests(db, [offer], by=by)
    return offer


async def close_past(db: Database) -> int:
    """Closes published offers whose last week is over; how many, at most `CLOSED_AT_ONCE`."""
    past = await db.fetch(queries.past(clock.today(), CLOSED_AT_ONCE))
    for offer in past:
        await _close(db, offer, by=SYSTEM)
    await end_requests(db, past, by=SYSTEM)
    return len(past)


async def close_all_past(db: Database) -> None:
    """Closes every offer that is over."""
    await in_parts(db, close_past, CLOSED_AT_ONCE)


async def cancel(db: Database, offer_id: UUID, reason: str, *, by: Principal, version: int) -> Offer:
    """Withdraws a published offer, and ends the requests that wait for it. Raises `OfferHasPlacements` while any stands."""
    offer = await OFFERS.load_for_change(db, offer_id, by=by, version=version, lock=Lock.no_key_update)
    move(offer, OfferStatus.cancelled)
    if offer.taken:
        raise OfferHasPlacements(f"{offer.taken} stage(s) à annuler d'abord.")
    await shift_counters(db, offer.unit_id, offer.starts_on, offer.ends_on, offered_tenths=-offer.seats * SEAT)
    offer.status_reason = reason
    await db.save(offer, event="internships.offer.cancelled", by=by)
    await end_requests(db, [offer], by=by)
    return offer


async def take(db: Database, offer_id: UUID, seats: int, *, by: Principal) -> Offer:
    """Takes seats of an offer and of its unit's weeks: never one seat too many.

    Raises `NoSeatLeft`, `OfferNotOpen` or `UnitSiteClosed`.
    """
    taken: Sequence[Offer] = await db.fetch(queries.take_seats(offer_id, seats, clock.today()))
    if not taken:
        offer = await OFFERS.one(db, offer_id, by=SYSTEM)
        check_open(offer, clock.today())
        left = offer.seats - offer.taken
        asked = counted(seats, "place demandée", "places demandées")
        raise NoSeatLeft(f"{asked}, {counted(left, 'libre')} : refusez la demande, ou offrez d'autres places.", seats_left=left)
    await check_site(db, taken[0])
    await shift_counters(db, taken[0].unit_id, taken[0].starts_on, taken[0].ends_on, taken_tenths=seats * SEAT)
    return await db.save(taken[0], event="internships.offer.taken", by=by)


async def free(db: Database, offer_id: UUID, seats: int, *, by: Principal) -> Offer:
    """Gives seats back. A closed offer offers no more than what is taken: its weeks go back to the unit."""
    offer: Offer = await db.one(queries.free_seats(offer_id, seats))
    tenths = seats * SEAT
    offered = tenths if offer.status is OfferStatus.closed else 0
    await shift_counters(db, offer.unit_id, offer.starts_on, offer.ends_on, offered_tenths=-offered, taken_tenths=-tenths)
    return await db.save(offer, event="internships.offer.freed", by=by)


async def read_live(db: Database, offer_id: UUID, *, by: Principal) -> OfferLive:
    """The seats that may be asked for today, and the moves that are allowed."""
    offer = await OFFERS.one(db, offer_id, by=by)
    seats = offer.seats - offer.taken if is_open(offer, clock.today()) else 0
    return OfferLive(requestable_seats=seats, allowed_moves=LIFECYCLE.allowed(offer.status))


def is_open(offer: Offer, today: date) -> bool:
    """Whether seats of an offer may be asked for and given, on a day."""
    return offer.status is OfferStatus.published and offer.ends_on > today


def check_open(offer: Offer, today: date) -> None:
    """Raises `OfferNotOpen` unless the offer is."""
    if not is_open(offer, today):
        raise OfferNotOpen("Une offre se prend entre sa publication et sa clôture, avant sa fin.")


async def check_site(db: Database, offer: Offer) -> None:
    """Nobody is sent to a site that has closed, even if its offer was published before. Raises `UnitSiteClosed`."""
    unit = await UNITS.one(db, offer.unit_id, by=SYSTEM)
    if not await active_site(db, unit.site_id, unit.organisation_id):
        raise UnitSiteClosed


async def _close(db: Database, offer: Offer, *, by: Principal) -> Offer:
    move(offer, OfferStatus.closed)
    await shift_counters(db, offer.unit_id, offer.starts_on, offer.ends_on, offered_tenths=(offer.taken - offer.seats) * SEAT)
    return await db.save(offer, event="internships.offer.closed", by=by)


async def _check_unit(db: Database, unit: Unit, professions: Sequence[Profession]) -> None:
    if unit.status is not UnitStatus.active:
        raise UnitSuspended
    if not await active_site(db, unit.site_id, unit.organisation_id):
        raise UnitSiteClosed
    foreign = [profession for profession in professions if profession not in unit.professions]
    if foreign:
        raise invalid("#/professions", "not_hosted", f"Ce terrain n'accueille pas : {', '.join(foreign)}.")
