"""Two walls stand before what is personal or confidential, and each holds by itself: the operation's check, and PostgreSQL's.

Twenty organisations ask at once, over two connections, for lists, histories and answers that are kept: none is shown a foreign row. Each
wall is then asked without the other. With either taken away, what is found here is not nothing any more.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import time_machine
from pydantic import SecretStr
from sqlalchemy import select as rows_of
from sqlmodel import select

from services.contracts.codes import OrganisationRole, Role
from services.internships_api.placements.queries import PLACEMENTS
from services.internships_api.placements.schemas import PlacementQuery
from services.internships_api.requests.queries import REQUESTS
from services.internships_api.requests.schemas import RequestQuery
from services.kernel.api.auth import Tokens
from services.kernel.api.history import HistoryQuery
from services.kernel.api.paging import ListQuery
from services.kernel.api.reading import Reading, everybody
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.problems import NotFound
from services.kernel.base.settings import PoolSizes, Settings
from services.kernel.data.database import Databases
from services.kernel.data.database_roles import owner_role
from services.kernel.data.records import table_of, versions_of
from services.kernel.data.walls import WALLED
from services.kernel.process.app import system_app
from services.plam import ROUTING, SERVICES
from services.recruitment_api.applications.queries import APPLICATIONS
from services.recruitment_api.applications.schemas import ApplicationQuery
from services.recruitment_api.assignments.queries import ASSIGNMENTS
from services.recruitment_api.assignments.schemas import AssignmentQuery
from tests.support import internships, recruitment
from tests.support.callers import Bearer
from tests.support.database import database_url
from tests.support.http import ok

ORGANISATIONS, REQUESTS_AT_ONCE = 20, 1_000
TODAY = datetime(2026, 11, 23, 10, tzinfo=UTC)

NOUNS: Sequence[tuple[str, str, Reading[Any], type[ListQuery]]] = (
    ("internships", "requests", REQUESTS, RequestQuery),
    ("internships", "placements", PLACEMENTS, PlacementQuery),
    ("recruitment", "applications", APPLICATIONS, ApplicationQuery),
    ("recruitment", "assignments", ASSIGNMENTS, AssignmentQuery),
)

Json = dict[str, Any]
Asking = Callable[[], Awaitable[Collection[str]]]
"""What asks, and gives the foreign rows that it was shown."""


@pytest.fixture(autouse=True)
def begins() -> Iterator[None]:
    """The day on which everything happens."""
    with time_machine.travel(TODAY):
        yield


@dataclass
class Organisation:
    """A hospital that also trains: it hosts, it asks for places, it recruits."""

    principal: Principal
    client: httpx.AsyncClient
    place: internships.Place
    employer: recruitment.Employer
    own: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """(service, collection) → ids of rows to which it is a party."""
    posted: tuple[Json, str] = ({}, "")
    """A request that it has made under a key, and the id that it was answered with."""


@dataclass
class Found:
    """The foreign rows that were shown: by both walls together, by PostgreSQL's alone, by the operation's check alone."""

    by_both: list[str] = field(default_factory=list)
    by_the_second: list[str] = field(default_factory=list)
    by_the_first: list[str] = field(default_factory=list)
    asked: int = 0


class World:
    """The organisations, on a copy of the database with pools of two connections."""

    def __init__(self, databases: Databases, tokens: Tokens) -> None:
        self.databases = databases
        self.tokens = tokens
        self.app = system_app(SERVICES, databases)
        self.steering = self.client(Principal(somebody("tests"), frozenset({Role.steering})))
        self.organisations: list[Organisation] = []
        self.nouns = {noun[:2]: noun for noun in NOUNS}

    def client(self, principal: Principal) -> httpx.AsyncClient:
        """A client of the whole system."""
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://plam.test", auth=Bearer(self.tokens, principal))

    async def settle(self) -> None:
        """Each organisation hosts the learners of the next one, who asks again; somebody works for it, and somebody else would like to."""
        self.organisations = [await self._an_organisation() for _ in range(ORGANISATIONS)]
        for host, institute in zip(self.organisations, self.organisations[1:] + self.organisations[:1], strict=True):
            offer = await internships.an_offer(host.client, await internships.a_unit(host.client, host.place))
            asked = internships.Place(institute=institute.place.host)
            accepted = await internships.a_request(institute.client, asked, offer)
            ok(await internships.move(host.client, "requests", accepted, "accept"))
            waiting = await internships.a_request(institute.client, asked, offer)
            self._party((host, institute), "internships", "requests", accepted, waiting)
            self._party(
                (host, institute),
                "internships",
                "placements",
                *await internships.listed(host.client, "placements", request_id=accepted["id"]),
            )
            need = await recruitment.an_open_need(host.employer, headcount=2)
            chosen = await recruitment.an_application(host.client, need)
            self._party((host,), "recruitment", "applications", chosen, await recruitment.an_application(host.client, need))
            self._party((host,), "recruitment", "assignments", await recruitment.accept(host.client, chosen))
            body = {"offer_id": offer["id"], "profession": "ide", "learners": 1, "institute_id": str(institute.place.host)}
            made = ok(await self._post(institute.client, body))
            institute.posted = body, made["id"]
            self._party((host, institute), "internships", "requests", made)
        await recruitment.a_funder(self.databases)
        await recruitment.a_commitment(self.steering, await recruitment.an_envelope(self.steering))

    async def violations(self, asked: int = REQUESTS_AT_ONCE) -> Found:
        """Sends the traffic, and the questions that pass by one wall alone, all at once in one order of chance."""
        found, chance = Found(), random.Random(20261123)  # noqa: S311  a chance that comes again
        askings = [(found.by_both, self._traffic(chance)) for _ in range(asked)]
        askings += [(found.by_the_second, self._without_the_check(*drawn)) for drawn in self._drawn(chance, asked // 5)]
        askings += [(found.by_the_first, self._without_row_security(*drawn)) for drawn in self._drawn(chance, asked // 5)]
        chance.shuffle(askings)
        at_once = asyncio.Semaphore(40)

        async def ask(into: list[str], asking: Asking) -> None:
            async with at_once:
                into += await asking()
                found.asked += 1

        async with asyncio.TaskGroup() as together:
            for each in askings:
                together.create_task(ask(*each))
        return found

    async def _an_organisation(self) -> Organisation:
        place, site = internships.Place(), uuid4()
        every = [OrganisationRole.employer, OrganisationRole.host, OrganisationRole.institute]
        await internships.an_organisation(self.databases, *every, id=place.host)
        await internships.a_site(self.databases, place.host, id=place.site)
        principal = Principal(somebody(f"of {place.host}"), frozenset({Role.employer, Role.institute}), place.host)
        client = self.client(principal)
        await recruitment.an_organisation(self.databases, place.host)
        site = await recruitment.a_site(self.databases, place.host, place.department)
        return Organisation(principal, client, place, recruitment.Employer(place.host, site, client))

    def _party(self, parties: Sequence[Organisation], service: str, collection: str, *rows: Json) -> None:
        for party in parties:
            known = party.own.setdefault((service, collection), [])
            known += [row["id"] for row in rows if row["id"] not in known]

    async def _post(self, client: httpx.AsyncClient, body: Json) -> httpx.Response:
        return await client.post("/internships/v1/requests?force=true", json=body, headers={"Idempotency-Key": "the-same-of-all"})

    def _drawn(self, chance: random.Random, number: int) -> Iterator[tuple[Organisation, tuple[str, str]]]:
        return ((chance.choice(self.organisations), chance.choice(NOUNS)[:2]) for _ in range(number))

    def _traffic(self, chance: random.Random) -> Asking:
        who, (service, collection) = next(self._drawn(chance, 1))
        own = who.own[service, collection]
        foreign = chance.choice([each for other in self.organisations for each in other.own[service, collection] if each not in own])
        path = f"/{service}/v1/{collection}"

        async def lists() -> Collection[str]:
            shown = ok(await who.client.get(path, params={"limit": 200}))["items"]
            assert {row["id"] for row in shown} >= set(own), "an own row is missing"
            return [f"list {path} {row['id']}" for row in shown if row["id"] not in own]

        async def histories() -> Collection[str]:
            versions = ok(await who.client.get(f"{path}/{chance.choice(own)}/history"))["items"]
            return [f"history {path} {each['document']['id']}" for each in versions if each["document"]["id"] not in own]

        async def foreign_ones() -> Collection[str]:
            suffix = chance.choice(("", "/live", "/history"))
            answer = await who.client.get(f"{path}/{foreign}{suffix}")
            return [] if answer.status_code == 404 else [f"read {path}{suffix} {foreign}: {answer.status_code}"]

        async def kept_answers() -> Collection[str]:
            body, made = who.posted
            again = ok(await self._post(who.client, body))
            return [] if again["id"] == made else [f"kept answer {again['id']}"]

        async def kept_answers_of_others() -> Collection[str]:
            other = chance.choice([each for each in self.organisations if each is not who])
            somebody = replace(who.principal, subject=other.principal.subject)  # a person who works for both
            answer = await self._post(self.client(somebody), other.posted[0])
            return [f"kept answer {other.posted[1]}"] if other.posted[1] in answer.text else []

        return chance.choice((lists, histories, foreign_ones, kept_answers, kept_answers_of_others))

    def _without_the_check(self, who: Organisation, noun: tuple[str, str]) -> Asking:
        """Every row and every version, asked for in the name of an organisation by a statement without any condition."""
        table = self.nouns[noun][2].table

        async def ask() -> Collection[str]:
            async with self.databases.open(noun[0], by=who.principal) as db:
                rows: list[UUID] = await db.fetch(select(table.id))
                versions = await db.fetch(rows_of(versions_of(table).c.id))
            assert {str(each) for each in rows} >= set(who.own[noun]), "an own row is missing"
            return [f"{noun} {each}" for each in map(str, [*rows, *versions]) if each not in who.own[noun]]

        return ask

    def _without_row_security(self, who: Organisation, noun: tuple[str, str]) -> Asking:
        """What the operation's own condition gives, on a connection that passes every wall."""
        service, _, reading, query = self.nouns[noun]
        foreign = next(each for other in self.organisations for each in other.own[noun] if each not in who.own[noun])

        async def ask() -> Collection[str]:
            async with self.databases.open(service, "worker") as db:
                shown = [str(identifier) for identifier, _ in await reading.rows(db, query(limit=200), by=who.principal)]
                try:
                    await reading.history(db, UUID(foreign), HistoryQuery(), by=who.principal)
                    shown.append(foreign)
                except NotFound:
                    pass
            return [f"{noun} {each}" for each in shown if each not in who.own[noun]]

        return ask


