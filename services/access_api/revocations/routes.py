"""HTTP for revocations: what was refused, and since when. They follow from what is suspended, closed or revoked elsewhere."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.access_api.revocations.queries import REVOCATIONS
from services.access_api.revocations.schemas import RevocationQuery, RevocationRead
from services.contracts.codes import Role
from services.kernel.api.auth import allow
from services.kernel.api.resources import Page, page_of
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import problems

routes = router(
    "/v1/revocations",
    "revocations",
    "Retraits",
    "Les accès retirés : partout, les jetons délivrés jusque-là sont refusés.",
)

Steering = Annotated[Principal, allow(Role.steering)]


@routes.get("", operation_id="listRevocations", response_model=Page[RevocationRead])
async def list_revocations(request: Request, query: Annotated[RevocationQuery, Query()], caller: Steering, db: Db) -> Response:
    """Les retraits, les plus récents d'abord."""
    return page_of(request, query, await REVOCATIONS.rows(db, query, by=caller))


@routes.get("/{revocation_id}", operation_id="readRevocation", response_model=RevocationRead, responses=problems(404))
async def read_revocation(request: Request, revocation_id: UUID, caller: Steering, db: Db) -> Response:
    """Un retrait."""
    return await REVOCATIONS.document(request, db, revocation_id, by=caller)
