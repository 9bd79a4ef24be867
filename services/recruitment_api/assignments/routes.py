"""HTTP for assignments."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.contracts.codes import Role
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import RequiredKey
from services.kernel.api.resources import IfMatch, Page, live, resource
from services.kernel.api.rights import own, within
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems
from services.recruitment_api.assignments import operations
from services.recruitment_api.assignments.queries import ASSIGNMENTS
from services.recruitment_api.assignments.schemas import AssignmentCancellation, AssignmentQuery, AssignmentRead

routes = router("/v1/assignments", "assignments", "Affectations", "Les personnes retenues sur un poste.")

Party = Annotated[Principal, allow(Role.steering, own(Role.employer), within(Role.hr_partner))]
Employer = Annotated[Principal, allow(Role.steering, own(Role.employer))]


@routes.get("", operation_id="listAssignments", response_model=Page[AssignmentRead])
async def list_assignments(request: Request, query: Annotated[AssignmentQuery, Query()], caller: Party, db: Db) -> Response:
    """Les affectations qui concernent l'appelant, les plus récentes d'abord."""
    return await ASSIGNMENTS.page(request, db, query, by=caller)


@routes.get("/{assignment_id}", operation_id="readAssignment", response_model=AssignmentRead, responses=problems(404))
async def read_assignment(request: Request, assignment_id: UUID, caller: Party, db: Db) -> Response:
    """Une affectation."""
    return await ASSIGNMENTS.document(request, db, assignment_id, by=caller)


@routes.get("/{assignment_id}/live", operation_id="readAssignmentLive", response_model=Live, responses=problems(404))
async def read_assignment_live(assignment_id: UUID, caller: Party, db: Db) -> Response:
    """Ce que l'appelant peut faire maintenant de l'affectation."""
    return live(await operations.ALLOWED.live(db, assignment_id, by=caller))


@routes.get(
    "/{assignment_id}/history", operation_id="readAssignmentHistory", response_model=History[AssignmentRead], responses=problems(404)
)
async def read_assignment_history(assignment_id: UUID, query: Annotated[HistoryQuery, Query()], caller: Party, db: Db) -> Response:
    """Les versions successives de l'affectation, la plus récente d'abord."""
    return await ASSIGNMENTS.history(db, assignment_id, query, by=caller)


@routes.post("/{assignment_id}/cancel", operation_id="cancelAssignment", response_model=AssignmentRead, responses=MOVE)
async def cancel_assignment(
    assignment_id: UUID, body: AssignmentCancellation, caller: Employer, version: IfMatch, _key: RequiredKey, db: Db
) -> Response:
    """Annule l'affectation, avec un motif : son poste est de nouveau à pourvoir."""
    return resource(await operations.cancel(db, assignment_id, body.reason, by=caller, version=version))
