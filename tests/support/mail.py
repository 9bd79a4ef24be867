"""A real SMTP server on the loopback, which refuses as often as a test says, and keeps what it takes; persons who may be told."""

import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from typing import Any
from uuid import UUID

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr

from services.access_api.notices.operations import tell
from services.access_api.notices.queries import by_id
from services.access_api.notices.tables import Notice
from services.access_api.persons.tables import Person
from services.contracts.access import NoticeTopic, Recipient
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.plam import ROUTING

BUSY, UNKNOWN, TAKEN = "450 4.2.1 The mailbox of <{}> is busy", "550 5.1.1 <{}> is unknown here", "250 OK"
_numbers = count(1)


class Mailbox:
    """What a server took, and what it was asked."""

    def __init__(self, refusals: int = 0, *, refusal: str = BUSY) -> None:
        self.refusals, self.refusal = refusals, refusal
        self.asked = 0
        self.messages: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.asked += 1
        if self.asked <= self.refusals:
            return self.refusal.format(address)
        envelope.rcpt_tos.append(address)
        return TAKEN

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return TAKEN


@contextmanager
def smtp_server(mailbox: Mailbox) -> Iterator[str]:
    """The URL of a server that runs while the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


@asynccontextmanager
async def sending_by(databases: Databases, url: str, **given: Any) -> AsyncIterator[Databases]:
    """The same databases, of an operator who names an SMTP server."""
    named = {
        "smtp_url": SecretStr(url),
        "smtp_from": "plam@example.org",
        "public_url": "https://plam.example.org",
        "front_url": "https://plam.example.org/app",
    }
    others = Databases(databases.settings.model_copy(update={**named, **given}), ROUTING)
    try:
        yield others
    finally:
        await others.close()


async def a_person(databases: Databases, preferences: Mapping[str, str] | None = None, **given: Any) -> Person:
    """Somebody who has an address."""
    names = {"given_name": "Canarie", "family_name": "Serin", "email": f"canarie-{next(_numbers)}@example.org"}
    async with databases.open("access", "worker") as db:
        return await db.save(Person(**{**names, **given}, preferences=dict(preferences or {})), event="access.person.created", by=SYSTEM)


async def told(databases: Databases, person: Person, number: int = 1, **given: Any) -> list[Notice]:
    """So many notices to a person, as they are stored."""
    async with databases.open("access", "worker") as db:
        for _ in range(number):
            said = {"title": "Une clé d'accès expire dans 7 jours", "lines": ["Clé d'accès : plam_live_4f9c02ab"], "path": "/credentials/1"}
            said |= {"key": f"key {next(_numbers)}"}
            await tell(db, **{"topic": NoticeTopic.credential_expiring, "to": [Recipient(person_id=person.id)], **said, **given})
    return await notices_of(databases, person.id)


async def notices_of(databases: Databases, person_id: UUID) -> list[Notice]:
    """The notices of a person, the oldest first."""
    async with databases.open("access", "worker") as db:
        rows = await (await db.connection()).fetch("SELECT id FROM notice WHERE person_id = $1 ORDER BY id", person_id)
        return [(await db.fetch(by_id(row["id"])))[0] for row in rows]
