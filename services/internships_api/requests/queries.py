"""Statements on requests for seats, which their two parties, their HR partners and the agency may see."""

from typing import Any

from sqlalchemy import UUID as SaUuid, bindparam
from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from services.contracts.codes import Role
from services.internships_api.parties import seen, sight
from services.internships_api.requests.tables import PlacementRequest
from services.kernel.paging import Listing
from services.kernel.principals import Principal
from services.kernel.records import versions_of
from services.kernel.resources import document_by_id

REQUEST_HISTORY = versions_of(PlacementRequest)

SEEN = seen(PlacementRequest)

DOCUMENT = document_by_id(PlacementRequest)
SEEN_DOCUMENT = document_by_id(PlacementRequest, SEEN)

REQUEST = select(PlacementRequest).where(col(PlacementRequest.id) == bindparam("id", type_=SaUuid()))
SEEN_REQUEST = REQUEST.where(SEEN)

LISTING = Listing(
    PlacementRequest,
    {
        "offer_id": lambda value: col(PlacementRequest.offer_id) == value,
        "organisation_id": lambda value: col(PlacementRequest.organisation_id) == value,
        "institute_id": lambda value: col(PlacementRequest.institute_id) == value,
        "department": lambda value: col(PlacementRequest.department) == value,
        "profession": lambda value: col(PlacementRequest.profession) == value,
        "status": lambda value: col(PlacementRequest.status) == value,
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
