"""HTTP for the weekly capacity of a unit."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.contracts.codes import STAFF, Role
from services.internships_api.capacity import operations
from services.internships_api.capacity.schemas import CapacityList, CapacityQuery, CapacityWrite
from services.kernel.api.auth import allow
from services.kernel.api.resources import live
from services.kernel.api.rights import own
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import problems

routes = router(
    "/v1/units/{unit_id}/capacity",
    "capacity",
    "Capacité d'accueil",
    "Ce qu'un terrain peut accueillir, a offert et a confirmé, semaine par semaine.",
)

CapacityReader = Annotated[Principal, allow(*STAFF)]
CapacityEditor = Annotated[Principal, allow(Role.steering, own(Role.employer))]


@routes.get("", operation_id="readCapacity", response_model=CapacityList, responses=problems(404))
async def read_capacity(unit_id: UUID, query: Annotated[CapacityQuery, Query()], _caller: CapacityReader, db: Db) -> Response:
    """La capacité du terrain, semaine par semaine : ce qu'il peut accueillir, ce qui est offert, ce qui est pris."""
    return live(await operations.read(db, unit_id, query))


@routes.put("", operation_id="setCapacity", response_model=CapacityList, responses=problems(403, 404, operations.CapacityBelowOffered))
async def set_capacity(unit_id: UUID, body: CapacityWrite, caller: CapacityEditor, db: Db) -> Response:
    """Fixe la capacité sur une suite de semaines ; refusé, semaines à l'appui, si elle passe sous ce qui est déjà offert."""
    return live(await operations.set_capacity(db, unit_id, body, by=caller))
