"""What can be done with a placement unit."""

from typing import Any
from uuid import UUID

from services.contracts.codes import OrganisationRole
from services.contracts.internships import UnitStatus
from services.contracts.standing import ConcealedWhy
from services.internships_api.copies import active_organisation, active_site
from services.internships_api.names import NAMING, UNIT
from services.internships_api.parties import check_host
from services.internships_api.standing import follow_unit
from services.internships_api.units.lifecycle import OPERATIONS, move
from services.internships_api.units.queries import UNITS
from services.internships_api.units.schemas import UnitCreate, UnitPatch, UnitWrite
from services.internships_api.units.tables import Unit
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.patching import patched
from services.kernel.api.reading import Lock
from services.kernel.base.principals import Principal
from services.kernel.base.problems import invalid
from services.kernel.data.database import Database
from services.kernel.data.standing import conceal, reveal


async def create(db: Database, body: UnitCreate, *, by: Principal) -> Unit:
    """Opens a unit in a site.

    Raises `Forbidden` outside the caller's organisation, `Invalid` for an organisation or a site that is unknown, suspended or closed,
    `AlreadyExists` when the site has the code.
    """
    check_host(by, body.organisation_id)
    host = await active_organisation(db, body.organisation_id)
    if host is None or OrganisationRole.host not in host.roles:
        raise invalid(
            "#/organisation_id",
            "unknown_reference",
            "Cette organisation est inconnue, suspendue, fermée, ou n'accueille pas de stagiaires.",
        )
    site = await active_site(db, body.site_id, body.organisation_id)
    if site is None:
        raise invalid("#/site_id", "unknown_reference", "Ce site est inconnu, fermé, ou d'une autre organisation.")
    names: dict[str, Any] = {"organisation_name": host.name, "site_name": site.name, "commune": site.commune}
    unit = Unit(**body.model_dump(), **names, department=site.department)
    return await db.save(unit, event="internships.unit.created", by=by)


async def change(db: Database, unit_id: UUID, patch: UnitPatch, *, by: Principal, version: int) -> Unit:
    """Changes the fields that were sent. Offers already published keep their professions, and bear the name."""
    unit = await UNITS.load_for_change(db, unit_id, by=by, version=version)
    name = unit.name
    if not patched(unit, patch, UnitWrite):
        return unit
    await db.save(unit, event="internships.unit.changed", by=by)
    if unit.name != name:
        await NAMING.follow(db, {UNIT: [unit.id]}, by=by)
    return unit


async def suspend(db: Database, unit_id: UUID, reason: str, *, by: Principal, version: int) -> Unit:
    """Suspends a unit: its offers, and the requests that wait for them, are concealed until it is resumed; the placements stand."""
    unit = await UNITS.load_for_change(db, unit_id, by=by, version=version, lock=Lock.no_key_update)
    move(unit, UnitStatus.suspended)
    unit.status_reason = reason
    conceal(unit, ConcealedWhy.unit_suspended)
    await db.save(unit, event="internships.unit.suspended", by=by)
    await follow_unit(db, unit.id, by=by)
    return unit


async def resume(db: Database, unit_id: UUID, *, by: Principal, version: int) -> Unit:
    """A suspended unit hosts again: its offers show."""
    unit = await UNITS.load_for_change(db, unit_id, by=by, version=version, lock=Lock.no_key_update)
    move(unit, UnitStatus.active)
    unit.status_reason = None
    reveal(unit, ConcealedWhy.unit_suspended)
    await db.save(unit, event="internships.unit.resumed", by=by)
    await follow_unit(db, unit.id, by=by)
    return unit


ALLOWED = AllowedOperations(UNITS, OPERATIONS)
