"""Databases for tests: their URLs, and how one is emptied between two tests."""

from urllib.parse import urlsplit, urlunsplit

import asyncpg

from services.kernel.base.settings import PREFIX, Settings

SECRET = "a secret of the tests"
"""The secret whose fingerprint the databases of tests have."""

UNHURRIED = {"request_timeout": 60.0, "statement_timeout": 60.0, "lock_timeout": 30.0, "acquire_timeout": 30.0}
"""Limits that no machine is too busy for: most tests are about what is answered, and a 503 says nothing of that."""

UNHURRIED_VARIABLES = {f"{PREFIX}{name.upper()}": str(value) for name, value in UNHURRIED.items()}
"""The same for a process."""

STUCK = 600.0
"""Seconds after which something does not wait for its turn any more, however busy the machine: it hangs."""

EMPTY = """
DO $$
DECLARE found record; filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR found IN SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
                 WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'public')
                   AND tablename NOT IN ('alembic_version', 'pseudonym_key')
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || found.name || ')' INTO filled;
        IF filled THEN EXECUTE 'DELETE FROM ' || found.name; END IF;
    END LOOP;
END $$
"""


def database_url(server: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


async def empty(settings: Settings) -> None:
    """Deletes every row of every service, faster than TRUNCATE where few tables have any."""
    assert settings.database_url is not None
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    try:
        await connection.execute(EMPTY)
    finally:
        await connection.close()


async def row_counts(connection: asyncpg.Connection) -> dict[str, int]:
    """How many rows each table of the services has."""
    tables = await connection.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'public') AND tablename <> 'alembic_version'"
    )
    counts = " UNION ALL ".join(f"SELECT '{table['name']}' AS name, count(*) AS rows FROM {table['name']}" for table in tables)  # noqa: S608
    return {row["name"]: row["rows"] for row in await connection.fetch(counts)}
