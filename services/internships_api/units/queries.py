"""Statements on placement units, which every caller may see."""

from services.internships_api.parties import check_host
from services.internships_api.units.schemas import UnitQuery
from services.internships_api.units.tables import Unit
from services.kernel.api.reading import Audience, Reading, equal_to
from services.kernel.data.conditions import holds

UNITS = Reading(
    Unit,
    UnitQuery,
    {
        **equal_to(Unit, "department", "site_id", "organisation_id", "status"),
        "profession": lambda value: holds(Unit.professions, value),
    },
    check_change=lambda caller, unit: check_host(caller, unit.organisation_id),
    history=Audience.editors,
)
