"""HTTP for placement offers."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.contracts.codes import STAFF, Role
from services.internships_api.capacity.operations import CapacityLacking
from services.internships_api.offers import operations
from services.internships_api.offers.queries import OFFERS
from services.internships_api.offers.schemas import OfferCreate, OfferLive, OfferPatch, OfferQuery, OfferRead, OfferResize
from services.kernel.api.auth import allow
from services.kernel.api.bodies import Reason
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey, RequiredKey
from services.kernel.api.lookalikes import Force
from services.kernel.api.resources import IfMatch, Page, created, live, resource
from services.kernel.api.rights import own
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

routes = router("/v1/offers", "offers", "Offres de stage", "Les places qu'un terrain propose sur une suite de semaines.")

OfferReader = Annotated[Principal, allow(*STAFF)]
OfferEditor = Annotated[Principal, allow(Role.steering, own(Role.employer))]


@routes.get("", operation_id="listOffers", response_model=Page[OfferRead])
async def list_offers(request: Request, query: Annotated[OfferQuery, Query()], caller: OfferReader, db: Db) -> Response:
    """Les offres de stage, les plus récentes d'abord ; brouillons et offres dissimulées ne sont montrés qu'à leur organisation."""
    return await OFFERS.page(request, db, query, by=caller)


@routes.post("", operation_id="createOffer", status_code=201, response_model=OfferRead, responses=problems(403, 409))
async def create_offer(
    request: Request, body: OfferCreate, caller: OfferEditor, _key: OptionalKey, db: Db, force: Force = False
) -> Response:
    """Prépare une offre, à l'état de brouillon."""
    return created(request, await operations.create(db, body, by=caller, force=force))


@routes.get("/{offer_id}", operation_id="readOffer", response_model=OfferRead, responses=problems(404))
async def read_offer(request: Request, offer_id: UUID, caller: OfferReader, db: Db) -> Response:
    """Une offre de stage."""
    return await OFFERS.document(request, db, offer_id, by=caller)


@routes.get("/{offer_id}/live", operation_id="readOfferLive", response_model=OfferLive, responses=problems(404))
async def read_offer_live(offer_id: UUID, caller: OfferReader, db: Db) -> Response:
    """Les places de l'offre que l'on peut demander et les opérations possibles, à la date du jour."""
    return live(await operations.read_live(db, offer_id, by=caller))


@routes.get("/{offer_id}/history", operation_id="readOfferHistory", response_model=History[OfferRead], responses=problems(403, 404))
async def read_offer_history(offer_id: UUID, query: Annotated[HistoryQuery, Query()], caller: OfferEditor, db: Db) -> Response:
    """Les versions successives de l'offre, la plus récente d'abord, pour l'organisation d'accueil."""
    return await OFFERS.history(db, offer_id, query, by=caller)


@routes.patch("/{offer_id}", operation_id="changeOffer", response_model=OfferRead, responses=MOVE | problems(operations.OfferNotDraft))
async def change_offer(offer_id: UUID, body: OfferPatch, caller: OfferEditor, version: IfMatch, db: Db) -> Response:
    """Change une offre : tous les champs d'un brouillon ; d'une offre publiée, sa présentation et les semaines non prises."""
    return resource(await operations.change(db, offer_id, body, by=caller, version=version))


@routes.post("/{offer_id}/publish", operation_id="publishOffer", response_model=OfferRead, responses=MOVE | problems(CapacityLacking))
async def publish_offer(offer_id: UUID, caller: OfferEditor, version: IfMatch, _key: RequiredKey, db: Db) -> Response:
    """Publie l'offre et réserve ses places sur chaque semaine ; refusé, semaines à l'appui, si la capacité manque."""
    return resource(await operations.publish(db, offer_id, by=caller, version=version))


@routes.post("/{offer_id}/resize", operation_id="resizeOffer", response_model=OfferRead, responses=MOVE | problems(operations.SeatsTaken))
async def resize_offer(offer_id: UUID, body: OfferResize, caller: OfferEditor, version: IfMatch, _key: RequiredKey, db: Db) -> Response:
    """Change le nombre de places d'une offre publiée, jamais au-dessous de ce qui est pris ; la capacité du terrain suit."""
    return resource(await operations.resize(db, offer_id, body.seats, by=caller, version=version))


@routes.post("/{offer_id}/reopen", operation_id="reopenOffer", response_model=OfferRead, responses=MOVE)
async def reopen_offer(offer_id: UUID, body: Reason, caller: OfferEditor, version: IfMatch, _key: RequiredKey, db: Db) -> Response:
    """Rouvre une offre close, avec un motif, s'il lui reste des semaines et de la capacité ; les demandes finies avec elle le restent."""
    return resource(await operations.reopen(db, offer_id, body.reason, by=caller, version=version))


@routes.post("/{offer_id}/close", operation_id="closeOffer", response_model=OfferRead, responses=MOVE)
async def close_offer(offer_id: UUID, caller: OfferEditor, version: IfMatch, _key: RequiredKey, db: Db) -> Response:
    """Clôt l'offre : les places restées libres reviennent à la capacité du terrain, et les demandes en attente prennent fin avec elle."""
    return resource(await operations.close(db, offer_id, by=caller, version=version))


@routes.post(
    "/{offer_id}/cancel", operation_id="cancelOffer", response_model=OfferRead, responses=MOVE | problems(operations.OfferHasPlacements)
)
async def cancel_offer(offer_id: UUID, body: Reason, caller: OfferEditor, version: IfMatch, _key: RequiredKey, db: Db) -> Response:
    """Annule une offre publiée, avec un motif, et les demandes en attente avec elle ; refusé tant que des stages y sont confirmés."""
    return resource(await operations.cancel(db, offer_id, body.reason, by=caller, version=version))
