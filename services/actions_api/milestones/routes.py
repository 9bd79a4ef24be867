"""HTTP for milestones."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.actions_api.actions.operations import ActionEnded
from services.actions_api.milestones import operations
from services.actions_api.milestones.queries import MILESTONES
from services.actions_api.milestones.schemas import (
    MilestoneCreate,
    MilestoneListed,
    MilestoneLive,
    MilestonePatch,
    MilestoneQuery,
    MilestoneReach,
    MilestoneRead,
    MilestoneReschedule,
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

routes = router("/v1/milestones", "milestones", "Jalons", "Les étapes datées d'une action : atteintes, reportées ou annulées.")

MilestoneReader = Annotated[Principal, allow(*STAFF)]
MilestoneEditor = Annotated[Principal, allow(within(*PLANNERS, Role.hr_partner), own(*STAFF))]


@routes.get("", operation_id="listMilestones", response_model=Page[MilestoneListed])
async def list_milestones(request: Request, query: Annotated[MilestoneQuery, Query()], caller: MilestoneReader, db: Db) -> Response:
    """Les jalons, les plus récents d'abord."""
    return page_of(request, query, await operations.read_page(db, query, by=caller))


@routes.post("", operation_id="createMilestone", status_code=201, response_model=MilestoneRead, responses=problems(ActionEnded))
async def create_milestone(request: Request, body: MilestoneCreate, caller: MilestoneEditor, _key: OptionalKey, db: Db) -> Response:
    """Ajoute un jalon à une action."""
    return created(request, await operations.create(db, body, by=caller))


@routes.get("/{milestone_id}", operation_id="readMilestone", response_model=MilestoneRead, responses=problems(404))
async def read_milestone(request: Request, milestone_id: UUID, caller: MilestoneReader, db: Db) -> Response:
    """Un jalon."""
    return await MILESTONES.document(request, db, milestone_id, by=caller)


@routes.get("/{milestone_id}/live", operation_id="readMilestoneLive", response_model=MilestoneLive, responses=problems(404))
async def read_milestone_live(milestone_id: UUID, caller: MilestoneReader, db: Db) -> Response:
    """Le retard du jalon, son glissement et les opérations possibles, à la date du jour."""
    return live(await operations.read_live(db, milestone_id, by=caller))


@routes.get("/{milestone_id}/history", operation_id="readMilestoneHistory", response_model=History[MilestoneRead], responses=problems(404))
async def read_milestone_history(milestone_id: UUID, query: Annotated[HistoryQuery, Query()], caller: MilestoneEditor, db: Db) -> Response:
    """Les versions successives du jalon, la plus récente d'abord."""
    return await MILESTONES.history(db, milestone_id, query, by=caller)


@routes.patch("/{milestone_id}", operation_id="changeMilestone", response_model=MilestoneRead, responses=MOVE)
async def change_milestone(milestone_id: UUID, body: MilestonePatch, caller: MilestoneEditor, version: IfMatch, db: Db) -> Response:
    """Change un jalon : les champs envoyés."""
    return resource(await operations.change(db, milestone_id, body, by=caller, version=version))


@routes.post("/{milestone_id}/reach", operation_id="reachMilestone", response_model=MilestoneRead, responses=MOVE)
async def reach_milestone(
    milestone_id: UUID, body: MilestoneReach, caller: MilestoneEditor, version: IfMatch, _key: OptionalKey, db: Db
) -> Response:
    """Déclare le jalon atteint."""
    return resource(await operations.reach(db, milestone_id, body, by=caller, version=version))


@routes.post("/{milestone_id}/reopen", operation_id="reopenMilestone", response_model=MilestoneRead, responses=MOVE)
async def reopen_milestone(
    milestone_id: UUID, body: Reason, caller: MilestoneEditor, version: IfMatch, _key: OptionalKey, db: Db
) -> Response:
    """Rouvre un jalon déclaré atteint par erreur, avec un motif : les chiffres reçoivent des écritures inverses."""
    return resource(await operations.reopen(db, milestone_id, body.reason, by=caller, version=version))


@routes.post("/{milestone_id}/reschedule", operation_id="rescheduleMilestone", response_model=MilestoneRead, responses=MOVE)
async def reschedule_milestone(
    milestone_id: UUID, body: MilestoneReschedule, caller: MilestoneEditor, version: IfMatch, _key: OptionalKey, db: Db
) -> Response:
    """Reporte l'échéance du jalon ; l'échéance initiale est conservée."""
    return resource(await operations.reschedule(db, milestone_id, body, by=caller, version=version))


@routes.post("/{milestone_id}/cancel", operation_id="cancelMilestone", response_model=MilestoneRead, responses=MOVE)
async def cancel_milestone(
    milestone_id: UUID, body: Reason, caller: MilestoneEditor, version: IfMatch, _key: OptionalKey, db: Db
) -> Response:
    """Annule le jalon, avec un motif : il ne compte plus dans l'avancement."""
    return resource(await operations.cancel(db, milestone_id, body.reason, by=caller, version=version))
