"""A confidential list behind its wall, beside the same one without: two servers of ours, each on its database, round by round."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson

from services.contracts.codes import Department, Profession, Role
from services.internships_api.requests.schemas import REQUEST
from services.internships_api.requests.tables import PlacementRequest
from services.kernel.api.auth import Tokens
from services.kernel.api.paging import cursor
from services.kernel.base import clock, ids
from services.kernel.base.principals import SYSTEM, Principal, somebody
from services.kernel.base.settings import Settings
from services.kernel.data import saving
from services.kernel.data.walls import WALLED
from tests.bench.load import get, send
from tests.bench.measure import Figure, compared, cpu_seconds
from tests.bench.servers import server
from tests.support.database import SECRET
from tests.support.keys import token_keys

ROWS, ORGANISATIONS, PUBLIC_ROWS = 10_000, 20, 1_000
ROUNDS = 9
LISTS = 500
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'plam internships api'"


@dataclass(frozen=True)
class Side:
    """A server at work, and its database."""

    pid: int
    port: int
    database: asyncpg.Connection

    async def spent(self) -> tuple[float, float]:
        """CPU seconds of the server so far, and those of the database's processes that answer it."""
        backends = [row["pid"] for row in await self.database.fetch(BACKENDS)]
        return cpu_seconds(self.pid), cpu_seconds(*backends)


async def fill(url: str, count: int) -> list[UUID]:
    """Stores requests as `save` would have, by COPY, of so many hosts in turn; the hosts. The first one's come back in lists."""
    of_hosts, of_institutes = ([ids.new() for _ in range(ORGANISATIONS)] for _ in range(2))
    offer, rows = ids.new(), []
    departments, professions = list(Department), list(Profession)
    for number in range(count):
        row = PlacementRequest(
            offer_id=offer,
            organisation_id=of_hosts[number % ORGANISATIONS],
            institute_id=of_institutes[number // ORGANISATIONS % ORGANISATIONS],
            organisation_name="CH de Saint-Nazaire",
            institute_name="IFSI de Nantes",
            unit_name="Médecine polyvalente",
            site_name="Cité sanitaire",
            commune="Saint-Nazaire",
            department=departments[number % ORGANISATIONS % len(departments)],
            profession=professions[number % len(professions)],
            learners=1 + number % 3,
            submitted_at=clock.now(),
        )
        saving.advance(row, SYSTEM)
        values = vars(row) | {name: orjson.dumps(getattr(row, name)).decode() for name in ("history", "owners", "concealed")}
        rows.append([values[column] for column in REQUEST.columns])
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")  # their offer is of no interest here
        await connection.copy_records_to_table("placement_request", schema_name="internships", columns=REQUEST.columns, records=rows)
        await connection.execute("ANALYZE internships.placement_request")
    finally:
        await connection.close()
    return of_hosts


async def take_down(url: str) -> None:
    """Switches row security off, in a whole database."""
    connection = await asyncpg.connect(url)
    try:
        for table in WALLED:
            await connection.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    finally:
        await connection.close()


async def measured(walled: str, unwalled: str, home: Path, *, rounds: int = ROUNDS) -> list[Figure]:
    """rights/wall: pages of an employer's requests, in CPU of the server, and of the server and the database together."""
    lists = {url: await _lists(url, home, await fill(url, ROWS)) for url in (walled, unwalled)}
    await take_down(unwalled)
    async with AsyncExitStack() as stack:
        sides = {}
        for url, module in ((walled, "services.plam"), (unwalled, "tests.bench.unwalled")):
            environment = {"PLAM_DATABASE_URL": url, "PLAM_SECRET": SECRET, "PLAM_HOME": str(home), "PLAM_TOKEN_KEYS": token_keys(home)}
            pid, port = await stack.enter_async_context(server(module, "serve", "internships", environment=environment))
            connection = await asyncpg.connect(url)
            stack.push_async_callback(connection.close)
            sides[url] = Side(pid, port, connection)
        costs: dict[str, list[tuple[float, float]]] = {url: [] for url in sides}
        for round_ in range(rounds + 1):
            for url in sorted(sides, reverse=bool(round_ % 2)):
                cost = await _cost(sides[url], lists[url])
                costs[url] += [cost] if round_ else []
    ours, theirs = costs[walled], costs[unwalled]
    return [
        compared("rights/wall", [own for own, _ in ours], [own for own, _ in theirs], "CPU µs/request"),
        compared("rights/wall, all", [sum(each) for each in ours], [sum(each) for each in theirs], "CPU µs, database"),
    ]


async def measured_checks(url: str, home: Path, *, rounds: int = ROUNDS) -> list[Figure]:
    """rights/checks: pages of the plan's actions, whose wall is none, with and without what rights and revocations ask of a request."""
    caller = Principal(somebody("bench"), frozenset({Role.steering}))
    headers = {"Authorization": f"Bearer {Tokens(Settings(home=home)).issue(caller, timedelta(hours=1))}"}
    lists = [get("/actions/v1/actions?limit=50", **headers)] * LISTS
    async with AsyncExitStack() as stack:
        sides = {}
        for module in ("services.plam", "tests.bench.unguarded"):
            environment = {"PLAM_DATABASE_URL": url, "PLAM_SECRET": SECRET, "PLAM_HOME": str(home), "PLAM_TOKEN_KEYS": token_keys(home)}
            pid, port = await stack.enter_async_context(server(module, "serve", "actions", environment=environment))
            connection = await asyncpg.connect(url)
            stack.push_async_callback(connection.close)
            sides[module] = Side(pid, port, connection)
        costs: dict[str, list[float]] = {module: [] for module in sides}
        for round_ in range(rounds + 1):
            for module in sorted(sides, reverse=bool(round_ % 2)):
                own, _ = await _cost(sides[module], lists)
                costs[module] += [own] if round_ else []
    return [compared("rights/checks", costs["services.plam"], costs["tests.bench.unguarded"], "CPU µs/request")]


async def _cost(side: Side, lists: Sequence[bytes]) -> tuple[float, float]:
    own, backends = await side.spent()
    answered = await send(side.port, lists, seconds=6)
    own_after, backends_after = await side.spent()
    assert all(body.count(b'"id"') == 50 for body in answered.bodies[:5]), "a page is not full"
    return (own_after - own) / len(answered.bodies) * 1e6, (backends_after - backends) / len(answered.bodies) * 1e6


async def _lists(url: str, home: Path, hosts: Sequence[UUID]) -> list[bytes]:
    connection = await asyncpg.connect(url)
    try:
        own = "SELECT id FROM internships.placement_request WHERE organisation_id = $1 ORDER BY id DESC"
        found = [row["id"] for row in await connection.fetch(own, hosts[0])]
    finally:
        await connection.close()
    caller = Principal(somebody("bench"), frozenset({Role.employer}), hosts[0])
    headers = {"Authorization": f"Bearer {Tokens(Settings(home=home)).issue(caller, timedelta(hours=1))}"}
    pages = [cursor(each) for each in found[:: len(found) // 100][:80]]
    return [get(f"/internships/v1/requests?limit=50&after={pages[n % len(pages)]}", **headers) for n in range(LISTS)]
