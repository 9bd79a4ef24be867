"""What can be done with a placement."""

from collections.abc import Collection
from uuid import UUID

from services.contracts.internships import PlacementStatus
from services.internships_api.names import REQUEST_NAMES
from services.internships_api.offers import operations as offers
from services.internships_api.offers.tables import Offer
from services.internships_api.parties import acts_for_host, check_institute
from services.internships_api.placements.lifecycle import OPERATIONS, move
from services.internships_api.placements.queries import PLACEMENTS
from services.internships_api.placements.schemas import PlacementPatch, PlacementWrite
from services.internships_api.placements.tables import Placement, PlacementCancelReason
from services.internships_api.requests.tables import PlacementRequest
from services.internships_api.weeks import Period
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.patching import patched
from services.kernel.base import clock
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Conflict
from services.kernel.data.database import Database


class PlacementOver(Conflict):
    """What has taken place, or will not, is not changed any more."""

    type = "placement-over"
    title = "Le stage est terminé ou annulé"
    advice = "Un stage annulé ne change plus : faites une nouvelle demande sur l'offre."


async def confirm(db: Database, request: PlacementRequest, offer: Offer, *, by: Principal) -> list[Placement]:
    """Confirms a placement for each learner of a request whose seats were taken, in the caller's transaction."""
    made = [
        Placement(
            request_id=request.id,
            offer_id=offer.id,
            unit_id=offer.unit_id,
            organisation_id=offer.organisation_id,
            institute_id=request.institute_id,
            **REQUEST_NAMES.borne_by(request),
            department=offer.department,
            profession=request.profession,
            starts_on=offer.starts_on,
            ends_on=offer.ends_on,
            confirmed_on=clock.today(),
        )
        for _ in range(request.learners)
    ]
    return [await db.save(placement, event="internships.placement.confirmed", by=by) for placement in made]


async def change(db: Database, placement_id: UUID, patch: PlacementPatch, *, by: Principal, version: int) -> Placement:
    """The institute says which of its learners comes. Raises `PlacementOver` for one that was cancelled."""
    placement = await PLACEMENTS.one(db, placement_id, by=by, version=version)
    _check_institute(by, placement)
    if placement.status is not PlacementStatus.confirmed:
        raise PlacementOver
    if not patched(placement, patch, PlacementWrite):
        return placement
    return await db.save(placement, event="internships.placement.changed", by=by)


async def cancel(db: Database, placement_id: UUID, reason: PlacementCancelReason, *, by: Principal, version: int) -> Placement:
    """Cancels a placement, and frees its seat and its weeks. Raises `PlacementOver` after its end."""
    placement = await PLACEMENTS.one(db, placement_id, by=by, version=version)
    _check_party(by, placement)
    move(placement, PlacementStatus.cancelled)
    if placement.ends_on <= clock.today():
        raise PlacementOver("Un stage ne s'annule pas après sa fin.")
    await offers.free(db, placement.offer_id, Period(placement.starts_on, placement.ends_on), by=by)
    placement.cancelled_on, placement.cancel_reason = clock.today(), reason
    return await db.save(placement, event="internships.placement.cancelled", by=by)


def _check_institute(by: Principal, placement: Placement) -> None:
    check_institute(by, placement.institute_id)


def _check_party(by: Principal, placement: Placement) -> None:
    if not acts_for_host(by, placement.organisation_id):
        check_institute(by, placement.institute_id)


async def _refused_now(_db: Database, placement: Placement) -> Collection[str]:
    """A placement that has taken place is not cancelled."""
    return ("cancelPlacement",) if placement.ends_on <= clock.today() else ()


ALLOWED = AllowedOperations(
    PLACEMENTS,
    OPERATIONS,
    theirs={"changePlacement": _check_institute, "cancelPlacement": _check_party},
    refused=_refused_now,
)
