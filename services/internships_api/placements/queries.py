"""Statements on placements, which their two parties, their HR partners and the agency may see."""

from typing import Any

from sqlalchemy import UUID as SaUuid, bindparam
from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from services.contracts.codes import Role
from services.internships_api.parties import seen, sight
from services.internships_api.placements.schemas import PlacementQuery
from services.internships_api.placements.tables import Placement
from services.kernel.paging import Listing
from services.kernel.principals import Principal
from services.kernel.records import versions_of
from services.kernel.resources import document_by_id

PLACEMENT_HISTORY = versions_of(Placement)

SEEN = seen(Placement)

DOCUMENT = document_by_id(Placement)
SEEN_DOCUMENT = document_by_id(Placement, SEEN)

PLACEMENT = select(Placement).where(col(Placement.id) == bindparam("id", type_=SaUuid()))
SEEN_PLACEMENT = PLACEMENT.where(SEEN)

LISTING = Listing(
    Placement,
    PlacementQuery,
    {
        "offer_id": lambda value: col(Placement.offer_id) == value,
        "unit_id": lambda value: col(Placement.unit_id) == value,
        "request_id": lambda value: col(Placement.request_id) == value,
        "organisation_id": lambda value: col(Placement.organisation_id) == value,
        "institute_id": lambda value: col(Placement.institute_id) == value,
        "department": lambda value: col(Placement.department) == value,
        "profession": lambda value: col(Placement.profession) == value,
        "status": lambda value: col(Placement.status) == value,
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


def placement(caller: Principal) -> SelectOfScalar[Placement]:
    """One placement by `id` and the caller's scope, if the caller may see it."""
    return PLACEMENT if caller.has(Role.steering) else SEEN_PLACEMENT
