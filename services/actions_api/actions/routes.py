"""HTTP for actions."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.actions_api.actions import operations
from services.actions_api.actions.queries import ACTIONS
from services.actions_api.actions.schemas import (
    ActionCreate,
    ActionListed,
    ActionLive,
    ActionPatch,
    ActionQuery,
    ActionRead,
    DecisionReference,
)
from services.actions_api.parties import PLANNERS
from services.contracts.codes import STAFF, Role
from services.kernel.api.auth import allow
from services.kernel.api.bodies import Reason
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey
from services.kernel.api.resources import IfMatch, Page, created, live, page_of, resource
from services.kernel.api.rights import own, within
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

routes = router("/v1/actions", "actions", "Actions", "Les actions du plan, de la proposition à l'évaluation.")

ActionReader = Annotated[Principal, allow(*STAFF)]
ActionEditor = Annotated[Principal, allow(within(*PLANNERS), own(*STAFF))]
Planner = Annotated[Principal, allow(within(*PLANNERS))]
Steering = Annotated[Principal, allow(within(Role.steering))]


@routes.get("", operation_id="listActions", response_model=Page[ActionListed])
async def list_actions(request: Request, query: Annotated[ActionQuery, Query()], caller: ActionReader, db: Db) -> Response:
    """Les actions du plan, les plus récentes d'abord."""
    return page_of(request, query, await operations.read_page(db, query, by=caller))


@routes.post("", operation_id="createAction", status_code=201, response_model=ActionRead, responses=problems(409))
async def create_action(request: Request, body: ActionCreate, caller: ActionEditor, _key: OptionalKey, db: Db) -> Response:
    """Crée une action, à l'état de brouillon ; une organisation crée celles qu'elle pilotera."""
    return created(request, await operations.create(db, body, by=caller))


@routes.get("/{action_id}", operation_id="readAction", response_model=ActionRead, responses=problems(404))
async def read_action(request: Request, action_id: UUID, caller: ActionReader, db: Db) -> Response:
    """Une action."""
    return await ACTIONS.document(request, db, action_id, by=caller)


@routes.get("/{action_id}/live", operation_id="readActionLive", response_model=ActionLive, responses=problems(404))
async def read_action_live(action_id: UUID, caller: ActionReader, db: Db) -> Response:
    """La santé de l'action, son avancement et les opérations possibles, à la date du jour."""
    return live(await operations.read_live(db, action_id, by=caller))


@routes.get("/{action_id}/history", operation_id="readActionHistory", response_model=History[ActionRead], responses=problems(404))
async def read_action_history(action_id: UUID, query: Annotated[HistoryQuery, Query()], caller: ActionEditor, db: Db) -> Response:
    """Les versions successives de l'action, la plus récente d'abord ; `known_at` : telle qu'elle était connue à un instant."""
    return await ACTIONS.history(db, action_id, query, by=caller)


@routes.patch("/{action_id}", operation_id="changeAction", response_model=ActionRead, responses=MOVE | problems(operations.ActionEnded))
async def change_action(action_id: UUID, body: ActionPatch, caller: ActionEditor, version: IfMatch, db: Db) -> Response:
    """Change une action : les champs envoyés.

    L'organisation pilote change la sienne, mais ni `flagship`, ni `cohort`, ni `weight`, ni `lead_organisation_id`, ni, une fois l'action
    soumise, `departments` (422) : le pilotage et les comités en décident.
    """
    return resource(await operations.change(db, action_id, body, by=caller, version=version))


@routes.post("/{action_id}/submit", operation_id="submitAction", response_model=ActionRead, responses=MOVE)
async def submit_action(action_id: UUID, caller: ActionEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Soumet l'action à son comité technique."""
    return resource(await operations.submit(db, action_id, by=caller, version=version))


@routes.post("/{action_id}/send-back", operation_id="sendBackAction", response_model=ActionRead, responses=MOVE)
async def send_back_action(action_id: UUID, body: Reason, caller: Planner, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Renvoie l'action à ses auteurs, avec un motif."""
    return resource(await operations.send_back(db, action_id, body.reason, by=caller, version=version))


@routes.post("/{action_id}/approve", operation_id="approveAction", response_model=ActionRead, responses=MOVE)
async def approve_action(
    action_id: UUID, body: DecisionReference, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db
) -> Response:
    """Valide l'action, sur décision du comité de pilotage."""
    return resource(await operations.approve(db, action_id, body.decision_ref, by=caller, version=version))


@routes.post("/{action_id}/start", operation_id="startAction", response_model=ActionRead, responses=MOVE | problems(operations.NotReady))
async def start_action(action_id: UUID, caller: ActionEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Démarre l'action : elle a un pilote et au moins un jalon."""
    return resource(await operations.start(db, action_id, by=caller, version=version))


@routes.post("/{action_id}/suspend", operation_id="suspendAction", response_model=ActionRead, responses=MOVE)
async def suspend_action(action_id: UUID, body: Reason, caller: ActionEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Suspend l'action, avec un motif."""
    return resource(await operations.suspend(db, action_id, body.reason, by=caller, version=version))


@routes.post("/{action_id}/resume", operation_id="resumeAction", response_model=ActionRead, responses=MOVE)
async def resume_action(action_id: UUID, caller: ActionEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Reprend une action suspendue."""
    return resource(await operations.resume(db, action_id, by=caller, version=version))


@routes.post(
    "/{action_id}/complete", operation_id="completeAction", response_model=ActionRead, responses=MOVE | problems(operations.NotReady)
)
async def complete_action(action_id: UUID, caller: ActionEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Termine l'action : tous ses jalons sont atteints ou annulés."""
    return resource(await operations.complete(db, action_id, by=caller, version=version))


@routes.post("/{action_id}/evaluate", operation_id="evaluateAction", response_model=ActionRead, responses=MOVE)
async def evaluate_action(action_id: UUID, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Clôt une action terminée, une fois évaluée."""
    return resource(await operations.evaluate(db, action_id, by=caller, version=version))


@routes.post("/{action_id}/reopen", operation_id="reopenAction", response_model=ActionRead, responses=MOVE)
async def reopen_action(action_id: UUID, body: Reason, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Remet en cours une action terminée, avec un motif."""
    return resource(await operations.reopen(db, action_id, body.reason, by=caller, version=version))


@routes.post("/{action_id}/abandon", operation_id="abandonAction", response_model=ActionRead, responses=MOVE)
async def abandon_action(
    action_id: UUID, body: DecisionReference, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db
) -> Response:
    """Abandonne l'action, sur décision du comité de pilotage."""
    return resource(await operations.abandon(db, action_id, body.decision_ref, by=caller, version=version))
