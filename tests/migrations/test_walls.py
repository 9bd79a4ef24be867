"""Each table that a noun marks personal or confidential stands behind its wall, with its history, as the noun says it; no other does."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import asyncpg
import pytest

from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.database_roles import runtime_role
from services.kernel.data.nouns import NOUNS
from services.kernel.data.records import table_of, versions_of
from services.kernel.data.walls import WALLED, Policy
from services.plam import SERVICES

SECURED = """
SELECT format('%s.%s', n.nspname, c.relname) AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
       (SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = c.oid) AS policies
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND (c.relrowsecurity OR c.relforcerowsecurity OR EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid))
"""
POLICY = """
SELECT p.polcmd::text AS command, p.polpermissive AS permissive, p.polroles = '{0}' AS of_everybody,
       pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check
FROM pg_policy AS p WHERE p.polrelid = $1::text::regclass
"""
ROLES = """
SELECT r.rolname AS name, r.rolsuper OR r.rolbypassrls AS passes,
       EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = $2::text::regnamespace AND c.relowner = r.oid) AS owns
FROM pg_roles AS r WHERE r.rolname = $1
"""
ENTRIES = "recruitment.envelope_entry"
"""The one table behind a wall that is no noun's: the ledger of envelopes."""


class Stands(NamedTuple):
    """A policy, as the catalogue tells it."""

    using: str
    check: str


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's, in a transaction that is rolled back."""
    assert settings.database_url is not None
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield connection
        await transaction.rollback()
    finally:
        await connection.close()


def declared() -> set[str]:
    """The tables that nouns mark personal or confidential, and their histories."""
    marked = [noun for noun in NOUNS.values() if (noun.personal or noun.confidential) and table_of(noun.table).schema in NAMES]
    return {str(table) for noun in marked for table in (table_of(noun.table), versions_of(noun.table))}


NAMES = {service.name for service in SERVICES}


async def misplaced(connection: asyncpg.Connection) -> list[str]:
    """Tables whose row security is not what is declared of them."""
    found = {row["name"]: row for row in await connection.fetch(SECURED)}
    wanted = declared() | {ENTRIES}
    wrong = [f"{name}: no noun marks it" for name in found.keys() - wanted] + [f"{name}: no wall" for name in wanted - found.keys()]
    for name in sorted(wanted & found.keys()):
        row = found[name]
        if not (row["enabled"] and row["forced"] and row["policies"] == 1):
            wrong.append(f"{name}: {dict(row)}")
        else:
            stands, said = await _policy(connection, name), await _as_declared(connection, name, WALLED[name].policy)
            if isinstance(stands, str) or stands != said:
                wrong.append(f"{name}: {stands} is not {said}")
    return sorted(wrong)


async def _policy(connection: asyncpg.Connection, name: str) -> Stands | str:
    row: Mapping[str, Any] = await connection.fetchrow(POLICY, name)
    if row["command"] != "*" or not row["permissive"] or not row["of_everybody"] or row["using"] is None or row["check"] is None:
        return str(dict(row))
    return Stands(row["using"], row["check"])


async def _as_declared(connection: asyncpg.Connection, name: str, policy: Policy) -> Stands | str:
    """What PostgreSQL makes of the declared conditions."""
    await connection.execute(f"ALTER POLICY wall ON {name} USING ({policy.using}) WITH CHECK ({policy.check})")
    return await _policy(connection, name)


async def test_s39_what_nouns_mark_has_a_policy_and_nothing_else_has(connection: asyncpg.Connection) -> None:
    assert await misplaced(connection) == []
    assert declared() == {
        f"{name}{suffix}"
        for name in (
            "access.credential",
            "access.identity",
            "access.membership",
            "access.notice",
            "access.person",
            "internships.placement",
            "internships.placement_request",
            "recruitment.application",
            "recruitment.assignment",
            "recruitment.commitment",
        )
        for suffix in ("", "_version")
    }


@pytest.mark.parametrize(
    "fault",
    [
        "ALTER TABLE internships.placement NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE internships.placement_version DISABLE ROW LEVEL SECURITY",
        "DROP POLICY wall ON recruitment.application",
        "CREATE POLICY everybody ON recruitment.application USING (true)",
        "ALTER POLICY wall ON recruitment.commitment USING (true)",
        "ALTER POLICY wall ON recruitment.assignment_version WITH CHECK (true)",
        "ALTER POLICY wall ON internships.placement_request TO plam_internships_runtime",
        "ALTER TABLE internships.placement_unit ENABLE ROW LEVEL SECURITY",
    ],
)
async def test_s39_a_wall_that_is_not_as_declared_is_seen(connection: asyncpg.Connection, fault: str) -> None:
    await connection.execute(fault)

    assert len(await misplaced(connection)) == 1


async def test_s39_services_work_under_roles_that_no_wall_lets_pass(connection: asyncpg.Connection) -> None:
    for service in SERVICES:
        role = await connection.fetchrow(ROLES, runtime_role(service.name), service.name)
        assert (role["passes"], role["owns"]) == (False, False), service.name


async def test_s39_a_connection_of_the_api_shows_nothing_until_it_is_told_who_asks(databases: Databases) -> None:
    for name in sorted(WALLED):
        service = name.partition(".")[0]
        for use, setting in (("api", None), ("worker", "on"), ("relay", "on"), ("health", "on")):
            async with databases.borrowed(service, use) as connection:  # type: ignore[arg-type]  # the four uses
                assert await connection.fetchval("SELECT current_setting('plam.region', true)") == setting
                assert await connection.fetchval("SELECT row_security_active($1::text::regclass)", name)
