"""HTTP for placement units."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.contracts.codes import STAFF, Role
from services.internships_api.units import operations
from services.internships_api.units.queries import UNITS
from services.internships_api.units.schemas import UnitCreate, UnitPatch, UnitQuery, UnitRead
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.bodies import Reason
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey
from services.kernel.api.resources import IfMatch, Page, created, live, resource
from services.kernel.api.rights import own
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

routes = router("/v1/units", "units", "Terrains de stage", "Les unités d'un site qui accueillent des stagiaires.")

UnitReader = Annotated[Principal, allow(*STAFF)]
UnitEditor = Annotated[Principal, allow(Role.steering, own(Role.employer))]


@routes.get("", operation_id="listUnits", response_model=Page[UnitRead])
async def list_units(request: Request, query: Annotated[UnitQuery, Query()], caller: UnitReader, db: Db) -> Response:
    """Les terrains de stage, les plus récents d'abord ; ceux qui sont dissimulés ne sont montrés qu'à leur organisation."""
    return await UNITS.page(request, db, query, by=caller)


@routes.post("", operation_id="createUnit", status_code=201, response_model=UnitRead, responses=problems(403, 409))
async def create_unit(request: Request, body: UnitCreate, caller: UnitEditor, _key: OptionalKey, db: Db) -> Response:
    """Ouvre un terrain de stage dans un site ; une organisation n'en ouvre que chez elle."""
    return created(request, await operations.create(db, body, by=caller))


@routes.get("/{unit_id}", operation_id="readUnit", response_model=UnitRead, responses=problems(404))
async def read_unit(request: Request, unit_id: UUID, caller: UnitReader, db: Db) -> Response:
    """Un terrain de stage."""
    return await UNITS.document(request, db, unit_id, by=caller)


@routes.get("/{unit_id}/live", operation_id="readUnitLive", response_model=Live, responses=problems(404))
async def read_unit_live(unit_id: UUID, caller: UnitReader, db: Db) -> Response:
    """Les opérations possibles sur le terrain."""
    return live(await operations.ALLOWED.live(db, unit_id, by=caller))


@routes.get("/{unit_id}/history", operation_id="readUnitHistory", response_model=History[UnitRead], responses=problems(403, 404))
async def read_unit_history(unit_id: UUID, query: Annotated[HistoryQuery, Query()], caller: UnitEditor, db: Db) -> Response:
    """Les versions successives du terrain, la plus récente d'abord, pour l'organisation d'accueil."""
    return await UNITS.history(db, unit_id, query, by=caller)


@routes.patch("/{unit_id}", operation_id="changeUnit", response_model=UnitRead, responses=MOVE)
async def change_unit(unit_id: UUID, body: UnitPatch, caller: UnitEditor, version: IfMatch, db: Db) -> Response:
    """Change un terrain de stage : les champs envoyés."""
    return resource(await operations.change(db, unit_id, body, by=caller, version=version))


@routes.post("/{unit_id}/suspend", operation_id="suspendUnit", response_model=UnitRead, responses=MOVE)
async def suspend_unit(unit_id: UUID, body: Reason, caller: UnitEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Suspend le terrain, avec un motif : ses offres et les demandes en attente sont dissimulées ; les stages demeurent."""
    return resource(await operations.suspend(db, unit_id, body.reason, by=caller, version=version))


@routes.post("/{unit_id}/resume", operation_id="resumeUnit", response_model=UnitRead, responses=MOVE)
async def resume_unit(unit_id: UUID, caller: UnitEditor, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Le terrain accueille de nouveau : ses offres se montrent, les demandes en attente ont une réponse possible."""
    return resource(await operations.resume(db, unit_id, by=caller, version=version))
