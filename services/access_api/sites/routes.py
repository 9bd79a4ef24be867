"""HTTP for sites."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.access_api.sites import operations
from services.access_api.sites.queries import SITES
from services.access_api.sites.schemas import SiteCreate, SiteListed, SitePatch, SiteQuery, SiteRead, SiteTransfer
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

routes = router("/v1/sites", "sites", "Sites", "Les établissements : un lieu d'une organisation, dans une commune.")

SiteReader = Annotated[Principal, allow(*STAFF)]
Steering = Annotated[Principal, allow(Role.steering)]


@routes.get("", operation_id="listSites", response_model=Page[SiteListed])
async def list_sites(request: Request, query: Annotated[SiteQuery, Query()], caller: SiteReader, db: Db) -> Response:
    """Les sites, les plus récemment créés d'abord."""
    return page_of(request, query, await operations.read_page(db, query, by=caller))


@routes.post("", operation_id="createSite", status_code=201, response_model=SiteRead, responses=problems(409))
async def create_site(request: Request, body: SiteCreate, caller: Steering, _key: OptionalKey, db: Db, force: Force = False) -> Response:
    """Ouvre un site d'une organisation active."""
    return created(request, await operations.create(db, body, by=caller, force=force))


@routes.get("/{site_id}", operation_id="readSite", response_model=SiteRead, responses=problems(404))
async def read_site(request: Request, site_id: UUID, caller: SiteReader, db: Db) -> Response:
    """Un site."""
    return await SITES.document(request, db, site_id, by=caller)


@routes.get("/{site_id}/live", operation_id="readSiteLive", response_model=Live, responses=problems(404))
async def read_site_live(site_id: UUID, caller: SiteReader, db: Db) -> Response:
    """Ce que l'appelant peut faire maintenant du site."""
    return live(await operations.ALLOWED.live(db, site_id, by=caller))


@routes.get("/{site_id}/history", operation_id="readSiteHistory", response_model=History[SiteRead], responses=problems(404))
async def read_site_history(site_id: UUID, query: Annotated[HistoryQuery, Query()], caller: Steering, db: Db) -> Response:
    """Les versions successives du site, la plus récente d'abord ; `known_at` : tel qu'il était connu à un instant."""
    return await SITES.history(db, site_id, query, by=caller)


@routes.patch("/{site_id}", operation_id="changeSite", response_model=SiteRead, responses=MOVE)
async def change_site(site_id: UUID, body: SitePatch, caller: Steering, version: IfMatch, db: Db) -> Response:
    """Change un site : les champs envoyés."""
    return resource(await operations.change(db, site_id, body, by=caller, version=version))


@routes.post("/{site_id}/transfer", operation_id="transferSite", response_model=SiteRead, responses=MOVE)
async def transfer_site(site_id: UUID, body: SiteTransfer, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Transfère le site à une autre organisation, depuis un jour dit : terrains, offres, besoins et demandes en attente le suivent."""
    return resource(await operations.transfer(db, site_id, body, by=caller, version=version))


@routes.post("/{site_id}/close", operation_id="closeSite", response_model=SiteRead, responses=MOVE)
async def close_site(site_id: UUID, body: Reason, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Ferme le site, avec un motif."""
    return resource(await operations.close(db, site_id, body.reason, by=caller, version=version))


@routes.post(
    "/{site_id}/reopen", operation_id="reopenSite", response_model=SiteRead, responses=MOVE | problems(operations.OrganisationClosed)
)
async def reopen_site(site_id: UUID, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Rouvre le site d'une organisation active."""
    return resource(await operations.reopen(db, site_id, by=caller, version=version))
