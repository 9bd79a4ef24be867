"""`plam migrate` by a login with CREATEROLE and CREATEDB alone, whose database is its own; what it lacks otherwise is said in words."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from pydantic import SecretStr

from services.kernel.base.problems import Unavailable
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.database_roles import owner_role, runtime_role
from services.kernel.process.migrate import MigrationRefused, migrate
from services.plam import ROUTING, SERVICES
from tests.support.clusters import as_login, cluster
from tests.support.database import UNHURRIED

NEWEST, OLDEST = 18, 15


@pytest.fixture(scope="module", params=[OLDEST, NEWEST])
def superuser(postgres: None, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the superuser of a server where PlaM has never been."""
    with cluster(tmp_path_factory.mktemp("cluster"), request.param) as url:
        yield url


@pytest.fixture(autouse=True)
def clean(superuser: str) -> Iterator[None]:
    """Leaves the server without databases and roles of ours."""
    yield
    asyncio.run(_clean(superuser))


async def _clean(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for row in await connection.fetch("SELECT quote_ident(datname) AS name FROM pg_database WHERE datname LIKE 'of\\_%'"):
            await connection.execute(f"DROP DATABASE {row['name']} WITH (FORCE)")
        ours = "rolname ~ '^(plam|of)_' ORDER BY rolname LIKE 'of%'"
        for row in await connection.fetch(f"SELECT quote_ident(rolname) AS name FROM pg_roles WHERE {ours}"):
            await connection.execute(f"DROP OWNED BY {row['name']} CASCADE; DROP ROLE {row['name']}")
    finally:
        await connection.close()


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _value(url: str, query: str, *arguments: object) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query, *arguments)
    finally:
        await connection.close()


async def deployed(superuser: str, login: str = "of_deploy") -> str:
    """The URL of a login with CREATEROLE and CREATEDB, on the database that it has made for itself."""
    await _execute(superuser, f'CREATE ROLE "{login}" LOGIN CREATEROLE CREATEDB')
    await _execute(as_login(superuser, login, "postgres"), f'CREATE DATABASE "{login}" ENCODING UTF8 TEMPLATE template0')
    return as_login(superuser, login, login)


def settings_of(url: str) -> Settings:
    return Settings(database_url=SecretStr(url), secret=SecretStr("a secret of the tests")).model_copy(update=UNHURRIED)


async def works(url: str) -> None:
    """Every service works under its runtime role, reads and writes rows, and does no more than it may."""
    databases = Databases(settings_of(url), ROUTING)
    try:
        for service in SERVICES:
            pool = await databases.pool(service.name, "worker")
            assert await pool.fetchval("SELECT current_user") == runtime_role(service.name)
            await pool.execute("DELETE FROM job")
            for forbidden in ("UPDATE alembic_version SET version_num = 'x'", "CREATE TABLE mine ()", "CREATE TEMPORARY TABLE mine ()"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await pool.execute(forbidden)
    finally:
        await databases.close()


@pytest.mark.parametrize("attributes", ["INHERIT", "NOINHERIT"])
async def test_o2_it_migrates_twice_and_everything_works(superuser: str, attributes: str) -> None:
    url = await deployed(superuser)
    await _execute(superuser, f"ALTER ROLE of_deploy {attributes}")
    assert not await _value(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    for _ in range(2):
        assert await migrate(SERVICES, settings_of(url)) == []
        await works(url)
    for service in SERVICES:
        owned = "SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $1"
        assert await _value(url, owned, service.name) == owner_role(service.name)


async def test_o2_a_second_login_works_with_the_runtime_roles_alone(superuser: str) -> None:
    url = await deployed(superuser)
    await migrate(SERVICES, settings_of(url))
    roles = ", ".join(runtime_role(service.name) for service in SERVICES)
    await _execute(superuser, 'CREATE ROLE "of_service" LOGIN')
    await _execute(url, f'GRANT {roles} TO "of_service"')  # by the login that migrates: no superuser is needed for it either
    other = as_login(superuser, "of_service", "of_deploy")
    await works(other)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _execute(other, f'SET ROLE "{owner_role("actions")}"')


async def test_o2_roles_that_somebody_else_has_made_are_asked_for_in_words(superuser: str) -> None:
    first = await deployed(superuser)
    await migrate(SERVICES, settings_of(first))
    second = await deployed(superuser, "of_second")
    if await _value(superuser, "SELECT current_setting('server_version_num')::int >= 160000"):
        with pytest.raises(MigrationRefused, match="existent déjà, et le compte « of_second » ne les a pas créés") as refused:
            await migrate(SERVICES, settings_of(second))
        said = str(refused.value)
        assert all(role(service.name) in said for service in SERVICES for role in (owner_role, runtime_role)), said
        grant = said.partition("(")[2].partition(")")[0]
        assert grant.startswith("GRANT ")
        await _execute(first, grant)
    assert await migrate(SERVICES, settings_of(second)) == []
    await works(second)


@pytest.mark.parametrize(
    ("right", "words", "cure"),
    [
        ("CREATEDB", "ne peut pas créer le rôle plam_access_owner", 'ALTER ROLE "of_weak" CREATEROLE'),
        ("CREATEROLE", "ne peut pas créer le schéma access", 'ALTER DATABASE of_weak OWNER TO "of_weak"'),
    ],
)
async def test_o2_a_right_that_lacks_is_asked_for_in_words(superuser: str, right: str, words: str, cure: str) -> None:
    await _execute(superuser, f'CREATE ROLE "of_weak" LOGIN {right}')
    if right == "CREATEROLE":
        await _execute(superuser, "CREATE DATABASE of_weak TEMPLATE template0 ENCODING UTF8")
    else:
        await _execute(as_login(superuser, "of_weak", "postgres"), "CREATE DATABASE of_weak TEMPLATE template0 ENCODING UTF8")
    url = as_login(superuser, "of_weak", "of_weak")
    with pytest.raises(MigrationRefused, match=words) as refused:
        await migrate(SERVICES, settings_of(url))
    assert cure in str(refused.value)
    await _execute(superuser, cure)
    assert await migrate(SERVICES, settings_of(url)) == []
    await works(url)


async def test_o2_a_login_that_may_only_make_schemas_says_what_stays_open(superuser: str) -> None:
    await _execute(superuser, "CREATE ROLE of_guest LOGIN CREATEROLE", "CREATE DATABASE of_guest TEMPLATE template0 ENCODING UTF8")
    await _execute(superuser, "GRANT CREATE ON DATABASE of_guest TO of_guest")
    url = as_login(superuser, "of_guest", "of_guest")
    (said, *_) = await migrate(SERVICES, settings_of(url))
    revoke = "REVOKE TEMPORARY ON DATABASE of_guest FROM PUBLIC"
    assert revoke in said
    await _execute(superuser, revoke)
    assert await migrate(SERVICES, settings_of(url)) == []
    await works(url)


async def test_o2_a_service_whose_role_is_not_given_says_so(superuser: str) -> None:
    url = await deployed(superuser)
    await migrate(SERVICES, settings_of(url))
    await _execute(superuser, "CREATE ROLE of_stranger LOGIN")
    databases = Databases(settings_of(as_login(superuser, "of_stranger", "of_deploy")), ROUTING)
    with pytest.raises(Unavailable, match=r"sous le rôle plam_actions_runtime.*donnez-lui ce rôle"):
        await (await databases.pool("actions", "health")).fetchval("SELECT 1")
    await databases.close()
