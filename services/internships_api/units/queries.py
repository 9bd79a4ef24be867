"""Statements on placement units, which every caller may see."""

from sqlmodel import col

from services.internships_api.parties import check_host
from services.internships_api.units.schemas import UnitQuery
from services.internships_api.units.tables import Unit
from services.kernel.api.reading import Audience, Reading
from services.kernel.data.conditions import holds

UNITS = Reading(
    Unit,
    UnitQuery,
    {
        "department": lambda value: col(Unit.department) == value,
        "profession": lambda value: holds(Unit.professions, value),
        "site_id": lambda value: col(Unit.site_id) == value,
        "organisation_id": lambda value: col(Unit.organisation_id) == value,
        "status": lambda value: col(Unit.status) == value,
    },
    check_change=lambda caller, unit: check_host(caller, unit.organisation_id),
    history=Audience.editors,
)
