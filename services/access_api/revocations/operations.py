"""What is revoked: every service refuses the tokens that stand on it, within a second."""

from collections.abc import Collection
from uuid import UUID

from services.access_api.revocations.tables import Revocation
from services.contracts.access import Revocable
from services.kernel.base import clock
from services.kernel.base.principals import Principal
from services.kernel.data import revoked
from services.kernel.data.database import Database


async def revoke(db: Database, what: Revocable, target_ids: Collection[UUID], *, by: Principal) -> None:
    """Refuses the tokens issued until now that stand on these: here with this transaction, elsewhere with its events.

    Tokens have the real clock, and so has this.
    """
    since = clock.real_now()
    rows = [Revocation(what=what, target_id=target_id, since=since) for target_id in sorted(target_ids)]
    await db.save_many(rows, event="access.revocation.recorded", by=by)
    await revoked.keep(db, rows)
