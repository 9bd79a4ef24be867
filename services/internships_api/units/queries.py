"""Statements on placement units, which every caller may see."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.internships_api.units.schemas import UnitQuery
from services.internships_api.units.tables import Unit
from services.kernel.paging import Listing
from services.kernel.records import holds, versions_of
from services.kernel.resources import document_by_id

UNIT_HISTORY = versions_of(Unit)

DOCUMENT = document_by_id(Unit)

LISTING = Listing(
    Unit,
    UnitQuery,
    {
        "department": lambda value: col(Unit.department) == value,
        "profession": lambda value: holds(Unit.professions, value),
        "site_id": lambda value: col(Unit.site_id) == value,
        "organisation_id": lambda value: col(Unit.organisation_id) == value,
        "status": lambda value: col(Unit.status) == value,
    },
)


def unit(unit_id: UUID) -> SelectOfScalar[Unit]:
    """One unit."""
    return select(Unit).where(Unit.id == unit_id)


def standing(unit_id: UUID) -> SelectOfScalar[Unit]:
    """One unit, held as it is until what rests on it is there."""
    return unit(unit_id).with_for_update(read=True)


def in_turn(unit_id: UUID) -> SelectOfScalar[Unit]:
    """One unit, held for whoever sets its capacity: one at a time, and no offer is published meanwhile."""
    return unit(unit_id).with_for_update(key_share=True)
