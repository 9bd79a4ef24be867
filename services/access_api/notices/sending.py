"""The jobs that send notices, each message in a transaction of its own: sent, then marked. A crash between both may send one message twice.

Of several workers none sends what another has in hand.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from services.access_api.notices import queries
from services.access_api.notices.lifecycle import move
from services.access_api.notices.messages import addressed, write
from services.access_api.notices.smtp import NotSent, Server, send, server_of
from services.access_api.notices.tables import Notice, NoticeStatus
from services.access_api.persons.tables import Delivery, Person
from services.access_api.preferences.operations import delivery_of
from services.contracts.access import PersonStatus
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Database
from services.kernel.data.service import MOST, Job, in_parts

log = structlog.get_logger(__name__)

AGAIN_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=12))
"""How long after each failed attempt the next one is; after the last, the notice has failed."""
KEPT = timedelta(days=90)
NO_ADDRESS = "la personne n'a pas d'adresse, ou n'agit plus"

_ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended('digest ' || $1, 0))"
_PURGE = """
WITH versions AS (DELETE FROM notice_version WHERE id = ANY($1::uuid[])) DELETE FROM notice WHERE id = ANY($1::uuid[])
"""


async def send_notices(db: Database) -> None:
    """Sends what is due, a message a notice, until nothing is, or the server does not answer."""
    server = server_of(db.databases.settings)
    going = server is not None
    while going and server:
        async with db.databases.open(db.service, "worker") as own:
            due = await own.fetch(queries.next_immediate(clock.now()))
            going = bool(due) and await _send(own, server, due)


async def send_digests(db: Database) -> None:
    """Sends each person their digest, where one is due: one message."""
    server = server_of(db.databases.settings)
    if server is None:
        return
    for person_id in await db.fetch(queries.awaiting_digest(clock.now())):
        async with db.databases.open(db.service, "worker") as own:
            if not await _send_digest(own, server, person_id):
                return


async def purge_notices(db: Database) -> None:
    """Deletes notices of ninety days ago, whatever became of them, with their histories."""
    await in_parts(db, _purge_some, MOST)


async def _purge_some(db: Database) -> int:
    old = await db.fetch(queries.older(clock.now() - KEPT, MOST))
    await (await db.connection()).execute(_PURGE, old)
    return len(old)


async def _send_digest(db: Database, server: Server, person_id: UUID) -> bool:
    if not await (await db.connection()).fetchval(_ALONE, str(person_id)):
        return True  # another worker is at it
    due = await db.fetch(queries.digest(person_id, clock.now()))
    return not due or await _send(db, server, due)


async def _send(db: Database, server: Server, due: Sequence[Notice]) -> bool:
    """Sends one message, and says of its notices what became of them. Whether the next one may be tried."""
    [person] = await db.fetch(queries.persons([due[0].person_id]))
    notices = [notice for notice in due if delivery_of(person, notice.topic) is not Delivery.off]
    for notice in due:
        if notice not in notices:  # they have asked for no more meanwhile
            move(notice, NoticeStatus.muted)
    reached = not notices or await _attempt(db, server, person, notices)
    await db.save_many(due, by=SYSTEM)
    return reached


async def _attempt(db: Database, server: Server, person: Person, notices: Sequence[Notice]) -> bool:
    attempts = max(notice.attempts for notice in notices) + 1
    try:
        message = addressed(write(db.databases, notices), notices, sender=server.sender, to=_address(person))
        await asyncio.to_thread(send, server, message)
    except NotSent as refused:
        _not_sent(notices, attempts, refused)
        return refused.reached
    except ValueError as error:  # what no header takes; its words quote it
        _not_sent(notices, attempts, NotSent(f"le message ne peut pas être écrit ({type(error).__name__})", permanent=True))
        return True
    for notice in notices:
        notice.attempts, notice.sent_at, notice.last_error = attempts, clock.now(), None
        move(notice, NoticeStatus.digested if notice.delivery is Delivery.digest else NoticeStatus.sent)
    log.info("notices.sent", notices=len(notices), attempts=attempts)
    return True


def _address(person: Person) -> str:
    if person.email is None or person.status is not PersonStatus.active:
        raise NotSent(NO_ADDRESS, permanent=True)
    return person.email


def _not_sent(notices: Sequence[Notice], attempts: int, refused: NotSent) -> None:
    over = refused.permanent or attempts > len(AGAIN_AFTER)
    for notice in notices:
        notice.attempts, notice.last_error = attempts, str(refused)
        if over:
            move(notice, NoticeStatus.failed)
        else:
            notice.due_at = clock.now() + AGAIN_AFTER[attempts - 1]
    log.warning("notices.not_sent", notices=len(notices), attempts=attempts, failed=over, reason=str(refused))


JOBS = (
    Job("send_notices", timedelta(minutes=1), send_notices),
    Job("send_digests", timedelta(minutes=1), send_digests),
    Job("purge_notices", timedelta(days=1), purge_notices),
)
