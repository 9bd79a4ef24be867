"""What is read of requests for seats, by their two parties, their HR partners and steering."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, not_, or_
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.internships import OfferStatus, RequestStatus
from services.internships_api.offers.tables import Offer
from services.internships_api.parties import between, check_host
from services.internships_api.requests.schemas import RequestQuery
from services.internships_api.requests.tables import PlacementRequest
from services.kernel.api.reading import Reading
from services.kernel.base.principals import Principal
from services.kernel.data.conditions import among

PENDING = col(PlacementRequest.status) == RequestStatus.submitted

TAKEN_BACK = (RequestStatus.withdrawn, RequestStatus.offer_closed)


def check_change(caller: Principal, request: PlacementRequest) -> None:
    """Raises `Forbidden` unless the caller answers for the host organisation."""
    check_host(caller, request.organisation_id)


REQUESTS = Reading(
    PlacementRequest,
    RequestQuery,
    {
        "offer_id": lambda value: col(PlacementRequest.offer_id) == value,
        "organisation_id": lambda value: col(PlacementRequest.organisation_id) == value,
        "institute_id": lambda value: col(PlacementRequest.institute_id) == value,
        "department": lambda value: col(PlacementRequest.department) == value,
        "profession": lambda value: col(PlacementRequest.profession) == value,
        "status": lambda value: col(PlacementRequest.status) == value,
    },
    visible=between(PlacementRequest),
    check_change=check_change,
)


def stands(since: datetime) -> ColumnElement[bool]:
    """The condition that a request is one that another would double: it waits, or it was made since then and not taken back."""
    lately = and_(col(PlacementRequest.submitted_at) > since, not_(among(PlacementRequest.status, TAKEN_BACK)))
    return or_(PENDING, lately)


def pending_of(offer_ids: Sequence[UUID]) -> SelectOfScalar[PlacementRequest]:
    """The requests that wait for offers, locked in order. Their offers are held before."""
    return (
        select(PlacementRequest)
        .where(PENDING, among(PlacementRequest.offer_id, offer_ids))
        .order_by(col(PlacementRequest.id))
        .with_for_update(key_share=True)
    )


def waited_for_in_vain(limit: int) -> SelectOfScalar[Offer]:
    """Offers that have ended and for which a request still waits, locked in order, without those that somebody is changing."""
    waits = exists().where(PENDING, col(PlacementRequest.offer_id) == col(Offer.id))
    return (
        select(Offer)
        .where(among(Offer.status, (OfferStatus.closed, OfferStatus.cancelled)), waits)
        .order_by(col(Offer.id))
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
