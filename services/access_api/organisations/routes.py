"""HTTP for organisations."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.access_api.organisations import operations
from services.access_api.organisations.parents import HasChildren
from services.access_api.organisations.queries import ORGANISATIONS
from services.access_api.organisations.schemas import (
    OrganisationCreate,
    OrganisationListed,
    OrganisationPatch,
    OrganisationQuery,
    OrganisationRead,
)
from services.contracts.codes import STAFF, Role
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.bodies import Reason
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey
from services.kernel.api.lookalikes import Force
from services.kernel.api.resources import IfMatch, Page, created, live, page_of, resource
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

routes = router(
    "/v1/organisations",
    "organisations",
    "Organisations",
    "Les entités juridiques : employeurs, structures d'accueil, instituts, financeurs, pilotes.",
)

OrganisationReader = Annotated[Principal, allow(*STAFF)]
Steering = Annotated[Principal, allow(Role.steering)]


@routes.get("", operation_id="listOrganisations", response_model=Page[OrganisationListed])
async def list_organisations(
    request: Request, query: Annotated[OrganisationQuery, Query()], caller: OrganisationReader, db: Db
) -> Response:
    """Les organisations, les plus récemment créées d'abord."""
    return page_of(request, query, await operations.read_page(db, query, by=caller))


@routes.post("", operation_id="createOrganisation", status_code=201, response_model=OrganisationRead, responses=problems(409))
async def create_organisation(
    request: Request, body: OrganisationCreate, caller: Steering, _key: OptionalKey, db: Db, force: Force = False
) -> Response:
    """Crée une organisation ; ses FINESS, UAI et code de financeur ne sont qu'à elle, son SIREN à une autre seulement si c'est voulu."""
    return created(request, await operations.create(db, body, by=caller, force=force))


@routes.get("/{organisation_id}", operation_id="readOrganisation", response_model=OrganisationRead, responses=problems(404))
async def read_organisation(request: Request, organisation_id: UUID, caller: OrganisationReader, db: Db) -> Response:
    """Une organisation."""
    return await ORGANISATIONS.document(request, db, organisation_id, by=caller)


@routes.get("/{organisation_id}/live", operation_id="readOrganisationLive", response_model=Live, responses=problems(404))
async def read_organisation_live(organisation_id: UUID, caller: OrganisationReader, db: Db) -> Response:
    """Ce que l'appelant peut faire maintenant de l'organisation."""
    return live(await operations.ALLOWED.live(db, organisation_id, by=caller))


@routes.get(
    "/{organisation_id}/history", operation_id="readOrganisationHistory", response_model=History[OrganisationRead], responses=problems(404)
)
async def read_organisation_history(organisation_id: UUID, query: Annotated[HistoryQuery, Query()], caller: Steering, db: Db) -> Response:
    """Les versions successives de l'organisation, la plus récente d'abord ; `known_at` : telle qu'elle était connue à un instant."""
    return await ORGANISATIONS.history(db, organisation_id, query, by=caller)


@routes.patch(
    "/{organisation_id}", operation_id="changeOrganisation", response_model=OrganisationRead, responses=MOVE | problems(HasChildren)
)
async def change_organisation(
    organisation_id: UUID, body: OrganisationPatch, caller: Steering, version: IfMatch, db: Db, *, force: Force = False
) -> Response:
    """Change une organisation : les champs envoyés."""
    return resource(await operations.change(db, organisation_id, body, by=caller, version=version, force=force))


@routes.post("/{organisation_id}/suspend", operation_id="suspendOrganisation", response_model=OrganisationRead, responses=MOVE)
async def suspend_organisation(
    organisation_id: UUID, body: Reason, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db
) -> Response:
    """Suspend l'organisation et celles qui en dépendent : ce qu'elles montrent est dissimulé partout, rien n'est supprimé."""
    return resource(await operations.suspend(db, organisation_id, body.reason, by=caller, version=version))


@routes.post("/{organisation_id}/resume", operation_id="resumeOrganisation", response_model=OrganisationRead, responses=MOVE)
async def resume_organisation(organisation_id: UUID, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Rétablit une organisation suspendue : tout se montre de nouveau, tel quel."""
    return resource(await operations.resume(db, organisation_id, by=caller, version=version))


@routes.post("/{organisation_id}/close", operation_id="closeOrganisation", response_model=OrganisationRead, responses=MOVE)
async def close_organisation(
    organisation_id: UUID, body: Reason, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db
) -> Response:
    """Ferme l'organisation et, avec elle, ses sites."""
    return resource(await operations.close(db, organisation_id, body.reason, by=caller, version=version))


@routes.post("/{organisation_id}/reopen", operation_id="reopenOrganisation", response_model=OrganisationRead, responses=MOVE)
async def reopen_organisation(organisation_id: UUID, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Rouvre l'organisation ; ses sites se rouvrent un à un."""
    return resource(await operations.reopen(db, organisation_id, by=caller, version=version))
