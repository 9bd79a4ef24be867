"""What a transaction is told before it touches a table behind a wall, and what PostgreSQL then shows and takes."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import insert, update
from sqlmodel import col, select

from services.contracts.codes import Department, Role
from services.internships_api.requests.tables import PlacementRequest
from services.internships_api.units.tables import Unit
from services.kernel.base import clock, ids
from services.kernel.base.principals import ANONYMOUS, SYSTEM, Principal
from services.kernel.base.settings import PoolSizes, Settings
from services.kernel.data.database import Databases
from services.kernel.data.records import versions_of
from services.kernel.data.walls import Policy, Wall, policy_of, policy_of_history, raised, settings_of, taken_down, wall_of
from services.kernel.process.doctor import Verdict, examine
from services.kernel.process.startup_checks import open_walls
from services.plam import ROUTING, SERVICES
from tests.kernel.http_world import look
from tests.support.internships import Place, a_place, a_request, a_unit, an_offer

WALL = Wall(("organisation_id",), department="department", person="person_id", within=(Role.hr_partner,))
FUNDERS = Wall(region=(Role.steering, Role.finance))
ONE, OTHER, PERSON = (ids.new() for _ in range(3))
TOLD = "SELECT concat(current_setting('plam.region', true), '|', current_setting('plam.organisation', true), '|', pg_backend_pid())"
TABLES = """
CREATE TABLE actions.guarded (id uuid PRIMARY KEY, organisation_id uuid, department text, person_id uuid);
CREATE TABLE actions.someone (id uuid PRIMARY KEY);
CREATE TABLE actions.guarded_version (id uuid, version bigint, PRIMARY KEY (id, version));
GRANT ALL ON actions.guarded, actions.guarded_version, actions.someone TO plam_actions_runtime;
"""


@pytest.fixture
async def place(databases: Databases, steering: httpx.AsyncClient) -> Place:
    """A host and an institute that has asked it for a place."""
    place = await a_place(databases)
    await a_request(steering, place, await an_offer(steering, await a_unit(steering, place)))
    return place


@pytest.fixture
async def alone(settings: Settings, place: Place) -> AsyncIterator[Databases]:
    """Pools of one connection, so that each transaction is on the one that another has left."""
    databases = Databases(settings.model_copy(update={"pools": PoolSizes(api=1)}), ROUTING)
    yield databases
    await databases.close()


def of(organisation: UUID, *roles: Role) -> Principal:
    """Somebody of an organisation."""
    return Principal("somebody", frozenset(roles or {Role.employer}), organisation)


async def seen(databases: Databases, by: Principal) -> int:
    """How many requests somebody is shown by statements without a condition, and as many versions of them."""
    async with databases.open("internships", by=by) as db:
        rows, versions = await db.fetch(select(PlacementRequest.id)), await db.fetch(select(versions_of(PlacementRequest).c.id))
    assert len(rows) == len(versions)
    return len(rows)


# ── What is shown ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_row_is_shown_to_its_parties_its_department_and_the_region(alone: Databases, place: Place) -> None:
    here, elsewhere = frozenset({place.department}), frozenset({Department.vendee})

    assert await seen(alone, of(place.host)) == await seen(alone, of(place.institute, Role.institute)) == 1
    assert await seen(alone, Principal("hr", frozenset({Role.hr_partner}), None, here)) == 1
    assert await seen(alone, Principal("hr of the region", frozenset({Role.hr_partner}))) == 1
    assert await seen(alone, Principal("steering", frozenset({Role.steering}))) == await seen(alone, SYSTEM) == 1
    assert await seen(alone, of(OTHER)) == await seen(alone, ANONYMOUS) == 0
    assert await seen(alone, Principal("hr", frozenset({Role.hr_partner}), None, elsewhere)) == 0
    assert await seen(alone, Principal("employer", frozenset({Role.employer}), None, here)) == 0, "an employer has no department's rights"
    assert await seen(alone, Principal("finance", frozenset({Role.finance}), None, here)) == 0, "whose region is that of money"


async def test_what_was_told_ends_with_its_transaction_however_that_ends(alone: Databases, place: Place) -> None:
    async def told(*, fails: bool = False) -> list[str]:
        async with alone.open("internships", by=of(place.host), rehearsal=True) as db:
            assert len(await db.fetch(select(PlacementRequest.id))) == 1
            connection = await db.connection()
            inside: str = await connection.fetchval(TOLD)
            if fails:
                await connection.fetchval("SELECT 1 / 0")
        return inside.split("|")

    region, organisation, backend = await told()
    for _ in range(2):
        async with alone.open("internships") as db:
            assert await db.fetch(select(PlacementRequest.id)) == [], "nobody asks: nothing is told"
            assert await (await db.connection()).fetchval(TOLD) == f"||{backend}"
        with pytest.raises(asyncpg.DivisionByZeroError):
            await told(fails=True)
    assert await seen(alone, SYSTEM) == 1
    async with alone.open("internships") as db:
        assert await (await db.connection()).fetchval(TOLD) == f"||{backend}"
    assert (region, organisation) == ("", str(place.host))


async def test_only_what_touches_a_table_behind_a_wall_opens_a_transaction(alone: Databases, place: Place) -> None:
    async with alone.open("internships", by=of(place.host)) as db:
        await db.fetch(select(Unit))
        assert not db._in_transaction
        await db.fetch(select(Unit).join(PlacementRequest, col(PlacementRequest.organisation_id) == col(Unit.organisation_id)))
        assert db._in_transaction


async def test_the_service_itself_passes_in_a_caller_s_transaction_and_the_caller_does_not_after_it(alone: Databases, place: Place) -> None:
    statement = select(PlacementRequest.id)
    async with alone.open("internships", by=of(OTHER)) as db:
        before = await db.fetch(statement)
        with db.as_service():
            during = await db.fetch(statement)
        assert (before, len(during), await db.fetch(statement)) == ([], 1, [])


# ── What is taken ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nobody_writes_a_row_that_is_not_theirs(alone: Databases, place: Place) -> None:
    async with alone.open("internships", "worker") as db:
        row = (await db.fetch(select(PlacementRequest)))[0]
    versions = versions_of(PlacementRequest)
    version = {"id": row.id, "recorded_at": clock.real_now(), "by": "x", "document": "{}"}

    async with alone.open("internships", by=of(OTHER)) as db:
        assert await db.fetch(update(PlacementRequest).values(learners=2).returning(PlacementRequest)) == []
    for values, refusal in (
        (version | {"version": 2}, asyncpg.InsufficientPrivilegeError),
        (version | {"version": 1}, asyncpg.UniqueViolationError),
    ):
        with pytest.raises(refusal):
            async with alone.open("internships", by=of(OTHER)) as db:
                await db.fetch(insert(versions).values(**values))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):  # it would go to somebody else
        async with alone.open("internships", by=of(place.host)) as db:
            await db.fetch(update(PlacementRequest).values(organisation_id=OTHER, institute_id=OTHER).returning(PlacementRequest))
    given = {name: getattr(row, name) for name in PlacementRequest.model_fields if name not in ("id", "version")}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with alone.open("internships", by=of(OTHER)) as db:
            await db.save(PlacementRequest(**given), by=SYSTEM)
    async with alone.open("internships", by=of(place.host)) as db:
        row.learners = 3
        await db.save(row, by=of(place.host))


# ── Declarations ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_told_of_each_caller() -> None:
    every = ",".join(Department)

    def told(wall: Wall, caller: Principal) -> list[str]:
        return [part.split("'")[3] for part in settings_of(wall, caller).split("set_config")[1:]]

    here = Principal(f"person:{PERSON}", frozenset({Role.hr_partner}), ONE, frozenset({Department.sarthe, Department.vendee}))
    assert told(WALL, here) == ["", str(ONE), "72,85", str(PERSON)]
    assert told(WALL, Principal("x", frozenset({Role.hr_partner}))) == ["", "", every, ""]
    assert told(WALL, Principal("x", frozenset({Role.finance, Role.reader}), ONE, here.departments)) == ["", str(ONE), "", ""]
    assert told(FUNDERS, Principal("x", frozenset({Role.finance}))) == ["on", "", "", ""]
    assert told(WALL, SYSTEM)[0] == told(WALL, Principal("x", frozenset({Role.steering}), None, here.departments))[0] == "on"
    assert told(WALL, ANONYMOUS) == [""] * 4


def test_nothing_but_identifiers_and_codes_is_written_into_a_statement() -> None:
    forged: Any = "'; SET plam.region = 'on'; --"
    with pytest.raises(TypeError, match="ni un identifiant"):
        settings_of(WALL, Principal("x", frozenset({Role.employer}), forged))


def test_which_wall_stands_before_a_statement() -> None:
    assert wall_of("SELECT 1 FROM internships.placement_unit JOIN internships.placement_offer ON true") is None
    assert wall_of("SELECT placement.id FROM recruitment.scheme AS placement") is None
    of_placements = wall_of("SELECT id FROM internships.placement WHERE id = $1")
    assert (
        of_placements
        == wall_of("SELECT 1 FROM internships.placement_request_version")
        == wall_of('UPDATE internships.placement SET "x" = 1')
    )
    both = wall_of("SELECT 1 FROM recruitment.application, recruitment.commitment")
    assert both == Wall(), "of several walls, only who passes all of them passes by the region"


async def test_each_way_past_a_wall_and_no_other(settings: Settings, databases: Databases) -> None:
    walls = {"guarded": WALL, "someone": Wall(person="id", related=("guarded.person_id",))}
    async with look(settings) as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(TABLES)
        for statement in [*raised("actions.guarded", WALL), *raised("actions.someone", walls["someone"], history=False)]:
            await connection.execute(statement)
        await connection.execute("INSERT INTO actions.someone VALUES ($1)", PERSON)
        await connection.execute("INSERT INTO actions.guarded VALUES ($1, $2, '85', $3)", ids.new(), ONE, PERSON)
        await connection.execute("SET LOCAL ROLE plam_actions_runtime")
        shown = {}
        for name, caller in {
            "organisation": of(ONE),
            "other": of(OTHER),
            "department": Principal("x", frozenset({Role.hr_partner}), None, frozenset({Department.vendee})),
            "person": Principal(f"person:{PERSON}"),
            "another": Principal(f"person:{ids.new()}"),
            "region": SYSTEM,
        }.items():
            await connection.execute(settings_of(WALL, caller))
            shown[name] = tuple([await connection.fetchval(f"SELECT count(*) FROM actions.{table}") for table in walls])  # noqa: S608
        await connection.execute("RESET ROLE")
        for statement in [*taken_down("actions.someone", history=False), *taken_down("actions.guarded")]:
            await connection.execute(statement)
        left = await connection.fetchval("SELECT count(*) FROM pg_class WHERE relforcerowsecurity AND relname ~ '^(guarded|someone)'")
        await transaction.rollback()

    assert shown == {"organisation": (1, 1), "other": (0, 0), "department": (1, 1), "person": (1, 1), "another": (0, 0), "region": (1, 1)}
    assert left == 0


def test_the_words_that_migrations_were_run_with_stay() -> None:
    region = "(SELECT current_setting('plam.region', true) = 'on')"
    rows = (
        f"{region} OR organisation_id = (SELECT nullif(current_setting('plam.organisation', true), '')::uuid)"
        " OR department = ANY (((SELECT string_to_array(current_setting('plam.departments', true), ','))::text[]))"
        " OR person_id = (SELECT nullif(current_setting('plam.person', true), '')::uuid)"
    )
    related = "EXISTS (SELECT 1 FROM access.membership AS related WHERE related.person_id = person.id)"
    present = "EXISTS (SELECT 1 FROM access.person AS present WHERE present.id = person_version.id)"
    assert policy_of("access.person", WALL) == Policy(rows, rows)
    assert policy_of("access.person", Wall(related=("membership.person_id",))).using == f"{region} OR {related}"
    assert policy_of_history("access.person") == Policy(f"{region} OR {present}", f"{region} OR version = 1 OR {present}")


# ── What operators are told ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_wall_that_holds_nobody_back_is_said(settings: Settings, databases: Databases) -> None:
    async with databases.borrowed("internships", "health") as connection:
        assert await open_walls(connection, "internships") == ""
    async with look(settings) as superuser:
        await superuser.execute("ALTER TABLE internships.placement DISABLE ROW LEVEL SECURITY")
        try:
            found = [finding async for finding in examine(SERVICES, settings)]
            as_superuser = await open_walls(superuser, "recruitment")
        finally:
            await superuser.execute("ALTER TABLE internships.placement ENABLE ROW LEVEL SECURITY")

    wrong = [(each.subject, each.words) for each in found if each.verdict is Verdict.wrong]
    assert [subject for subject, _ in wrong] == ["internships"]
    assert "internships.placement à plam_internships_runtime" in wrong[0][1]
    assert "NOSUPERUSER NOBYPASSRLS" in wrong[0][1]
    assert "recruitment.application, recruitment.application_version" in as_superuser
