"""What every service holds of revocations, for `plam follow`: rows are added, and never taken away."""

from collections.abc import Sequence

from services.contracts.access import RevocationState
from services.kernel.data.database import Database
from services.kernel.data.service import Received

HELD = "SELECT id, target_id, since FROM revoked WHERE id = ANY($1::uuid[])"


class RevokedHoldings:
    """The `Holdings` of the kernel's own table."""

    async def keys(self, db: Database, source: str, kind: str) -> Sequence[str]:  # access is their one source
        """The revocations held."""
        return [row[0] for row in await (await db.connection()).fetch("SELECT id::text FROM revoked")]

    async def differing(self, db: Database, said: Sequence[Received]) -> Sequence[str]:
        """Those that are not held, or otherwise."""
        states = {one.state.id: one.state for one in said if isinstance(one.state, RevocationState)}
        rows = {row["id"]: (row["target_id"], row["since"]) for row in await (await db.connection()).fetch(HELD, list(states))}
        return [str(key) for key, state in states.items() if rows.get(key) != (state.target_id, state.since)]

    async def lower(self, db: Database, source: str, kind: str, keys: Sequence[str]) -> None:
        """Nothing: they are kept without a version."""

    async def drop(self, db: Database, source: str, kind: str, keys: Sequence[str]) -> int:
        """None: what was revoked stays so."""
        return 0
