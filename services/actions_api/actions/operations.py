"""What can be done with an action."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.actions_api.actions import health, queries
from services.actions_api.actions.dates import check_milestones_within
from services.actions_api.actions.followed import follow
from services.actions_api.actions.leading import BY_PLANNERS, check_settable, kept_by_planners
from services.actions_api.actions.lifecycle import BY_DECISION, ENDED, OPERATIONS, move
from services.actions_api.actions.queries import ACTIONS
from services.actions_api.actions.schemas import ActionCreate, ActionLive, ActionPatch, ActionQuery, ActionWrite
from services.actions_api.actions.tables import Action
from services.actions_api.copies import ORGANISATIONS
from services.actions_api.milestones.tables import Milestone
from services.actions_api.parties import PLANNERS, check_planner, check_planner_or_lead, plans
from services.contracts.access import OrganisationStatus
from services.contracts.actions import LIVE, ActionStatus, EndsChange, MilestoneStatus
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.patching import patched
from services.kernel.api.reading import Lock
from services.kernel.api.resources import with_live
from services.kernel.base import clock
from services.kernel.base.french import counted
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Conflict, invalid
from services.kernel.data.database import Database
from services.kernel.data.standing import suspension_of


class ActionEnded(Conflict):
    """An action that has ended changes no more, and its milestones are part of its history."""

    type = "action-ended"
    title = "L'action est terminée"
    advice = "Ses jalons ne changent plus. Terminée, l'action se rouvre d'abord ; évaluée ou abandonnée, elle reste telle quelle."


class NotReady(Conflict):
    """An action lacks what its next state needs."""

    type = "action-not-ready"
    title = "L'action n'est pas prête"
    told = "Il manque une organisation pilote et un jalon."


async def create(db: Database, body: ActionCreate, *, by: Principal) -> Action:
    """Creates a draft, which its own organisation leads where the caller does not prepare the plan.

    Raises `Forbidden` outside the caller's departments and for another organisation, `AlreadyExists` when the reference is taken, `Invalid`
    for an unknown lead, and for what an organisation does not say of its own action.
    """
    lead_id = body.lead_organisation_id
    if lead_id is None and not by.has(*PLANNERS):
        lead_id = by.organisation
    check_planner_or_lead(by, body.departments, lead_id)
    if not plans(by, body.departments):
        check_settable({name: (getattr(body, name), ActionWrite.model_fields[name].default) for name in BY_PLANNERS})
    given = {**body.model_dump(), "lead_organisation_id": lead_id}
    return await db.save(Action(**given, lead_organisation_name=await _name_of_lead(db, lead_id)), event="actions.action.created", by=by)


async def change(db: Database, action_id: UUID, patch: ActionPatch, *, by: Principal, version: int) -> Action:
    """Changes the fields that were sent; the milestones copy the axis and the departments, so they are sent again.

    Raises `ActionEnded`, `NotReady` when an action under way would lose its lead, `Invalid` for dates that leave an open milestone outside,
    and for what the lead organisation does not say of its own action.
    """
    lock = Lock.no_key_update if patch.model_fields_set & {"starts_on", "ends_on"} else None  # no milestone is given a day meanwhile
    action = await ACTIONS.load_for_change(db, action_id, by=by, version=version, lock=lock)
    if action.status in ENDED:
        reopens = action.status is ActionStatus.completed
        raise ActionEnded("Rouvrez l'action pour la changer." if reopens else "Évaluée ou abandonnée, elle ne change plus.")
    departments = patch.departments if "departments" in patch.model_fields_set else action.departments
    check_planner_or_lead(by, departments, action.lead_organisation_id)
    if not (plans(by, action.departments) and plans(by, departments)):  # who leads may come from, or go to, where it prepares the plan
        sent = patch.model_fields_set.intersection(kept_by_planners(action.status))
        check_settable({name: (getattr(patch, name), getattr(action, name)) for name in sent})
    if "lead_organisation_id" in patch.model_fields_set and patch.lead_organisation_id != action.lead_organisation_id:
        action.lead_organisation_name = await _name_of_lead(db, patch.lead_organisation_id)
        if patch.lead_organisation_id is None and action.status in (ActionStatus.in_progress, ActionStatus.suspended):
            raise NotReady("Une action en cours garde une organisation pilote : désignez-en une autre.")
    dates = action.starts_on, action.ends_on
    if not patched(action, patch, ActionWrite):
        return action
    if (action.starts_on, action.ends_on) != dates:
        check_milestones_within(action, await db.fetch(queries.milestones_of([action_id])))
    if action.ends_on != dates[1] and action.status in LIVE:
        moved = EndsChange(on=clock.today(), old=dates[1], new=action.ends_on)
        action.ends_changes = [*action.ends_changes, moved.model_dump(mode="json")]
    return await _save(db, action, "actions.action.changed", by)


async def submit(db: Database, action_id: UUID, *, by: Principal, version: int) -> Action:
    """Submits a draft to its committee."""
    action = await ACTIONS.load_for_change(db, action_id, by=by, version=version)
    return await _move(db, action, ActionStatus.submitted, "actions.action.submitted", by=by)


async def send_back(db: Database, action_id: UUID, reason: str, *, by: Principal, version: int) -> Action:
    """Sends a submitted action back to its authors."""
    action = await _load_to_decide(db, action_id, by=by, version=version)
    return await _move(db, action, ActionStatus.draft, "actions.action.sent_back", by=by, reason=reason)


async def approve(db: Database, action_id: UUID, decision_ref: str, *, by: Principal, version: int) -> Action:
    """Approves a submitted action, by a decision."""
    action = await _load_to_decide(db, action_id, by=by, version=version)
    return await _move(db, action, ActionStatus.approved, "actions.action.approved", by=by, decision_ref=decision_ref)


async def start(db: Database, action_id: UUID, *, by: Principal, version: int) -> Action:
    """Starts an approved action. Raises `NotReady` without a lead organisation or an open milestone."""
    action = await ACTIONS.load_for_change(db, action_id, by=by, version=version)
    move(action, ActionStatus.in_progress, only_from=ActionStatus.approved)
    lacks = []
    if action.lead_organisation_id is None:
        lacks.append("une organisation pilote")
    if not any(milestone.status is not MilestoneStatus.cancelled for milestone in await db.fetch(queries.milestones_of([action_id]))):
        lacks.append("un jalon")
    if lacks:
        raise NotReady(f"Il manque {' et '.join(lacks)}.")
    return await _save(db, action, "actions.action.started", by)


async def suspend(db: Database, action_id: UUID, reason: str, *, by: Principal, version: int) -> Action:
    """Suspends an action in progress."""
    action = await ACTIONS.load_for_change(db, action_id, by=by, version=version)
    return await _move(db, action, ActionStatus.suspended, "actions.action.suspended", by=by, reason=reason)


async def resume(db: Database, action_id: UUID, *, by: Principal, version: int) -> Action:
    """Takes up a suspended action again."""
    action = await ACTIONS.load_for_change(db, action_id, by=by, version=version)
    move(action, ActionStatus.in_progress, only_from=ActionStatus.suspended)
    action.status_reason = None
    return await _save(db, action, "actions.action.resumed", by)


async def complete(db: Database, action_id: UUID, *, by: Principal, version: int) -> Action:
    """Completes an action whose milestones are all reached or cancelled. Raises `NotReady` otherwise."""
    action = await ACTIONS.load_for_change(db, action_id, by=by, version=version, lock=Lock.update)  # no milestone is added meanwhile
    move(action, ActionStatus.completed)
    waiting = [m for m in await db.fetch(queries.milestones_of([action_id])) if m.status is MilestoneStatus.planned]
    if waiting:
        raise NotReady(f"{counted(len(waiting), 'jalon reste ouvert', 'jalons restent ouverts')} : déclarez-les atteints, ou annulez-les.")
    action.status_reason = None
    return await _save(db, action, "actions.action.completed", by)


async def evaluate(db: Database, action_id: UUID, *, by: Principal, version: int) -> Action:
    """Closes a completed action once it has been evaluated."""
    action = await _load_to_decide(db, action_id, by=by, version=version)
    return await _move(db, action, ActionStatus.evaluated, "actions.action.evaluated", by=by)


async def reopen(db: Database, action_id: UUID, reason: str, *, by: Principal, version: int) -> Action:
    """Takes a completed action back into progress, with a reason."""
    action = await _load_to_decide(db, action_id, by=by, version=version)
    move(action, ActionStatus.in_progress, only_from=ActionStatus.completed)
    action.status_reason = reason
    return await _save(db, action, "actions.action.reopened", by)


async def abandon(db: Database, action_id: UUID, decision_ref: str, *, by: Principal, version: int) -> Action:
    """Abandons an action, by a decision."""
    action = await _load_to_decide(db, action_id, by=by, version=version)
    return await _move(db, action, ActionStatus.abandoned, "actions.action.abandoned", by=by, decision_ref=decision_ref)


async def read_live(db: Database, action_id: UUID, *, by: Principal) -> ActionLive:
    """What depends on the day and the caller: health with its reasons, progress, what may be done."""
    action = await ACTIONS.one(db, action_id, by=by)
    return _live(action, await db.fetch(queries.milestones_of([action_id])), clock.today(), by)


async def read_page(db: Database, query: ActionQuery, *, by: Principal) -> list[tuple[UUID, str]]:
    """A page's (id, document) pairs of what the caller may see; with `live`, each document has its part of the day."""
    rows = await ACTIONS.rows(db, query, by=by)
    return await _with_live(db, rows, by) if query.live else rows


