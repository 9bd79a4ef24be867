"""`/access/mail`: what would go out, and what did not, to who sits at this machine; to everybody else there is no such page."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from services.access_api.notices.sending import send_digests, send_notices
from services.access_api.service import SERVICE
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from services.plam import ROUTING
from tests.conftest import Client
from tests.support.api import Answer, call
from tests.support.mail import UNKNOWN, Mailbox, a_person, sending_by, smtp_server, told

HERE = [("Host", "localhost")]


@pytest.fixture
async def local(databases: Databases) -> AsyncIterator[ASGIApp]:
    """The service as the embedded system serves it."""
    pools = Databases(databases.settings.model_copy(update={"local_pages": True}), ROUTING)
    yield system_app((SERVICE,), pools)
    await pools.close()


async def asked(app: ASGIApp, path: str, headers: Sequence[tuple[str, str]] = HERE) -> Answer:
    """The answer to exactly these headers."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]

    async def exactly(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "headers": raw, "server": ("127.0.0.1", 8000)}, receive, send)

    return await call(exactly, "GET", path)


async def test_it_shows_what_would_go_out_and_what_did_not(databases: Databases, local: ASGIApp, tmp_path: Path) -> None:
    refused, waiting = await a_person(databases), await a_person(databases, {"default": "digest"})
    [failed] = await told(databases, refused)
    with smtp_server(Mailbox(refusals=1, refusal=UNKNOWN)) as url:
        async with sending_by(databases, url) as sending, sending.open("access", "worker") as db:
            await send_notices(db)
            await send_digests(db)
    await told(databases, waiting, 2, lines=["Réf. <A&B>"])
    await told(databases, refused)
    page = await asked(local, "/access/mail")
    text = page.body.decode()
    (tmp_path / "mail.html").write_text(text, "utf-8")
    assert (page.status, page.headers["cache-control"]) == (200, "no-store")
    assert "Rien ne part" in text
    assert "À envoyer (2)" in text
    assert "Non envoyés (1)" in text
    assert "récapitulatif, 2 avis" in text
    assert "le serveur d&#39;envoi refuse le destinataire (550)" in text
    assert "Réf. &lt;A&amp;B&gt;" in text
    message = await asked(local, f"/access/mail/{failed.id}")
    assert "<h1" in message.body.decode()
    assert (await asked(local, f"/access/mail/{waiting.id}")).status == 404


async def test_nobody_else_finds_it(databases: Databases, local: ASGIApp, client: Client, steering: httpx.AsyncClient) -> None:
    [notice] = await told(databases, await a_person(databases))
    for path in ("/access/mail", f"/access/mail/{notice.id}"):
        assert (await asked(local, path, [("Host", "evil.test")])).status == 404
        assert (await asked(local, path, [*HERE, ("X-Forwarded-For", "203.0.113.9")])).status == 404
        for caller in (client(), steering):
            assert (await caller.get(path)).status_code == 404
