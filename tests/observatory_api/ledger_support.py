"""What tests of the ledger do: apply states, sum the entries, read figures."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest

from services.contracts.envelope import State
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.ledger.apply import apply
from services.observatory_api.values import operations, queries
from services.observatory_api.values.schemas import DashboardQuery, ValuesQuery, ValuesRead
from tests.observatory_api.states import received


async def record(databases: Databases, *states: State, catalogue: Catalogue = CATALOGUE) -> None:
    """Applies states in one batch, as the worker does."""
    async with databases.open("observatory", "worker") as db:
        await apply(db, [received(state) for state in states], catalogue=catalogue)


async def values(databases: Databases, code: str, *, catalogue: Catalogue = CATALOGUE, **asked: Any) -> ValuesRead:
    """An indicator's figures."""
    async with databases.open("observatory") as db:
        return await operations.indicator_values(db, code, ValuesQuery(**asked), catalogue=catalogue)


async def dashboard_bytes(databases: Databases, *, catalogue: Catalogue = CATALOGUE, **asked: Any) -> str:
    """The dashboard as it is sent."""
    async with databases.open("observatory") as db:
        return (await operations.dashboard(db, DashboardQuery(**asked), catalogue=catalogue)).model_dump_json()


async def rows(databases: Databases, sql: str, *arguments: object) -> Sequence[tuple[Any, ...]]:
    """The rows of a query."""
    pool = await databases.pool("observatory", "worker")
    return [tuple(row) for row in await pool.fetch(sql, *arguments)]


async def as_superuser(settings: Settings, statement: str) -> None:
    """Does to the ledger what the service's role may not."""
    connection = await asyncpg.connect(settings.database_url_of("observatory"), server_settings={"search_path": "observatory"})
    await connection.execute(statement)
    await connection.close()


def by_entries_alone(patched: pytest.MonkeyPatch) -> None:
    """From now on, the roll-up answers nothing."""
    patched.setattr(queries, "rolled_up", lambda question: False)


def period(start: str, end: str | None = None) -> dict[str, Any]:
    """The parameters of a period, which are Python's reserved words."""
    return {"from": start} | ({"to": end} if end else {})
