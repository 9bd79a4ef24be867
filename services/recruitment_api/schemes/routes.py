"""HTTP for schemes."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.contracts.codes import STAFF, Role
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey
from services.kernel.api.resources import IfMatch, Page, created, live, resource
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems
from services.recruitment_api.schemes import operations
from services.recruitment_api.schemes.queries import SCHEMES
from services.recruitment_api.schemes.schemas import SchemeCreate, SchemePatch, SchemeQuery, SchemeRead

routes = router(
    "/v1/schemes", "schemes", "Dispositifs", "Les dispositifs de recrutement d'urgence : ce qu'ils financent, et pendant combien de temps."
)

SchemeReader = Annotated[Principal, allow(*STAFF)]
SchemeHistoryReader = Annotated[Principal, allow(Role.steering, Role.committee, Role.finance)]
Steering = Annotated[Principal, allow(Role.steering)]


@routes.get("", operation_id="listSchemes", response_model=Page[SchemeRead])
async def list_schemes(request: Request, query: Annotated[SchemeQuery, Query()], caller: SchemeReader, db: Db) -> Response:
    """Les dispositifs, les plus récents d'abord."""
    return await SCHEMES.page(request, db, query, by=caller)


@routes.post("", operation_id="createScheme", status_code=201, response_model=SchemeRead, responses=problems(409))
async def create_scheme(request: Request, body: SchemeCreate, caller: Steering, _key: OptionalKey, db: Db) -> Response:
    """Crée un dispositif, à l'état de brouillon."""
    return created(request, await operations.create(db, body, by=caller))


@routes.get("/{scheme_id}", operation_id="readScheme", response_model=SchemeRead, responses=problems(404))
async def read_scheme(request: Request, scheme_id: UUID, caller: SchemeReader, db: Db) -> Response:
    """Un dispositif."""
    return await SCHEMES.document(request, db, scheme_id, by=caller)


@routes.get("/{scheme_id}/live", operation_id="readSchemeLive", response_model=Live, responses=problems(404))
async def read_scheme_live(scheme_id: UUID, caller: SchemeReader, db: Db) -> Response:
    """Les opérations possibles sur le dispositif."""
    return live(await operations.ALLOWED.live(db, scheme_id, by=caller))


@routes.get("/{scheme_id}/history", operation_id="readSchemeHistory", response_model=History[SchemeRead], responses=problems(404))
async def read_scheme_history(scheme_id: UUID, query: Annotated[HistoryQuery, Query()], caller: SchemeHistoryReader, db: Db) -> Response:
    """Les versions successives du dispositif, la plus récente d'abord."""
    return await SCHEMES.history(db, scheme_id, query, by=caller)


@routes.patch("/{scheme_id}", operation_id="changeScheme", response_model=SchemeRead, responses=MOVE | problems(operations.SchemeNotDraft))
async def change_scheme(scheme_id: UUID, body: SchemePatch, caller: Steering, version: IfMatch, db: Db) -> Response:
    """Change un dispositif à l'état de brouillon : les champs envoyés."""
    return resource(await operations.change(db, scheme_id, body, by=caller, version=version))


@routes.post("/{scheme_id}/activate", operation_id="activateScheme", response_model=SchemeRead, responses=MOVE)
async def activate_scheme(scheme_id: UUID, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Ouvre le dispositif : il peut recevoir des enveloppes et des besoins."""
    return resource(await operations.activate(db, scheme_id, by=caller, version=version))


@routes.post(
    "/{scheme_id}/retire", operation_id="retireScheme", response_model=SchemeRead, responses=MOVE | problems(operations.SchemeStillFunded)
)
async def retire_scheme(scheme_id: UUID, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Met fin au dispositif : toutes ses enveloppes sont closes."""
    return resource(await operations.retire(db, scheme_id, by=caller, version=version))
