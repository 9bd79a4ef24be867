"""What would go out, and what did not: for the page of the embedded system, which shows it to whoever sits at this machine."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.access_api.notices import queries
from services.access_api.notices.messages import HTML, Written, write
from services.access_api.notices.smtp import server_of
from services.access_api.notices.tables import Notice, NoticeStatus
from services.access_api.persons.tables import Delivery
from services.kernel.base import clock
from services.kernel.base.french import day_in_words
from services.kernel.base.problems import NotFound
from services.kernel.data.database import Database, Databases

MOST_SHOWN = 500
"""Of each status, the newest."""


class Shown(NamedTuple):
    """A message of the page."""

    id: UUID
    subject: str
    to: str
    when: str
    attempts: int
    error: str | None
    text: str


class Part(NamedTuple):
    """Messages of one status."""

    title: str
    shown: Sequence[Shown]


async def mail_page(db: Database) -> str:
    """The page: what is to be sent, what failed, what was sent last."""
    with db.as_service():
        parts = [
            await _part(db, "À envoyer", NoticeStatus.pending),
            await _part(db, "Non envoyés", NoticeStatus.failed),
            await _part(db, "Envoyés", NoticeStatus.sent),
            await _part(db, "Envoyés dans un récapitulatif", NoticeStatus.digested),
        ]
    return HTML.get_template("mail.html").render(parts=parts, sends=server_of(db.databases.settings) is not None)


async def message(db: Database, notice_id: UUID) -> Written:
    """The message of a notice: where it is for a digest, as if it were alone there. Raises `NotFound`."""
    with db.as_service():
        found = await db.fetch(queries.by_id(notice_id))
    if not found:
        raise NotFound
    return write(db.databases, found)


async def _part(db: Database, title: str, status: NoticeStatus) -> Part:
    notices = await db.fetch(queries.newest(status, MOST_SHOWN))
    persons = await db.fetch(queries.persons({notice.person_id for notice in notices}))
    addresses = {person.id: person.email or "aucune adresse" for person in persons}
    return Part(title, [_shown(db.databases, each, addresses[each[0].person_id]) for each in _messages(notices)])


def _messages(notices: Sequence[Notice]) -> list[list[Notice]]:
    """The notices by the message that they are of: those of one person's digest are together."""
    found: dict[tuple[object, ...], list[Notice]] = {}
    for notice in notices:
        key = (notice.person_id, notice.sent_at or notice.due_at) if notice.delivery is Delivery.digest else (notice.id,)
        found.setdefault(key, []).insert(0, notice)
    return list(found.values())


def _shown(databases: Databases, notices: Sequence[Notice], to: str) -> Shown:
    first, written = notices[0], write(databases, notices)
    instant = (first.sent_at or first.due_at).astimezone(clock.PARIS)
    when = f"{day_in_words(instant.date())}, {instant:%H:%M}"
    return Shown(first.id, written.subject, to, when, first.attempts, first.last_error, written.text)
