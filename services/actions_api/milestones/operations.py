"""What can be done with a milestone."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from services.actions_api.actions.dates import check_due
from services.actions_api.actions.followed import copied
from services.actions_api.actions.lifecycle import ENDED
from services.actions_api.actions.operations import ActionEnded
from services.actions_api.actions.queries import ACTIONS
from services.actions_api.milestones import queries
from services.actions_api.milestones.lifecycle import LIFECYCLE, OPERATIONS, move
from services.actions_api.milestones.queries import MILESTONES
from services.actions_api.milestones.schemas import (
    MilestoneCreate,
    MilestoneLive,
    MilestonePatch,
    MilestoneQuery,
    MilestoneReach,
    MilestoneReschedule,
    MilestoneWrite,
)
from services.actions_api.milestones.tables import Milestone
from services.actions_api.parties import check_keeper
from services.contracts.actions import LIVE, MilestoneStatus
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.patching import patched
from services.kernel.api.reading import Lock
from services.kernel.api.resources import with_live
from services.kernel.base import clock
from services.kernel.base.french import day_in_words
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import invalid
from services.kernel.data.database import Database


async def create(db: Database, body: MilestoneCreate, *, by: Principal) -> Milestone:
    """Adds a milestone to an action. Raises `Invalid` for an unknown action or a day outside its dates, `Forbidden`, `ActionEnded`."""
    unknown = "Cette action n'existe pas."  # held as it is: what the milestone copies must not change meanwhile
    action = await ACTIONS.cited(db, body.action_id, by=by, pointer="#/action_id", unknown=unknown, lock=Lock.share)
    check_keeper(by, action.departments, action.lead_organisation_id)
    if action.status in ENDED:
        raise ActionEnded
    check_due(action, body.due)
    return await db.save(Milestone(**body.model_dump(), due_initial=body.due, **copied(action)), event="actions.milestone.planned", by=by)


async def change(db: Database, milestone_id: UUID, patch: MilestonePatch, *, by: Principal, version: int) -> Milestone:
    """Changes the fields that were sent."""
    milestone = await _of_action_under_way(db, milestone_id, by, version)
    if not patched(milestone, patch, MilestoneWrite):
        return milestone
    return await db.save(milestone, event="actions.milestone.changed", by=by)


async def reach(db: Database, milestone_id: UUID, body: MilestoneReach, *, by: Principal, version: int) -> Milestone:
    """The milestone is reached, today or on an earlier day. Raises `Invalid` for a day to come, or before it was planned."""
    milestone = await _of_action_under_way(db, milestone_id, by, version)
    move(milestone, MilestoneStatus.reached)
    milestone.reached_on = body.reached_on or clock.today()
    _check_reached(milestone.reached_on, clock.day_of(milestone.created_at), clock.today())
    milestone.evidence, milestone.status_reason = body.evidence or milestone.evidence, None
    return await db.save(milestone, event="actions.milestone.reached", by=by)


async def reopen(db: Database, milestone_id: UUID, reason: str, *, by: Principal, version: int) -> Milestone:
    """Takes back that the milestone was reached, with a reason; its action is held: it does not end meanwhile, with an open milestone."""
    milestone = await MILESTONES.load_for_change(db, milestone_id, by=by, version=version)
    action = await ACTIONS.one(db, milestone.action_id, by=SYSTEM, lock=Lock.share)
    if action.status in ENDED:
        raise ActionEnded
    move(milestone, MilestoneStatus.planned)
    milestone.reached_on, milestone.status_reason = None, reason
    return await db.save(milestone, event="actions.milestone.reopened", by=by)


async def reschedule(db: Database, milestone_id: UUID, body: MilestoneReschedule, *, by: Principal, version: int) -> Milestone:
    """Moves the due date of a milestone that is neither reached nor cancelled; the initial date stays.

    Raises `Invalid` for a day outside the dates of its action.
    """
    milestone = await _of_action_under_way(db, milestone_id, by, version)
    LIFECYCLE.require(milestone, MilestoneStatus.planned)
    if body.due == milestone.due:
        return milestone
    check_due(await ACTIONS.one(db, milestone.action_id, by=SYSTEM, lock=Lock.share), body.due)  # whose dates stay meanwhile
    moved = {"on": clock.today().isoformat(), "old_due": milestone.due.isoformat(), "new_due": body.due.isoformat(), "reason": body.reason}
    milestone.reschedules = [*milestone.reschedules, moved]
    milestone.due = body.due
    return await db.save(milestone, event="actions.milestone.rescheduled", by=by)


async def cancel(db: Database, milestone_id: UUID, reason: str, *, by: Principal, version: int) -> Milestone:
    """Cancels a milestone, with a reason: it no longer counts in the progress."""
    milestone = await _of_action_under_way(db, milestone_id, by, version)
    move(milestone, MilestoneStatus.cancelled)
    milestone.cancelled_on, milestone.status_reason = clock.today(), reason
    return await db.save(milestone, event="actions.milestone.cancelled", by=by)


async def read_live(db: Database, milestone_id: UUID, *, by: Principal) -> MilestoneLive:
    """Lateness, slip, and what the caller may do, today."""
    return live(await MILESTONES.one(db, milestone_id, by=by), clock.today(), by=by)


def live(milestone: Milestone, today: date, *, by: Principal) -> MilestoneLive:
    """Lateness, slip, and what a caller may do, on a day: nothing once the action has ended."""
    counts = milestone.status is MilestoneStatus.planned and milestone.action_status in LIVE
    days_late = max((today - milestone.due).days, 0) if counts else 0
    return MilestoneLive(
        late=days_late > 0,
        days_late=days_late,
        slip_days=((milestone.reached_on or milestone.due) - milestone.due_initial).days,
        allowed_operations=ALLOWED.of(milestone, by=by, refused=_refused_of(milestone)),
    )


async def read_page(db: Database, query: MilestoneQuery, *, by: Principal) -> list[tuple[UUID, str]]:
    """A page's (id, document) pairs of what the caller may see; with `live`, each document has its part of the day."""
    rows = await MILESTONES.rows(db, query, by=by)
    if not query.live:
        return rows
    today = clock.today()
    milestones = {milestone.id: milestone for milestone in await db.fetch(queries.milestones([row[0] for row in rows]))}
    return [(id_, with_live(document, live(milestones[id_], today, by=by))) for id_, document in rows]


def _check_reached(reached_on: date, planned_on: date, today: date) -> None:
    if planned_on <= reached_on <= today:
        return
    said, between = day_in_words(reached_on), f"choisissez un jour du {day_in_words(planned_on)} au {day_in_words(today)}"
    if reached_on > today:
        raise invalid("#/reached_on", "in_the_future", f"Un jalon ne peut pas être atteint un jour à venir ({said}) : {between}.")
    raise invalid("#/reached_on", "before_planned", f"Un jalon ne peut pas être atteint ({said}) avant d'être prévu : {between}.")


async def _of_action_under_way(db: Database, milestone_id: UUID, by: Principal, version: int) -> Milestone:
    milestone = await MILESTONES.load_for_change(db, milestone_id, by=by, version=version)
    if milestone.action_status in ENDED:
        raise ActionEnded
    return milestone


def _refused_of(milestone: Milestone) -> Collection[str]:
    """The milestones of an action that has ended are part of its history."""
    return OPERATIONS if milestone.action_status in ENDED else ()


async def _refused_now(_db: Database, milestone: Milestone) -> Collection[str]:
    return _refused_of(milestone)


ALLOWED = AllowedOperations(MILESTONES, OPERATIONS, refused=_refused_now)
