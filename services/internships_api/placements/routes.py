"""HTTP for placements."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.contracts.codes import Role
from services.internships_api.placements import operations
from services.internships_api.placements.queries import PLACEMENTS
from services.internships_api.placements.schemas import PlacementCancellation, PlacementPatch, PlacementQuery, PlacementRead
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import RequiredKey
from services.kernel.api.resources import IfMatch, Page, live, resource
from services.kernel.api.rights import own, within
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

routes = router("/v1/placements", "placements", "Stages", "Les stages confirmés : une personne, une place, des semaines.")

PlacementReader = Annotated[Principal, allow(Role.steering, own(Role.employer, Role.institute), within(Role.hr_partner))]
Institute = Annotated[Principal, allow(Role.steering, own(Role.institute))]
Party = Annotated[Principal, allow(Role.steering, own(Role.employer, Role.institute))]


@routes.get("", operation_id="listPlacements", response_model=Page[PlacementRead])
async def list_placements(request: Request, query: Annotated[PlacementQuery, Query()], caller: PlacementReader, db: Db) -> Response:
    """Les stages que l'appelant accueille, envoie ou suit, les plus récents d'abord."""
    return await PLACEMENTS.page(request, db, query, by=caller)


@routes.get("/{placement_id}", operation_id="readPlacement", response_model=PlacementRead, responses=problems(404))
async def read_placement(request: Request, placement_id: UUID, caller: PlacementReader, db: Db) -> Response:
    """Un stage."""
    return await PLACEMENTS.document(request, db, placement_id, by=caller)


@routes.get("/{placement_id}/live", operation_id="readPlacementLive", response_model=Live, responses=problems(404))
async def read_placement_live(placement_id: UUID, caller: PlacementReader, db: Db) -> Response:
    """Les opérations possibles sur le stage, à la date du jour."""
    return live(await operations.ALLOWED.live(db, placement_id, by=caller))


@routes.get("/{placement_id}/history", operation_id="readPlacementHistory", response_model=History[PlacementRead], responses=problems(404))
async def read_placement_history(placement_id: UUID, query: Annotated[HistoryQuery, Query()], caller: PlacementReader, db: Db) -> Response:
    """Les versions successives du stage, la plus récente d'abord."""
    return await PLACEMENTS.history(db, placement_id, query, by=caller)


@routes.patch(
    "/{placement_id}", operation_id="changePlacement", response_model=PlacementRead, responses=MOVE | problems(operations.PlacementOver)
)
async def change_placement(placement_id: UUID, body: PlacementPatch, caller: Institute, version: IfMatch, db: Db) -> Response:
    """L'institut dit lequel de ses apprenants vient, par une référence opaque."""
    return resource(await operations.change(db, placement_id, body, by=caller, version=version))


@routes.post("/{placement_id}/cancel", operation_id="cancelPlacement", response_model=PlacementRead, responses=MOVE)
async def cancel_placement(
    placement_id: UUID, body: PlacementCancellation, caller: Party, version: IfMatch, _key: RequiredKey, db: Db
) -> Response:
    """Annule le stage, avec un motif, avant sa fin : la place et ses semaines redeviennent libres."""
    return resource(await operations.cancel(db, placement_id, body.reason, by=caller, version=version))
