"""What can be done with a placement offer. Locks are taken in one order: unit, offer, weeks, requests."""

from collections.abc import Collection, Sequence, Set as AbstractSet
from datetime import date
from uuid import UUID

from services.contracts.codes import Profession
from services.contracts.internships import OfferStatus, UnitStatus
from services.contracts.standing import ConcealedWhy, Concealment
from services.internships_api.capacity.operations import shift_counters
from services.internships_api.copies import concealed_by_site
from services.internships_api.names import UNIT_NAMES
from services.internships_api.offers import queries
from services.internships_api.offers.endings import end_requests
from services.internships_api.offers.lifecycle import LIFECYCLE, OPERATIONS, move
from services.internships_api.offers.queries import OFFERS
from services.internships_api.offers.schemas import OfferCreate, OfferLive, OfferPatch, OfferWrite
from services.internships_api.offers.seats import give_back_untaken, move_weeks, take_untaken
from services.internships_api.offers.tables import Offer
from services.internships_api.parties import check_host
from services.internships_api.units.queries import UNITS
from services.internships_api.units.tables import Unit
from services.internships_api.weeks import SEAT, Period
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.lookalikes import AGO, refuse_lookalike
from services.kernel.api.patching import patched
from services.kernel.api.reading import Lock
from services.kernel.base import clock
from services.kernel.base.french import counted
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import Conflict, invalid, member
from services.kernel.data.database import Database
from services.kernel.data.service import in_parts
from services.kernel.data.standing import refuse_concealed

CLOSED_AT_ONCE = 50
"""Offers that one transaction closes: few, since it holds their units' weeks."""

OVER = "Dernière semaine passée"
"""Why an offer that its host did not close is closed."""

CORRECTED = frozenset({"description", "year_levels", "starts_on", "ends_on"})
"""What a published offer may say anew by `change`; its seats change by `resize`."""

ALIKE = "Ce terrain a déjà une offre pour les mêmes semaines et les mêmes professions, créée depuis moins de 24 heures."


class UnitSuspended(Conflict):
    """A suspended unit makes no offer."""

    type = "unit-suspended"
    title = "Le terrain de stage est suspendu"
    advice = "Reprenez d'abord le terrain de stage."


class UnitSiteClosed(Conflict):
    """A unit makes no offer while its site is closed."""

    type = "unit-site-closed"
    title = "Le site du terrain de stage est fermé"
    advice = "Faites rouvrir le site par le pilotage, ou choisissez un terrain d'un site ouvert."


class OfferNotDraft(Conflict):
    """Institutes rely on what was published: it is corrected within bounds, and what has ended stays as it is."""

    type = "offer-not-draft"
    title = "L'offre n'est plus un brouillon"
    told = "Rouvrez d'abord l'offre, qui est close."


class OfferNotOpen(Conflict):
    """An offer that is not published, or is over, gives no seat."""

    type = "offer-not-open"
    title = "L'offre n'est pas ouverte"
    told = "Une offre se prend entre sa publication et sa clôture, avant sa fin."


class NoSeatLeft(Conflict):
    """An offer never gives one seat too many."""

    type = "no-seat-left"
    title = "L'offre n'a plus assez de places"
    told = "3 places demandées, 1 libre : refusez la demande, ou offrez d'autres places."
    members = member("seats_left", int, "Places encore libres de l'offre.", 1)


class SeatsTaken(Conflict):
    """An offer keeps the seats that placements have taken: `taken` says how many."""

    type = "seats-taken"
    title = "Des places de l'offre sont prises"
    told = "2 places sont prises par des stages : gardez-en au moins 2, ou annulez d'abord des stages."
    members = member("taken", int, "Places de l'offre prises par des stages.", 2)


class OfferHasPlacements(Conflict):
    """Placements are cancelled one by one, with a reason, before their offer is."""

    type = "offer-has-placements"
    title = "Des stages sont confirmés sur cette offre"
    told = "2 stages sont confirmés : annulez-les d'abord ; pour ne plus rien proposer et les garder, clôturez l'offre."


