"""What can be done with a request for seats."""

from collections.abc import Collection
from uuid import UUID

from services.contracts.access import OrganisationState
from services.contracts.codes import OrganisationRole, Role
from services.contracts.internships import RequestDeclineReason, RequestStatus
from services.contracts.standing import Concealment
from services.internships_api.copies import active_organisation, concealed_by_organisation
from services.internships_api.names import OFFER_NAMES
from services.internships_api.offers import operations as offers
from services.internships_api.offers.queries import OFFERS
from services.internships_api.offers.tables import Offer
from services.internships_api.parties import check_institute
from services.internships_api.placements import operations as placements
from services.internships_api.requests import queries
from services.internships_api.requests.lifecycle import OPERATIONS, move
from services.internships_api.requests.queries import REQUESTS
from services.internships_api.requests.schemas import RequestCreate
from services.internships_api.requests.tables import PlacementRequest
from services.internships_api.requests.telling import tell_host, tell_institute
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.lookalikes import AGO, refuse_lookalike
from services.kernel.api.reading import Lock
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import Conflict, invalid
from services.kernel.data.database import Database
from services.kernel.data.standing import refuse_concealed

ALIKE = "L'institut a déjà une demande sur cette offre pour cette profession, en attente ou déposée depuis moins de 24 heures."


class InstituteClosed(Conflict):
    """An institute that has closed places nobody."""

    type = "institute-closed"
    title = "L'institut est fermé"
    advice = "Refusez la demande, ou faites rouvrir l'institut par le pilotage."


async def submit(db: Database, body: RequestCreate, *, by: Principal, force: bool = False) -> PlacementRequest:
    """An institute asks for seats: nothing is held for it until the host accepts.

    Raises `Invalid`, `OfferNotOpen`, `Concealed`, and `LooksTwice` unless it is forced.
    """
    institute = await _institute(db, body.institute_id, by)
    offer = await _open_offer(db, body.offer_id, by)
    if body.profession not in offer.professions:
        raise invalid("#/profession", "not_offered", "Cette offre n'est pas ouverte à cette profession.")
    if body.learners > offer.seats:
        raise invalid("#/learners", "too_many", f"Cette offre a {offer.seats} place(s) en tout.")
    if not force:
        same = {"offer_id": offer.id, "institute_id": institute.id, "profession": body.profession}
        await refuse_lookalike(db, PlacementRequest, same, queries.stands(clock.now() - AGO), said=ALIKE)
    request = PlacementRequest(
        **body.model_dump(exclude={"institute_id"}),
        institute_id=institute.id,
        institute_name=institute.name,
        **OFFER_NAMES.borne_by(offer),
        organisation_id=offer.organisation_id,
        department=offer.department,
        submitted_at=clock.now(),
    )
    await db.save(request, event="internships.request.submitted", by=by)
    await tell_host(db, request)
    return request


async def accept(db: Database, request_id: UUID, *, by: Principal, version: int) -> PlacementRequest:
    """The host accepts: seats and weeks are taken, placements confirmed, all or nothing.

    Raises `NoSeatLeft`, `OfferNotOpen`, `Concealed`, `InstituteClosed`.
    """
    request = await REQUESTS.load_for_change(db, request_id, by=by, version=version)
    move(request, RequestStatus.accepted)
    refuse_concealed(await concealed_by_organisation(db, request.institute_id))
    if not await active_organisation(db, request.institute_id):
        raise InstituteClosed
    offer = await offers.take(db, request.offer_id, request.learners, by=by)
    await placements.confirm(db, request, offer, by=by)
    request.answered_at = clock.now()
    await db.save(request, event="internships.request.accepted", by=by)
    await tell_institute(db, request)
    return request


async def decline(db: Database, request_id: UUID, reason: RequestDeclineReason, *, by: Principal, version: int) -> PlacementRequest:
    """The host declines, with a reason. Raises `Concealed`: what nobody can accept, nobody declines."""
    request = await REQUESTS.load_for_change(db, request_id, by=by, version=version)
    move(request, RequestStatus.declined)
    refuse_concealed(await _concealment(db, request, await OFFERS.one(db, request.offer_id, by=SYSTEM)))
    request.answered_at, request.decline_reason = clock.now(), reason
    await db.save(request, event="internships.request.declined", by=by)
    await tell_institute(db, request)
    return request


async def withdraw(db: Database, request_id: UUID, *, by: Principal, version: int) -> PlacementRequest:
    """The institute takes back a request that has no answer yet."""
    request = await REQUESTS.one(db, request_id, by=by, version=version)
    _check_institute(by, request)
    move(request, RequestStatus.withdrawn)
    return await db.save(request, event="internships.request.withdrawn", by=by)


async def _open_offer(db: Database, offer_id: UUID, by: Principal) -> Offer:
    unknown = "Cette offre n'existe pas."
    offer = await OFFERS.cited(db, offer_id, by=by, pointer="#/offer_id", unknown=unknown, lock=Lock.share)  # it does not end meanwhile
    offers.check_open(offer, clock.today())
    refuse_concealed(await offers.concealment(db, offer))
    return offer


async def _institute(db: Database, named: UUID | None, by: Principal) -> OrganisationState:
    institute_id = named or (by.organisation if by.has(Role.institute) else None)
    if institute_id is None:
        if not by.has(Role.steering):
            raise by.not_theirs("Seul l'institut peut faire cela.")
        raise invalid("#/institute_id", "missing", "Dites pour quel institut.")
    check_institute(by, institute_id)
    institute = await active_organisation(db, institute_id)
    if institute is None or OrganisationRole.institute not in institute.roles:
        raise invalid("#/institute_id", "unknown_reference", "Cet institut est inconnu, suspendu ou fermé.")
    return institute


async def _concealment(db: Database, request: PlacementRequest, offer: Offer) -> Concealment | None:
    """Since when and why nothing is answered about a request, if so: with its offer, or with its institute."""
    return await offers.concealment(db, offer) or await concealed_by_organisation(db, request.institute_id)


def _check_institute(by: Principal, request: PlacementRequest) -> None:
    check_institute(by, request.institute_id)


async def _refused_now(db: Database, request: PlacementRequest) -> Collection[str]:
    """Nothing is answered where offer or institute are concealed, nor accepted once the offer is over, or the institute closed."""
    offer = await OFFERS.one(db, request.offer_id, by=SYSTEM)
    if await _concealment(db, request, offer):
        return "acceptRequest", "declineRequest"
    acceptable = offers.is_open(offer, clock.today()) and await active_organisation(db, request.institute_id)
    return () if acceptable else ("acceptRequest",)


ALLOWED = AllowedOperations(REQUESTS, OPERATIONS, theirs={"withdrawRequest": _check_institute}, refused=_refused_now)
