"""When an organisation is suspended, dated: itself, or by the one on which it depends. What it shows elsewhere is concealed meanwhile."""

from collections.abc import Sequence
from typing import Any

from services.access_api.organisations import queries
from services.access_api.organisations.queries import ORGANISATIONS
from services.access_api.organisations.tables import Organisation
from services.access_api.revocations.operations import revoke
from services.contracts.access import OrganisationStatus, Revocable
from services.contracts.standing import Spell
from services.kernel.api.reading import Lock
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.database import Database


async def save_moved(db: Database, organisation: Organisation, *, event: str, by: Principal) -> Organisation:
    """Saves an organisation whose status has changed, then those that depend on it where they are suspended, or no longer, with it.

    The tokens of those for which nobody may act from then on are refused.
    A parent is held before its child: two moves at once wait for each other in one order.
    """
    parent = await ORGANISATIONS.one(db, organisation.parent_id, by=SYSTEM, lock=Lock.share) if organisation.parent_id else None
    date_suspension(organisation, parent)
    await db.save(organisation, event=event, by=by)
    children = await db.fetch(queries.children(organisation.id))  # the organisation is held by its write: no other becomes its child
    changed = [child for child in children if date_suspension(child, organisation)]
    happened = "concealed" if organisation.status is OrganisationStatus.suspended else "revealed"
    await db.save_many(changed, event=f"access.organisation.{happened}", by=by)
    if stopped := [each.id for each in (organisation, *changed) if not acts(each)]:
        await revoke(db, Revocable.organisation, stopped, by=by)
    return organisation


def acts(organisation: Organisation) -> bool:
    """Whether somebody may act for an organisation today: it is active, and neither suspended nor the one on which it depends."""
    suspended = any(spell["until"] is None for spell in organisation.suspended_spells)
    return organisation.status is OrganisationStatus.active and not suspended


def date_suspension(organisation: Organisation, parent: Organisation | None) -> bool:
    """Begins or ends today's spell as the status and the parent's say; whether one did. What lasted no day leaves none."""
    suspended = any(each is not None and each.status is OrganisationStatus.suspended for each in (organisation, parent))
    dated = spells_dated(organisation.suspended_spells, lasts=suspended)
    organisation.suspended_spells = organisation.suspended_spells if dated is None else dated
    return dated is not None


def spells_dated(kept: Sequence[dict[str, Any]], *, lasts: bool) -> list[dict[str, Any]] | None:
    """Spells of which the last one begins, or ends, today; none when nothing does. What lasted no day leaves none."""
    spells = [Spell.model_validate(spell) for spell in kept]
    if lasts == any(spell.until is None for spell in spells):
        return None
    today = clock.today()
    if not lasts:
        *spells, last = spells
        spells += [Spell(since=last.since, until=today)] if last.since != today else []
    elif spells and spells[-1].until == today:
        spells[-1] = Spell(since=spells[-1].since, until=None)
    else:
        spells.append(Spell(since=today, until=None))
    return [spell.model_dump(mode="json") for spell in spells]
