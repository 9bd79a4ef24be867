"""What is read of requests for seats, by their two parties, their HR partners and steering."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, not_, or_
from sqlmodel import col

from services.contracts.internships import RequestStatus
from services.internships_api.parties import check_host, visible_to_parties
from services.internships_api.requests.schemas import RequestQuery
from services.internships_api.requests.tables import PENDING, PlacementRequest
from services.kernel.api.reading import Reading, equal_to
from services.kernel.data.conditions import among

TAKEN_BACK = (RequestStatus.withdrawn, RequestStatus.offer_closed)


REQUESTS = Reading(
    PlacementRequest,
    RequestQuery,
    equal_to(PlacementRequest, "offer_id", "organisation_id", "institute_id", "department", "profession", "status"),
    visible=visible_to_parties(PlacementRequest),
    check_change=lambda caller, request: check_host(caller, request.organisation_id),
)


def stands(since: datetime) -> ColumnElement[bool]:
    """The condition that a request is one that another would double: it waits, or it was made since then and not taken back."""
    lately = and_(col(PlacementRequest.submitted_at) > since, not_(among(PlacementRequest.status, TAKEN_BACK)))
    return or_(PENDING, lately)
