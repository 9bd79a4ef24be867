"""HTTP for staffing needs."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.contracts.codes import STAFF, Role
from services.kernel.api.auth import allow
from services.kernel.api.bodies import Reason
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey
from services.kernel.api.lookalikes import Force
from services.kernel.api.resources import IfMatch, Page, created, live, resource
from services.kernel.api.rights import own
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems
from services.recruitment_api.needs import operations
from services.recruitment_api.needs.queries import NEEDS
from services.recruitment_api.needs.schemas import NeedCreate, NeedLive, NeedPatch, NeedQuery, NeedRead, Prolongation

routes = router("/v1/needs", "needs", "Besoins", "Les postes qu'un employeur cherche à pourvoir dans un site.")

NeedReader = Annotated[Principal, allow(*STAFF)]
NeedEditor = Annotated[Principal, allow(Role.steering, own(Role.employer))]


@routes.get("", operation_id="listNeeds", response_model=Page[NeedRead])
async def list_needs(request: Request, query: Annotated[NeedQuery, Query()], caller: NeedReader, db: Db) -> Response:
    """Les besoins de recrutement, les plus récents d'abord ; brouillons et besoins dissimulés ne sont montrés qu'à leur employeur."""
    return await NEEDS.page(request, db, query, by=caller)


@routes.post("", operation_id="createNeed", status_code=201, response_model=NeedRead, responses=problems(409))
async def create_need(request: Request, body: NeedCreate, caller: NeedEditor, _key: OptionalKey, db: Db, force: Force = False) -> Response:
    """Crée un besoin, à l'état de brouillon."""
    return created(request, await operations.create(db, body, by=caller, force=force))


@routes.get("/{need_id}", operation_id="readNeed", response_model=NeedRead, responses=problems(404))
async def read_need(request: Request, need_id: UUID, caller: NeedReader, db: Db) -> Response:
    """Un besoin de recrutement."""
    return await NEEDS.document(request, db, need_id, by=caller)


@routes.get("/{need_id}/live", operation_id="readNeedLive", response_model=NeedLive, responses=problems(404))
async def read_need_live(need_id: UUID, caller: NeedReader, db: Db) -> Response:
    """Les jours de publication restants du besoin et les opérations possibles, à la date du jour."""
    return live(await operations.read_live(db, need_id, by=caller))


@routes.get("/{need_id}/history", operation_id="readNeedHistory", response_model=History[NeedRead], responses=problems(404))
async def read_need_history(need_id: UUID, query: Annotated[HistoryQuery, Query()], caller: NeedEditor, db: Db) -> Response:
    """Les versions successives du besoin, la plus récente d'abord : pour son employeur et le pilotage."""
    return await NEEDS.history(db, need_id, query, by=caller)


@routes.patch("/{need_id}", operation_id="changeNeed", response_model=NeedRead, responses=MOVE | problems(operations.NeedNotDraft))
async def change_need(need_id: UUID, body: NeedPatch, caller: NeedEditor, version: IfMatch, db: Db) -> Response:
    """Change un besoin : tous les champs d'un brouillon ; d'un besoin publié, ses postes, son urgence, ses dates, sa description."""
    return resource(await operations.change(db, need_id, body, by=caller, version=version))


@routes.post("/{need_id}/publish", operation_id="publishNeed", response_model=NeedRead, responses=MOVE | problems(operations.NeedNotReady))
async def publish_need(need_id: UUID, caller: NeedEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Publie le besoin : il reçoit des candidatures."""
    return resource(await operations.publish(db, need_id, by=caller, version=version))


@routes.post("/{need_id}/cancel", operation_id="cancelNeed", response_model=NeedRead, responses=MOVE)
async def cancel_need(need_id: UUID, body: Reason, caller: NeedEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Annule un besoin publié, avec un motif ; les candidatures en attente prennent fin avec lui."""
    return resource(await operations.cancel(db, need_id, body.reason, by=caller, version=version))


@routes.post(
    "/{need_id}/prolong", operation_id="prolongNeed", response_model=NeedRead, responses=MOVE | problems(operations.ProlongedTooOften)
)
async def prolong_need(need_id: UUID, body: Prolongation, caller: NeedEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Prolonge un besoin ouvert, ou rouvre un besoin expiré : trois fois au plus."""
    return resource(await operations.prolong(db, need_id, body, by=caller, version=version))