async def create(db: Database, body: OfferCreate, *, by: Principal, force: bool = False) -> Offer:
    """Prepares a draft.

    Raises `Invalid` for an unknown unit or a profession it does not host, `UnitSuspended`, `UnitSiteClosed`, `Concealed` of a suspended
    organisation, and `LooksTwice` unless it is forced.
    """
    unit = await UNITS.cited(db, body.unit_id, by=by, pointer="#/unit_id", unknown="Ce terrain de stage n'existe pas.")
    check_host(by, unit.organisation_id)
    await _check_unit(db, unit, body.professions)
    if not force:
        same = {name: getattr(body, name) for name in ("unit_id", "starts_on", "ends_on", "professions")}
        await refuse_lookalike(db, Offer, same, *queries.stands(clock.now() - AGO), said=ALIKE)
    offer = Offer(
        **body.model_dump(),
        **UNIT_NAMES.borne_by(unit),
        unit_name=unit.name,
        organisation_id=unit.organisation_id,
        department=unit.department,
    )
    return await db.save(offer, event="internships.offer.created", by=by)


async def change(db: Database, offer_id: UUID, patch: OfferPatch, *, by: Principal, version: int) -> Offer:
    """Changes the fields that were sent: all of a draft; of a published offer, `CORRECTED` (raises as `_correct` does)."""
    offer = await OFFERS.load_for_change(db, offer_id, by=by, version=version)
    if offer.status is not OfferStatus.draft:
        return await _correct(db, offer_id, patch, by=by, version=version)
    if not patched(offer, patch, OfferWrite):
        return offer
    await _check_unit(db, await UNITS.one(db, offer.unit_id, by=SYSTEM), offer.professions)
    return await db.save(offer, event="internships.offer.changed", by=by)


async def publish(db: Database, offer_id: UUID, *, by: Principal, version: int) -> Offer:
    """Offers the seats, each week of the unit. Raises `CapacityLacking`, naming the weeks that have no room for them."""
    offer = await OFFERS.load_for_change(db, offer_id, by=by, version=version)
    move(offer, OfferStatus.published, only_from=OfferStatus.draft)
    _check_not_over(offer)
    await _check_unit(db, await UNITS.one(db, offer.unit_id, by=SYSTEM, lock=Lock.share), offer.professions)
    await shift_counters(db, offer.unit_id, offer.starts_on, offer.ends_on, offered_tenths=offer.seats * SEAT)
    offer.published_on = clock.today()
    return await db.save(offer, event="internships.offer.published", by=by)


async def resize(db: Database, offer_id: UUID, seats: int, *, by: Principal, version: int) -> Offer:
    """Offers more or fewer seats, each week of the unit. Raises `SeatsTaken` or `CapacityLacking`, naming the weeks."""
    offer, unit = await _held(db, offer_id, by=by, version=version)
    LIFECYCLE.require(offer, OfferStatus.published)
    _check_not_over(offer)
    more = seats - offer.seats
    if seats < offer.taken:
        taken = counted(offer.taken, "place est prise par un stage", "places sont prises par des stages")
        raise SeatsTaken(f"{taken} : gardez-en au moins {offer.taken}, ou annulez d'abord des stages.", taken=offer.taken)
    if more == 0:
        return offer
    if more > 0:
        await _check_unit(db, unit, offer.professions)
    await shift_counters(db, offer.unit_id, offer.starts_on, offer.ends_on, offered_tenths=more * SEAT)
    offer.seats = seats
    return await db.save(offer, event="internships.offer.resized", by=by)