@asynccontextmanager
async def settled(server: str, settings: Settings, tokens: Tokens) -> AsyncIterator[World]:
    """The organisations on a copy of this worker's database."""
    assert settings.database_url is not None
    source = urlsplit(settings.database_url.get_secret_value()).path[1:]
    copy = f"{source}_walls"
    await execute(server, f'DROP DATABASE IF EXISTS "{copy}"', f'CREATE DATABASE "{copy}" TEMPLATE "{source}"')
    changed = {"database_url": SecretStr(database_url(server, copy)), "pools": PoolSizes(api=2)}
    databases = Databases(settings.model_copy(update=changed), ROUTING)
    try:
        world = World(databases, tokens)
        await world.settle()
        yield world
    finally:
        await databases.close()
        await execute(server, f'DROP DATABASE "{copy}" WITH (FORCE)')


async def execute(url: str, *statements: str) -> None:
    """Runs statements as a superuser."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def switch_row_security(world: World, *, off: bool) -> None:
    """Takes the second wall away from every table that has it, or puts it back."""
    url = world.databases.settings.database_url
    assert url is not None
    verb = "DISABLE" if off else "ENABLE"
    await execute(url.get_secret_value(), *(f"ALTER TABLE {table} {verb} ROW LEVEL SECURITY" for table in WALLED))


async def test_s2_a_thousand_requests_of_twenty_organisations_are_shown_no_foreign_row(
    server: str, settings: Settings, tokens: Tokens, databases: Databases
) -> None:
    await databases.close()  # nobody is connected to what is copied
    async with settled(server, settings, tokens) as world:
        found = await world.violations()

    assert (found.by_both, found.by_the_second, found.by_the_first) == ([], [], [])
    assert found.asked >= REQUESTS_AT_ONCE
    assert {table_of(noun[2].table).fullname for noun in NOUNS} <= WALLED.keys()


async def test_s39_nothing_set_is_no_row_and_whoever_owns_a_table_stands_before_its_wall_too(
    server: str, settings: Settings, tokens: Tokens, databases: Databases
) -> None:
    await databases.close()
    counted: dict[str, list[int]] = {}
    async with settled(server, settings, tokens) as world:
        assert world.databases.settings.database_url is not None
        owner = await asyncpg.connect(world.databases.settings.database_url.get_secret_value())
        for name in sorted(WALLED):
            service, count = name.partition(".")[0], f"SELECT count(*) FROM {name}"  # noqa: S608  a table of ours
            async with world.databases.borrowed(service, "api") as connection:
                counted[name] = [await connection.fetchval(count)]
            await owner.execute(f"SET ROLE {owner_role(service)}")
            counted[name].append(await owner.fetchval(count))
            await owner.execute("SET plam.region = 'on'")
            counted[name].append(await owner.fetchval(count))
            await owner.execute("RESET ALL; RESET ROLE")
        await owner.close()

    assert {name: counts[:2] for name, counts in counted.items()} == {name: [0, 0] for name in WALLED}
    empty = {name for name, counts in counted.items() if not counts[2]}
    assert {name.partition(".")[0] for name in empty} <= {"access"}, "nobody is known here by more than a token"


async def test_s2_either_wall_that_is_taken_away_is_missed(
    server: str, settings: Settings, tokens: Tokens, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    await databases.close()
    async with settled(server, settings, tokens) as world:
        await switch_row_security(world, off=True)
        without_row_security = await world.violations(200)
        with monkeypatch.context() as open_to_all:
            for _, _, reading, _ in NOUNS:
                open_to_all.setattr(reading, "_visible", everybody)
            without_both = await world.violations(200)
            await switch_row_security(world, off=False)
            without_the_check = await world.violations(200)

    assert (without_row_security.by_both, without_row_security.by_the_first) == ([], [])
    assert without_row_security.by_the_second
    assert (without_the_check.by_both, without_the_check.by_the_second) == ([], [])
    assert without_the_check.by_the_first
    assert {each.split()[0] for each in without_both.by_both} == {"list", "read"}
