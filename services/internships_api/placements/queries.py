"""What is read of placements, by their two parties, their HR partners and steering."""

from services.internships_api.parties import visible_to_parties
from services.internships_api.placements.schemas import PlacementQuery
from services.internships_api.placements.tables import Placement
from services.kernel.api.reading import Reading, equal_to

PLACEMENTS = Reading(
    Placement,
    PlacementQuery,
    equal_to(Placement, "offer_id", "unit_id", "request_id", "organisation_id", "institute_id", "department", "profession", "status"),
    visible=visible_to_parties(Placement),
)