async def reopen(db: Database, offer_id: UUID, reason: str, *, by: Principal, version: int) -> Offer:
    """Publishes a closed offer again, with a reason, as it was published. What ended with it stays ended. Raises as `publish` does."""
    offer, unit = await _held(db, offer_id, by=by, version=version)
    move(offer, OfferStatus.published, only_from=OfferStatus.closed)
    _check_not_over(offer)
    await _check_unit(db, unit, offer.professions)
    await take_untaken(db, offer)
    offer.status_reason = reason
    return await db.save(offer, event="internships.offer.reopened", by=by)


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
        await _close(db, offer, by=SYSTEM, reason=OVER)
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
        first = f"{counted(offer.taken, 'stage')} à annuler d'abord"
        raise OfferHasPlacements(f"{first} ; pour ne plus rien proposer et les garder, clôturez l'offre.")
    await shift_counters(db, offer.unit_id, offer.starts_on, offer.ends_on, offered_tenths=-offer.seats * SEAT)
    offer.status_reason = reason
    await db.save(offer, event="internships.offer.cancelled", by=by)
    await end_requests(db, [offer], by=by)
    return offer


async def take(db: Database, offer_id: UUID, seats: int, *, by: Principal) -> Offer:
    """Takes seats of an offer and of its unit's weeks: never one seat too many.

    Raises `NoSeatLeft`, `OfferNotOpen` or `Concealed`.
    """
    taken: Sequence[Offer] = await db.fetch(queries.take_seats(offer_id, seats, clock.today()))
    if not taken:
        offer = await OFFERS.one(db, offer_id, by=SYSTEM)
        check_open(offer, clock.today())
        refuse_concealed(await concealment(db, offer))
        left = offer.seats - offer.taken
        asked = counted(seats, "place demandée", "places demandées")
        raise NoSeatLeft(f"{asked}, {counted(left, 'libre')} : refusez la demande, ou offrez d'autres places.", seats_left=left)
    refuse_concealed(await concealment(db, taken[0]))
    await shift_counters(db, taken[0].unit_id, taken[0].starts_on, taken[0].ends_on, taken_tenths=seats * SEAT)
    return await db.save(taken[0], event="internships.offer.taken", by=by)


async def free(db: Database, offer_id: UUID, weeks: Period, *, by: Principal) -> Offer:
    """Gives back a seat and the weeks that it was taken for. A closed offer offers no more than what is taken: they go to the unit."""
    offer: Offer = await db.one(queries.free_seat(offer_id))
    offered = SEAT if offer.status is OfferStatus.closed else 0
    await shift_counters(db, offer.unit_id, weeks.start, weeks.end, offered_tenths=-offered, taken_tenths=-SEAT)
    return await db.save(offer, event="internships.offer.freed", by=by)


async def read_live(db: Database, offer_id: UUID, *, by: Principal) -> OfferLive:
    """The seats that may be asked for today, and what the caller may do: nothing that offers more while it is concealed."""
    offer = await OFFERS.one(db, offer_id, by=by)
    is_shown = await concealment(db, offer) is None
    seats = offer.seats - offer.taken if is_shown and is_open(offer, clock.today()) else 0
    return OfferLive(requestable_seats=seats, allowed_operations=await ALLOWED.now(db, offer, by=by))


def is_open(offer: Offer, today: date) -> bool:
    """Whether seats of an offer may be asked for and given, on a day."""
    return offer.status is OfferStatus.published and offer.ends_on > today


def check_open(offer: Offer, today: date) -> None:
    """Raises `OfferNotOpen` unless the offer is."""
    if not is_open(offer, today):
        raise OfferNotOpen("Une offre se prend entre sa publication et sa clôture, avant sa fin.")


async def concealment(db: Database, offer: Offer) -> Concealment | None:
    """Since when and why nothing is answered about an offer, if so: it is concealed, or will be when it has followed its unit and site."""
    if offer.concealment is not None:
        return offer.concealment
    unit = await UNITS.one(db, offer.unit_id, by=SYSTEM)
    return unit.concealment or await concealed_by_site(db, unit.site_id)


