"""What can be done with a notice: it is said to whom it concerns, and tried again."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from services.access_api.notices import queries
from services.access_api.notices.lifecycle import OPERATIONS, move
from services.access_api.notices.queries import NOTICES
from services.access_api.notices.tables import Notice, NoticeStatus
from services.access_api.persons.tables import Delivery, Person
from services.access_api.preferences.operations import delivery_of
from services.contracts.access import NoticeState, NoticeTopic, Recipient
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.base import clock, ids
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.database import Database
from services.kernel.data.service import Received

DIGEST_AT = time(7)
"""When digests leave, in Paris."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('notice ' || $1, 0))"


async def apply(db: Database, batch: Sequence[Received]) -> None:
    """Keeps what services have persons told. Raises `LookupError` for any other state."""
    states = [one.state for one in batch if isinstance(one.state, NoticeState)]
    if len(states) < len(batch):
        raise LookupError("access n'entend que des avis.")
    for state in sorted(states, key=lambda state: state.dedup_key):  # locks have one order
        await _keep(db, state)


async def tell(
    db: Database,
    topic: NoticeTopic,
    *,
    to: Sequence[Recipient],
    title: str,
    key: str,
    lines: Sequence[str] = (),
    path: str | None = None,
    urgent: bool = False,
) -> None:
    """Has persons told, by access itself, in the transaction of what they are told: nothing is sent here."""
    said = {"title": title, "lines": tuple(lines), "path": path, "dedup_key": key, "urgent": urgent}
    with db.as_service():
        await _keep(db, NoticeState(id=ids.new(), version=1, topic=topic, recipients=tuple(to), **said))


async def retry(db: Database, notice_id: UUID, *, by: Principal, version: int) -> Notice:
    """Tries once more to send what failed, and then as often as a new notice."""
    notice = await NOTICES.load_for_change(db, notice_id, by=by, version=version)
    move(notice, NoticeStatus.pending, only_from=NoticeStatus.failed)
    notice.attempts, notice.due_at = 0, clock.now()
    return await db.save(notice, by=by)


async def _keep(db: Database, state: NoticeState) -> None:
    """A row for each person whom a notice is for and who has none of its key: two who say it at once wait for each other."""
    await (await db.connection()).execute(_LOCK, state.dedup_key)
    persons = await db.fetch(queries.reached(state.recipients))
    known = set(await db.fetch(queries.told(state.dedup_key, [person.id for person in persons])))
    await db.save_many([_row(state, person) for person in persons if person.id not in known], by=SYSTEM)


def _row(state: NoticeState, person: Person) -> Notice:
    wanted = delivery_of(person, state.topic)
    if wanted is Delivery.digest and state.urgent:
        wanted = Delivery.immediate
    return Notice(
        person_id=person.id,
        topic=state.topic,
        title=state.title,
        lines=list(state.lines),
        path=state.path,
        dedup_key=state.dedup_key,
        delivery=wanted,
        due_at=next_digest() if wanted is Delivery.digest else clock.now(),
        status=NoticeStatus.muted if wanted is Delivery.off else NoticeStatus.pending,
    )


def next_digest() -> datetime:
    """The instant of the next digest: seven o'clock in Paris, today or tomorrow."""
    now = clock.now().astimezone(clock.PARIS)
    day = now.date() if now.time() < DIGEST_AT else now.date() + timedelta(days=1)
    return datetime.combine(day, DIGEST_AT, clock.PARIS).astimezone(UTC)


ALLOWED = AllowedOperations(NOTICES, OPERATIONS)
