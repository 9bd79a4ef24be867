"""HTTP for the caller's identities."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.access_api.identities import operations
from services.access_api.identities.operations import LastIdentity
from services.access_api.identities.queries import IDENTITIES
from services.access_api.identities.schemas import IdentityQuery, IdentityRead
from services.access_api.parties import person_of
from services.contracts.codes import STAFF
from services.kernel.api.auth import allow
from services.kernel.api.idempotency import OptionalKey
from services.kernel.api.resources import IfMatch, Page, resource
from services.kernel.api.rights import self_
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

routes = router("/v1/me/identities", "identities", "Identités", "Ce par quoi l'on se connecte.")

Themself = Annotated[Principal, allow(self_(*STAFF))]


@routes.get("", operation_id="listMyIdentities", response_model=Page[IdentityRead], responses=problems(403))
async def list_my_identities(request: Request, query: Annotated[IdentityQuery, Query()], caller: Themself, db: Db) -> Response:
    """Les identités par lesquelles on se connecte, les plus récentes d'abord."""
    person_of(caller)
    return await IDENTITIES.page(request, db, query, by=caller)


@routes.post("/{identity_id}/remove", operation_id="removeMyIdentity", response_model=IdentityRead, responses=MOVE | problems(LastIdentity))
async def remove_my_identity(identity_id: UUID, caller: Themself, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Retire une identité : on ne se connecte plus par elle ; la dernière reste."""
    return resource(await operations.remove(db, identity_id, by=caller, version=version))
