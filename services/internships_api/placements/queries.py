"""What is read of placements, by their two parties, their HR partners and steering."""

from sqlmodel import col

from services.internships_api.parties import visible_to_parties
from services.internships_api.placements.schemas import PlacementQuery
from services.internships_api.placements.tables import Placement
from services.kernel.api.reading import Reading

PLACEMENTS = Reading(
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
    visible=visible_to_parties(Placement),
)
