"""What a caller may do with a row now: declared once a noun, said in `live` and in every 409, and checked against the routes."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from services.kernel.api.reading import Reading
from services.kernel.api.rights import roles_of
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Conflict, Forbidden, NotFound
from services.kernel.data.database import Database, Databases
from services.kernel.data.database_errors import UNREACHABLE
from services.kernel.data.records import Record

R = TypeVar("R", bound=Record)

Check = Callable[[Principal, Any], None]
"""Raises `Forbidden` for a row that is not the caller's."""


class Live(BaseModel):
    """Ce qui dépend de l'appelant et du jour."""

    allowed_operations: list[str] = Field(
        description="Opérations de cette API que l'appelant peut demander maintenant, par leur operationId : son rôle, son organisation, "
        "le statut et la date le permettent. Ce qu'il faudrait compléter d'abord, leur refus le dit.",
    )


class AllowedOperations(Generic[R]):
    """The operations on one row of a noun. `statuses`: from which statuses each may be asked for.

    `theirs` are the checks of those operations that do not belong to whoever may change the row. `refused` says which operations the day
    refuses, or what the row stands on; what an operation lacks that its caller can give (a milestone, room, money) refuses none here.
    """

    def __init__(
        self,
        reading: Reading[R],
        statuses: Mapping[str, Collection[StrEnum]],
        *,
        theirs: Mapping[str, Check] = MappingProxyType({}),
        refused: Callable[[Database, R], Awaitable[Collection[str]]] | None = None,
    ) -> None:
        self.statuses = statuses
        self._reading = reading
        self._refused = refused
        self._checks = {operation: theirs.get(operation, reading.check_change) for operation in statuses}
        _DECLARED.update(dict.fromkeys(statuses, self))

    def of(self, row: R, *, by: Principal, refused: Collection[str] = ()) -> list[str]:
        """The operations that a caller may ask for on a row, but for those that the day refuses, in the order of their declaration."""
        status = getattr(row, row.status_field)
        asked = [operation for operation, statuses in self.statuses.items() if status in statuses and operation not in refused]
        return [operation for operation in asked if by.has(*roles_of(operation)) and self._is_theirs(operation, row, by)]

    async def now(self, db: Database, row: R, *, by: Principal) -> list[str]:
        """The same, with what the day refuses, and what the row stands on."""
        return self.of(row, by=by, refused=await self._refused(db, row) if self._refused else ())

    async def live(self, db: Database, identifier: UUID, *, by: Principal) -> Live:
        """What depends on the caller, of a row that they see. Raises `NotFound`."""
        return Live(allowed_operations=await self.now(db, await self._reading.one(db, identifier, by=by), by=by))

    def _is_theirs(self, operation: str, row: R, by: Principal) -> bool:
        try:
            self._checks[operation](by, row)
        except Forbidden:
            return False
        return True


_DECLARED: dict[str, AllowedOperations[Any]] = {}


def declared() -> Mapping[str, Collection[StrEnum]]:
    """Every operation on a row, and the statuses from which it may be asked for."""
    return {operation: allowed.statuses[operation] for operation, allowed in _DECLARED.items()}


async def say_allowed(
    problem: Conflict, operation: str, parameters: Iterable[str], databases: Databases, service: str, *, by: Principal
) -> None:
    """Adds to a 409 what its caller may do with the row instead, as the row is now; nothing where the operation is on no row of theirs."""
    allowed, identifiers = _DECLARED.get(operation), list(parameters)
    if allowed is None or len(identifiers) != 1:
        return
    try:
        async with databases.open(service, by=by) as db:
            live = await allowed.live(db, UUID(identifiers[0]), by=by)
    except (NotFound, ValueError, *UNREACHABLE):  # the refusal stands, and is told without
        return
    problem.extra["allowed_operations"] = live.allowed_operations
