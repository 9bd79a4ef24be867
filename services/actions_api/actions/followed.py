"""What milestones copy of their action, and how they follow it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import or_
from sqlmodel import col, select

from services.actions_api.actions.queries import milestones_of
from services.actions_api.actions.tables import Action
from services.actions_api.milestones.tables import Milestone
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.database import Database
from services.kernel.data.service import Job, in_parts

COPIED = {"axis": "axis", "departments": "departments", "action_status": "status", "lead_organisation_id": "lead_organisation_id"}
"""A field of milestones → that of their action."""
ACTIONS_AT_ONCE = 50
"""Actions whose milestones one transaction of the job saves."""


def copied(action: Action) -> Mapping[str, Any]:
    """What a milestone says of its action."""
    return {name: getattr(action, field) for name, field in COPIED.items()}


async def follow(db: Database, action: Action, *, by: Principal) -> None:
    """Saves again the milestones of an action, which this transaction holds, where what they copy of it has changed."""
    said = copied(action)
    for milestone in await db.fetch(milestones_of([action.id]).with_for_update()):
        changed = {name: value for name, value in said.items() if getattr(milestone, name) != value}
        for name, value in changed.items():
            setattr(milestone, name, value)
        if changed:
            await db.save(milestone, event="actions.milestone.realigned", by=by)


async def _follow_some(db: Database) -> int:
    differs = or_(*(col(getattr(Milestone, name)).is_distinct_from(col(getattr(Action, field))) for name, field in COPIED.items()))
    behind = select(Milestone.id).where(col(Milestone.action_id) == col(Action.id), differs).exists()
    statement = select(Action).where(behind).order_by(col(Action.id)).limit(ACTIONS_AT_ONCE).with_for_update(key_share=True)
    actions = await db.fetch(statement)
    for action in actions:
        await follow(db, action, by=SYSTEM)
    return len(actions)


async def follow_all(db: Database) -> None:
    """Saves again the milestones that no longer say what their action says: the release before does not keep every copy (ADR 8)."""
    await in_parts(db, _follow_some, ACTIONS_AT_ONCE)


FOLLOW_ACTIONS = Job("follow_actions", timedelta(hours=1), follow_all)
