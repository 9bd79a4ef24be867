"""Tokens whose person, credential, membership or organisation was revoked after they were issued are refused, in every process.

A process keeps in memory what its service's database says of the longest-lived token's time. A request that finds it older than
`FRESH` has it read again; none is let in by what is older than `BLIND`.
"""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from services.kernel.api.token_claims import LONGEST_LIFETIME
from services.kernel.base import clock
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Unauthenticated, Unavailable
from services.kernel.base.shared_look import SharedLook
from services.kernel.data.database import Databases
from services.kernel.data.database_errors import UNREACHABLE

FRESH = 0.4
"""Seconds: a revocation travels for some tenths of one, and is felt within one."""
BLIND = 5.0
LONGEST_READ = 1.0
OLDEST = timedelta(seconds=LONGEST_LIFETIME, minutes=5)
"""A token that was issued before lives no more."""
READ = "SELECT target_id, max(since) AS since FROM revoked WHERE since > $1 GROUP BY 1"


class Revoked(Unauthenticated):
    """The token was issued before what it stands on was revoked. Another may be had once the reason is gone."""

    type = "revoked"
    title = "Accès retiré"
    advice = (
        "L'accès de ce jeton a été retiré ou modifié depuis qu'il est délivré : demandez-en un nouveau. S'il est refusé aussi, "
        "l'organisation, la personne ou la clé est suspendue ou révoquée : adressez-vous au pilotage ou à votre gestionnaire."
    )


class Revocations:
    """What a process knows of the revocations, as the database of one service says."""

    def __init__(self, databases: Databases, service: str) -> None:
        self._databases = databases
        self._service = service
        self._since: Mapping[UUID, datetime] = {}
        self._read_at = -BLIND
        self._look = SharedLook(self._read)

    async def check(self, caller: Principal) -> None:
        """Raises `Revoked`; `Unavailable` when the database has not said for five seconds what is revoked."""
        if time.monotonic() - self._read_at >= FRESH:
            await self._refresh()
        if not self._since:
            return
        for each in caller.stands_on:
            since = self._since.get(each)
            if since is not None and (caller.issued_at is None or caller.issued_at <= since):
                raise Revoked

    async def _refresh(self) -> None:
        try:
            await self._look()
        except UNREACHABLE as error:
            if time.monotonic() - self._read_at >= BLIND:
                if isinstance(error, Unavailable):  # it says why: of another release, perhaps
                    raise
                raise Unavailable("La base de données ne dit plus quels accès sont retirés : réessayez.") from error

    async def _read(self) -> None:
        began = time.monotonic()
        async with asyncio.timeout(LONGEST_READ), self._databases.open(self._service) as db:  # as a request's own: no connection more
            rows = await (await db.connection()).fetch(READ, clock.real_now() - OLDEST)
        self._since, self._read_at = {row["target_id"]: row["since"] for row in rows}, began
