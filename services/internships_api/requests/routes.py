"""HTTP for requests for seats."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.contracts.codes import Role
from services.internships_api.offers.operations import NoSeatLeft
from services.internships_api.requests import operations
from services.internships_api.requests.queries import REQUESTS
from services.internships_api.requests.schemas import RequestCreate, RequestDecline, RequestQuery, RequestRead
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey, RequiredKey
from services.kernel.api.lookalikes import Force
from services.kernel.api.resources import IfMatch, Page, created, live, resource
from services.kernel.api.rights import own, within
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

routes = router(
    "/v1/requests", "requests", "Demandes de stage", "Les places qu'un institut demande sur une offre, et la réponse du terrain."
)

RequestReader = Annotated[Principal, allow(Role.steering, own(Role.employer, Role.institute), within(Role.hr_partner))]
Institute = Annotated[Principal, allow(Role.steering, own(Role.institute))]
Host = Annotated[Principal, allow(Role.steering, own(Role.employer))]


@routes.get("", operation_id="listRequests", response_model=Page[RequestRead])
async def list_requests(request: Request, query: Annotated[RequestQuery, Query()], caller: RequestReader, db: Db) -> Response:
    """Les demandes de places que l'appelant a faites, reçues ou suit, les plus récentes d'abord."""
    return await REQUESTS.page(request, db, query, by=caller)


@routes.post("", operation_id="submitRequest", status_code=201, response_model=RequestRead, responses=problems(403, 409))
async def submit_request(
    request: Request, body: RequestCreate, caller: Institute, _key: OptionalKey, db: Db, force: Force = False
) -> Response:
    """Demande des places d'une offre publiée ; rien n'est retenu avant l'accord du terrain."""
    return created(request, await operations.submit(db, body, by=caller, force=force))


@routes.get("/{request_id}", operation_id="readRequest", response_model=RequestRead, responses=problems(404))
async def read_request(request: Request, request_id: UUID, caller: RequestReader, db: Db) -> Response:
    """Une demande de places."""
    return await REQUESTS.document(request, db, request_id, by=caller)


@routes.get("/{request_id}/live", operation_id="readRequestLive", response_model=Live, responses=problems(404))
async def read_request_live(request_id: UUID, caller: RequestReader, db: Db) -> Response:
    """Les opérations possibles sur la demande."""
    return live(await operations.ALLOWED.live(db, request_id, by=caller))


@routes.get("/{request_id}/history", operation_id="readRequestHistory", response_model=History[RequestRead], responses=problems(404))
async def read_request_history(request_id: UUID, query: Annotated[HistoryQuery, Query()], caller: RequestReader, db: Db) -> Response:
    """Les versions successives de la demande, la plus récente d'abord."""
    return await REQUESTS.history(db, request_id, query, by=caller)


@routes.post("/{request_id}/accept", operation_id="acceptRequest", response_model=RequestRead, responses=MOVE | problems(NoSeatLeft))
async def accept_request(request_id: UUID, caller: Host, version: IfMatch, _key: RequiredKey, db: Db) -> Response:
    """Accepte la demande : les places sont prises et les stages confirmés, tous ou aucun."""
    return resource(await operations.accept(db, request_id, by=caller, version=version))


@routes.post("/{request_id}/decline", operation_id="declineRequest", response_model=RequestRead, responses=MOVE)
async def decline_request(request_id: UUID, body: RequestDecline, caller: Host, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Refuse la demande, avec un motif."""
    return resource(await operations.decline(db, request_id, body.reason, by=caller, version=version))


@routes.post("/{request_id}/withdraw", operation_id="withdrawRequest", response_model=RequestRead, responses=MOVE)
async def withdraw_request(request_id: UUID, caller: Institute, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Retire une demande restée sans réponse."""
    return resource(await operations.withdraw(db, request_id, by=caller, version=version))
