"""Statements on placement units, which every caller may see; lists show those that are concealed to their host and to steering alone."""

from sqlalchemy import not_, true

from services.contracts.codes import Role
from services.internships_api.parties import check_host
from services.internships_api.units.schemas import UnitQuery
from services.internships_api.units.tables import Unit
from services.kernel.api.reading import Audience, Reading, equal_to, visible_to
from services.kernel.data.conditions import holds
from services.kernel.data.standing import concealed_now

UNITS = Reading(
    Unit,
    UnitQuery,
    {
        **equal_to(Unit, "department", "site_id", "organisation_id", "status"),
        "profession": lambda value: holds(Unit.professions, value),
    },
    visible=visible_to(organisation={Role.employer: Unit.organisation_id}, shared=true(), listed=not_(concealed_now(Unit))),
    check_change=lambda caller, unit: check_host(caller, unit.organisation_id),
    history=Audience.editors,
)
