"""Statements on requests for seats, which their two parties, their HR partners and the agency may see."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UUID as SaUuid, ColumnElement, and_, bindparam, exists, not_, or_
from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from services.contracts.codes import Role
from services.contracts.internships import OfferStatus, RequestStatus
from services.internships_api.offers.tables import Offer
from services.internships_api.parties import seen, sight
from services.internships_api.requests.schemas import RequestQuery
from services.internships_api.requests.tables import PlacementRequest
from services.kernel.paging import Listing
from services.kernel.principals import Principal
from services.kernel.records import among, versions_of
from services.kernel.resources import document_by_id

REQUEST_HISTORY = versions_of(PlacementRequest)

SEEN = seen(PlacementRequest)
PENDING = col(PlacementRequest.status) == RequestStatus.submitted

DOCUMENT = document_by_id(PlacementRequest)
SEEN_DOCUMENT = document_by_id(PlacementRequest, SEEN)

REQUEST = select(PlacementRequest).where(col(PlacementRequest.id) == bindparam("id", type_=SaUuid()))
SEEN_REQUEST = REQUEST.where(SEEN)

TAKEN_BACK = (RequestStatus.withdrawn, RequestStatus.offer_closed)

LISTING = Listing(
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
    scope={
        "host": lambda _value: SEEN,
    },
)


def scope(caller: Principal) -> dict[str, Any]:
    """What narrows what a caller sees: nothing for the agency."""
    return {} if caller.has(Role.steering) else sight(caller)


def document(caller: Principal) -> Select[str, int]:
    """(document, version) by `id` and the caller's scope, of what the caller may see."""
    return DOCUMENT if caller.has(Role.steering) else SEEN_DOCUMENT


def request(caller: Principal) -> SelectOfScalar[PlacementRequest]:
    """One request by `id` and the caller's scope, if the caller may see it."""
    return REQUEST if caller.has(Role.steering) else SEEN_REQUEST


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
