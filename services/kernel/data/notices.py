"""What a service has persons told: an event without a row, since it is said once and never changes. access_api alone sends."""

from collections.abc import Sequence

from services.contracts.access import NoticeState, NoticeTopic, Recipient
from services.kernel.base import clock, ids
from services.kernel.data.database import Database
from services.kernel.data.outbox import Recorded, record
from services.kernel.data.saving import event_json


async def notify(
    db: Database,
    event: str,
    topic: NoticeTopic,
    *,
    to: Sequence[Recipient],
    title: str,
    key: str,
    lines: Sequence[str] = (),
    path: str | None = None,
    urgent: bool = False,
) -> None:
    """Emits a notice, `<service>.notice.raised`, in the transaction. `title` and `lines` hold references, never names.

    No row is kept: nothing could be said again of it by `plam resync`, and who was told twice, by the same `key`, has it once.
    """
    state = NoticeState(
        id=ids.new(), version=1, topic=topic, recipients=tuple(to), title=title, lines=tuple(lines), path=path, dedup_key=key, urgent=urgent
    )
    event_id = ids.new()
    said = event_json(event_id, event, db.service, state, clock.now().isoformat())
    recorded = Recorded(event_id, state.kind, str(state.id), state.version, event, said)
    await record(await db.connection(), [recorded], db.databases.hearers(db.service, state.kind))
    db.emitted()
