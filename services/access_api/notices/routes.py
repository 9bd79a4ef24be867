"""HTTP for notices: the caller's, and all of them for steering."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.access_api.notices import operations
from services.access_api.notices.queries import NOTICES, OWN_NOTICES
from services.access_api.notices.schemas import NoticeQuery, NoticeRead, OwnNoticeQuery
from services.access_api.parties import person_of
from services.contracts.codes import STAFF, Role
from services.kernel.api.allowed_operations import Live
from services.kernel.api.auth import allow
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.idempotency import OptionalKey
from services.kernel.api.resources import IfMatch, Page, live, resource
from services.kernel.api.rights import self_
from services.kernel.api.routing import Db, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

own = router("/v1/me/notices", "ownnotices", "Ses avis", "Ce dont on a été prévenu.")
routes = router("/v1/notices", "notices", "Avis", "Ce dont les personnes sont prévenues, et ce qu'il en advient, pour le pilotage.")

Themself = Annotated[Principal, allow(self_(*STAFF))]
Steering = Annotated[Principal, allow(Role.steering)]


@own.get("", operation_id="listMyNotices", response_model=Page[NoticeRead], responses=problems(403))
async def list_my_notices(request: Request, query: Annotated[OwnNoticeQuery, Query()], caller: Themself, db: Db) -> Response:
    """Ce dont on a été prévenu depuis 90 jours, le plus récent d'abord."""
    person_of(caller)
    return await OWN_NOTICES.page(request, db, query, by=caller)


@routes.get("", operation_id="listNotices", response_model=Page[NoticeRead])
async def list_notices(request: Request, query: Annotated[NoticeQuery, Query()], caller: Steering, db: Db) -> Response:
    """Les avis de 90 jours, les plus récents d'abord ; `status=failed` : ceux qui ne sont pas partis."""
    return await NOTICES.page(request, db, query, by=caller)


@routes.get("/{notice_id}", operation_id="readNotice", response_model=NoticeRead, responses=problems(404))
async def read_notice(request: Request, notice_id: UUID, caller: Steering, db: Db) -> Response:
    """Un avis."""
    return await NOTICES.document(request, db, notice_id, by=caller)


@routes.get("/{notice_id}/live", operation_id="readNoticeLive", response_model=Live, responses=problems(404))
async def read_notice_live(notice_id: UUID, caller: Steering, db: Db) -> Response:
    """Ce que le pilotage peut faire maintenant d'un avis."""
    return live(await operations.ALLOWED.live(db, notice_id, by=caller))


@routes.get("/{notice_id}/history", operation_id="readNoticeHistory", response_model=History[NoticeRead], responses=problems(404))
async def read_notice_history(notice_id: UUID, query: Annotated[HistoryQuery, Query()], caller: Steering, db: Db) -> Response:
    """Les versions successives de l'avis, la plus récente d'abord."""
    return await NOTICES.history(db, notice_id, query, by=caller)


@routes.post("/{notice_id}/retry", operation_id="retryNotice", response_model=NoticeRead, responses=MOVE)
async def retry_notice(notice_id: UUID, caller: Steering, version: IfMatch, _key: OptionalKey, db: Db) -> Response:
    """Essaie de nouveau d'envoyer un avis qui n'est pas parti."""
    return resource(await operations.retry(db, notice_id, by=caller, version=version))
