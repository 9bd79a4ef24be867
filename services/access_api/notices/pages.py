"""The pages of notices: what would go out, for who sits at this machine; what the link of a message does, for who has it."""

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from services.access_api.notices import mailbox
from services.access_api.notices.links import UNSUBSCRIBE
from services.access_api.notices.unsubscribing import unsubscribe
from services.kernel.api.auth import OwnScheme
from services.kernel.api.local_pages import is_local
from services.kernel.api.routing import Db, SecretRoute
from services.kernel.base.problems import NotFound
from services.kernel.base.settings import Settings

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
}
"""Addresses of these pages are secrets, or what they show is: nothing is kept."""


class PageRoute(SecretRoute):
    """A route that answers a person, in HTML."""

    gives = None


pages = APIRouter(tags=["Pages"], route_class=PageRoute, include_in_schema=False)


@pages.get("/mail", operation_id="readMailPage", response_class=HTMLResponse)
async def read_mail(request: Request, _caller: OwnScheme, db: Db) -> Response:
    """Montre ce qui partirait, et ce qui n'est pas parti."""
    _check_local(request)
    return HTMLResponse(await mailbox.mail_page(db), headers=HEADERS)


@pages.get("/mail/{notice_id}", operation_id="readMailMessage", response_class=HTMLResponse)
async def read_message(request: Request, notice_id: UUID, _caller: OwnScheme, db: Db) -> Response:
    """Montre un courriel tel qu'il part."""
    _check_local(request)
    return HTMLResponse((await mailbox.message(db, notice_id)).html, headers=HEADERS)


@pages.get(UNSUBSCRIBE + "/{notice_id}/{signature}", operation_id="readUnsubscription", response_class=HTMLResponse)
async def read_unsubscription(notice_id: UUID, signature: str, caller: OwnScheme, db: Db) -> Response:
    """Dit ce que fait le lien d'un courriel ; ne le fait pas."""
    page = await unsubscribe(db, notice_id, signature, by=caller, confirmed=False)
    return HTMLResponse(page.html, page.status, headers=HEADERS)


@pages.post(UNSUBSCRIBE + "/{notice_id}/{signature}", operation_id="unsubscribe", response_class=HTMLResponse)
async def post_unsubscription(notice_id: UUID, signature: str, caller: OwnScheme, db: Db) -> Response:
    """N'envoie plus de courriel de cette sorte à qui a reçu celui-ci."""
    page = await unsubscribe(db, notice_id, signature, by=caller, confirmed=True)
    return HTMLResponse(page.html, page.status, headers=HEADERS)


def _check_local(request: Request) -> None:
    """Raises `NotFound` unless somebody at this machine asks, where the pages are open to it."""
    settings: Settings = request.app.state.databases.settings
    if not (settings.local_pages and is_local(request.scope)):
        raise NotFound