async def _close(db: Database, offer: Offer, *, by: Principal, reason: str | None = None) -> Offer:
    move(offer, OfferStatus.closed)
    await give_back_untaken(db, offer)
    offer.status_reason = reason
    return await db.save(offer, event="internships.offer.closed", by=by)


async def _correct(db: Database, offer_id: UUID, patch: OfferPatch, *, by: Principal, version: int) -> Offer:
    """Corrects a published offer; the weeks that it gains or loses go with it.

    Raises `OfferNotDraft` for what does not change any more, `Invalid`, `WeeksTaken`, or `CapacityLacking`.
    """
    offer, unit = await _held(db, offer_id, by=by, version=version)
    changes = {name for name in patch.model_fields_set if getattr(patch, name) != getattr(offer, name)}
    before = Period(offer.starts_on, offer.ends_on)
    _check_correction(offer, changes)
    if not patched(offer, patch, OfferWrite):
        return offer
    if changes & {"starts_on", "ends_on"}:
        if offer.ends_on <= clock.today():
            raise invalid("#/ends_on", "in_the_past", "Une offre publiée finit après aujourd'hui ; pour l'arrêter, clôturez-la.")
        if [*Period(offer.starts_on, offer.ends_on).less(before)]:
            await _check_unit(db, unit, offer.professions)
        await move_weeks(db, offer, before)
    return await db.save(offer, event="internships.offer.changed", by=by)


def _check_correction(offer: Offer, changes: AbstractSet[str]) -> None:
    if offer.status is OfferStatus.cancelled:
        raise OfferNotDraft("Une offre annulée ne change plus : préparez-en une autre.")
    _check_not_over(offer)
    if offer.status is OfferStatus.closed:
        raise OfferNotDraft("Rouvrez d'abord l'offre, qui est close.")
    if "seats" in changes:
        raise OfferNotDraft("Les places d'une offre publiée se changent par POST /v1/offers/{id}/resize.")
    if changes - CORRECTED:
        raise OfferNotDraft("Une offre publiée garde ses professions : clôturez-la, et publiez-en une autre.")


async def _held(db: Database, offer_id: UUID, *, by: Principal, version: int) -> tuple[Offer, Unit]:
    """An offer that the caller may change and its unit, both held until the transaction ends: the unit first."""
    offer = await OFFERS.load_for_change(db, offer_id, by=by, version=version)
    unit = await UNITS.one(db, offer.unit_id, by=SYSTEM, lock=Lock.share)
    return await OFFERS.one(db, offer_id, by=by, version=version, lock=Lock.no_key_update), unit


def _check_not_over(offer: Offer) -> None:
    if offer.ends_on <= clock.today():
        raise OfferNotOpen("La dernière semaine de cette offre est passée : préparez-en une autre.")


async def _check_unit(db: Database, unit: Unit, professions: Sequence[Profession]) -> None:
    if unit.status is not UnitStatus.active:
        raise UnitSuspended
    concealed = await concealed_by_site(db, unit.site_id)
    if concealed and concealed.why is ConcealedWhy.site_closed:
        raise UnitSiteClosed
    refuse_concealed(concealed)
    foreign = [profession for profession in professions if profession not in unit.professions]
    if foreign:
        raise invalid("#/professions", "not_hosted", f"Ce terrain n'accueille pas : {', '.join(foreign)}.")


async def _refused_now(db: Database, offer: Offer) -> Collection[str]:
    """What is over is published no more, nor corrected; what is concealed offers no more than it does."""
    refused: set[str] = set()
    if offer.ends_on <= clock.today():
        refused |= {"publishOffer", "resizeOffer", "reopenOffer"} | ({"changeOffer"} if offer.status is not OfferStatus.draft else set())
    if await concealment(db, offer):
        refused |= {"publishOffer", "reopenOffer"} | ({"changeOffer"} if offer.status is OfferStatus.draft else set())
    return refused


ALLOWED = AllowedOperations(OFFERS, OPERATIONS, refused=_refused_now)
