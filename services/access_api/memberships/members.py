"""Since when an organisation has somebody who acts for it: dated on the organisation."""

from uuid import UUID

from services.access_api.memberships import queries
from services.access_api.organisations.queries import ORGANISATIONS
from services.access_api.organisations.suspensions import spells_dated
from services.kernel.api.reading import Lock
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.database import Database


async def follow_members(db: Database, organisation_id: UUID, *, by: Principal) -> None:
    """Begins or ends the organisation's spell with an active member, after a membership has begun or ceased to be active.

    The organisation is held after its memberships: of two who leave at once, the second finds nobody.
    """
    organisation = await ORGANISATIONS.one(db, organisation_id, by=SYSTEM, lock=Lock.no_key_update)
    with db.as_service():  # who leaves another organisation than that of their token sees none of its members
        acts = await db.fetch(queries.first_active(organisation_id))
    spells = spells_dated(organisation.member_spells, lasts=bool(acts))
    if spells is not None:
        organisation.member_spells = spells
        await db.save(organisation, event="access.organisation.changed", by=by)
