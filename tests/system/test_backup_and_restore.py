"""A backup goes back to a server that knows nothing of PlaM, as `docs/operations.md` says: the roles first, then the dump."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg
import pytest

from tests.support.clusters import as_login, cluster, programs_of
from tests.system.processes import Plant

OLDEST = 15
PASSING = {"PGOPTIONS": "-c plam.region=on"}
A_VERSION = """INSERT INTO recruitment.application_version VALUES (gen_random_uuid(), 1, now(), 'tests', '{}')"""
"""A row behind a wall."""
COUNTED = (
    "access.commune",
    "actions.action",
    "actions.action_version",
    "actions.outbox",
    "observatory.fact",
    "recruitment.application_version",
)


@pytest.fixture
def servers(postgres: None, tmp_path: Path) -> Iterator[list[str]]:
    """Two new servers, each with a login that may make roles and databases, and a database of its; the URLs as that login."""
    with ExitStack() as stack:
        urls = [stack.enter_context(cluster(tmp_path / name, OLDEST)) for name in ("old", "new")]
        for url in urls:
            asyncio.run(_execute(url, "CREATE ROLE deploy LOGIN CREATEROLE CREATEDB"))
            asyncio.run(_execute(as_login(url, "deploy", "postgres"), "CREATE DATABASE plam ENCODING UTF8 TEMPLATE template0"))
        yield [as_login(url, "deploy", "plam") for url in urls]


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def _counts(url: str) -> list[int]:
    connection = await asyncpg.connect(url, server_settings={"plam.region": "on"})
    found = [await connection.fetchval(f"SELECT count(*) FROM {table}") for table in COUNTED]  # the names above
    await connection.close()
    return found


def _run(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(programs_of(OLDEST) / program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, **environment})


def test_o8_a_backup_is_restored_to_a_server_without_the_roles(servers: list[str], tmp_path: Path) -> None:
    old, new = servers
    backup = str(tmp_path / "plam.dump")
    with Plant(tmp_path, old, "memory://") as plant:
        plant.command("import", "communes")
        asyncio.run(_execute(old, A_VERSION))
        refused = _run("pg_dump", "--format=custom", f"--file={backup}", old)
        assert "row-level security policy" in refused.stderr, "never a part of it in silence"
        dumped = _run("pg_dump", "--enable-row-security", "--format=custom", f"--file={backup}", old, **PASSING)
        assert dumped.returncode == 0, dumped.stderr
        plant.environment["PLAM_DATABASE_URL"] = new
        restored = _run("pg_restore", "--single-transaction", f"--dbname={new}", backup)
        assert 'role "plam_access_owner" does not exist' in restored.stderr
        plant.command("migrate", "--roles")
        restored = _run("pg_restore", "--single-transaction", f"--dbname={new}", backup)
        assert restored.returncode == 0, restored.stderr
        assert asyncio.run(_counts(new)) == asyncio.run(_counts(old))
        assert asyncio.run(_counts(new))[-1] == 1
        plant.command("migrate")
        assert "1228 inchangés" in plant.command("import", "communes")
        assert asyncio.run(_counts(new)) == asyncio.run(_counts(old))
