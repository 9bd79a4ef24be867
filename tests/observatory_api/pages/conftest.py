"""A browser on the machine that serves the pages, and one elsewhere."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from services.observatory_api.service import SERVICE
from tests.observatory_api.ledger_support import record
from tests.observatory_api.states import action, history, milestone, need, number, on, organisation

Browser = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def browser(settings: Settings, databases: Databases) -> AsyncIterator[Browser]:
    """Makes browsers without a token: `browser()` on this machine, `browser("203.0.113.5")` elsewhere."""
    opened: list[httpx.AsyncClient] = []
    pools: list[Databases] = []

    def make(
        address: str = "127.0.0.1", *, host: str = "localhost:8000", local_pages: bool | None = True, public_pages: bool = False
    ) -> httpx.AsyncClient:
        pools.append(Databases(settings.model_copy(update={"local_pages": local_pages, "public_pages": public_pages})))
        transport = httpx.ASGITransport(system_app((SERVICE,), pools[-1]), client=(address, 50_000))
        opened.append(httpx.AsyncClient(transport=transport, base_url=f"http://{host}"))
        return opened[-1]

    yield make
    for each in opened:
        await each.aclose()
    for pool in pools:
        await pool.close()


@pytest.fixture
async def facts(databases: Databases) -> None:
    """One action of two departments, three milestones of which two were due, two open posts, one organisation."""
    await record(
        databases,
        action(id=number(10), history=history(("draft", "2026-01-05"), ("approved", "2026-02-02"), ("in_progress", "2026-02-16"))),
        milestone(id=number(11), reached_on=on("2026-03-31"), history=history(("planned", "2026-01-05"), ("reached", "2026-03-31"))),
        milestone(id=number(12), due_initial=on("2026-05-31")),
        milestone(id=number(13), due_initial=on("2027-05-31")),
        need(id=number(20), headcount=2),
        organisation(id=number(30)),
    )