async def _with_live(db: Database, rows: list[tuple[UUID, str]], by: Principal) -> list[tuple[UUID, str]]:
    ids = [row[0] for row in rows]
    actions = {action.id: action for action in await db.fetch(queries.actions(ids))}
    milestones_of: dict[UUID, list[Milestone]] = defaultdict(list)
    for milestone in await db.fetch(queries.milestones_of(ids)):
        milestones_of[milestone.action_id].append(milestone)
    today = clock.today()
    return [(id_, with_live(document, _live(actions[id_], milestones_of[id_], today, by))) for id_, document in rows]


def _live(action: Action, milestones: Sequence[Milestone], today: date, by: Principal) -> ActionLive:
    made = health.progress(action, milestones, today)
    state, reasons = health.health(action, milestones, made, today)
    return ActionLive(health=state, reasons=reasons, progress=made, allowed_operations=ALLOWED.of(action, by=by))


async def _load_to_decide(db: Database, action_id: UUID, *, by: Principal, version: int) -> Action:
    """An action on which the caller decides: its lead organisation does not. Raises `NotFound`, `PreconditionFailed`, `Forbidden`."""
    action = await ACTIONS.one(db, action_id, by=by, version=version)
    _check_decides(by, action)
    return action


async def _move(
    db: Database, action: Action, to: ActionStatus, event: str, *, by: Principal, reason: str | None = None, decision_ref: str | None = None
) -> Action:
    move(action, to)
    action.status_reason = reason
    action.decision_ref = decision_ref or action.decision_ref
    return await _save(db, action, event, by)


async def _save(db: Database, action: Action, event: str, by: Principal) -> Action:
    """Saves an action, and then its milestones where what they copy of it has changed."""
    await db.save(action, event=event, by=by)
    await follow(db, action, by=by)
    return action


async def _name_of_lead(db: Database, organisation_id: UUID | None) -> str | None:
    """The name of the organisation that would lead an action. Raises `Invalid` for one that is unknown, suspended or closed."""
    if organisation_id is None:
        return None
    lead = await ORGANISATIONS.find(db, organisation_id)
    if lead is None or lead.status is not OrganisationStatus.active or suspension_of(lead):
        raise invalid("#/lead_organisation_id", "unknown_reference", "Cette organisation est inconnue, suspendue ou fermée.")
    return lead.name


def _check_decides(by: Principal, action: Action) -> None:
    check_planner(by, action.departments)


ALLOWED = AllowedOperations(ACTIONS, OPERATIONS, theirs=dict.fromkeys(BY_DECISION, _check_decides))
