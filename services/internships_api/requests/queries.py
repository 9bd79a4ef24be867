"""What is read of requests for seats, by their two parties, their HR partners and steering."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, not_, or_
from sqlmodel import col

from services.contracts.internships import RequestStatus
from services.internships_api.parties import check_host, visible_to_parties
from services.internships_api.requests.schemas import RequestQuery
from services.internships_api.requests.tables import PENDING, PlacementRequest
from services.kernel.api.reading import Reading
from services.kernel.data.conditions import among

TAKEN_BACK = (RequestStatus.withdrawn, RequestStatus.offer_closed)


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
    visible=visible_to_parties(PlacementRequest),
    check_change=lambda caller, request: check_host(caller, request.organisation_id),
)


def stands(since: datetime) -> ColumnElement[bool]:
    """The condition that a request is one that another would double: it waits, or it was made since then and not taken back."""
    lately = and_(col(PlacementRequest.submitted_at) > since, not_(among(PlacementRequest.status, TAKEN_BACK)))
    return or_(PENDING, lately)
