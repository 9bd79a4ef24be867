"""The databases of the benchmark: migrated as in production, filled with actions, copied to the tables of the yardsticks."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from pydantic import SecretStr

from services.actions_api.actions.schemas import ACTION
from services.actions_api.actions.tables import Action
from services.contracts.codes import Axis, Department, Objective, Sector, Side
from services.kernel.base.principals import SYSTEM
from services.kernel.base.settings import Settings
from services.kernel.data import saving
from services.kernel.process.embedded import embedded
from services.kernel.process.migrate import migrate
from services.plam import SERVICES
from tests.support.database import SECRET, database_url

DESCRIPTION = (
    "Recenser les tuteurs de stage de chaque établissement, reconnaître leur temps dans l'organisation du travail et publier une charte "
    "commune aux instituts et aux terrains, avec une formation courte ouverte à tous les métiers paramédicaux."
)
RESULTS = "Une charte signée par quarante établissements ; deux cents tuteurs formés ; une offre de stages mieux répartie."
AXES, OBJECTIVES, DEPARTMENTS = list(Axis), list(Objective), list(Department)

YARDSTICK = """
DROP SCHEMA IF EXISTS {schema} CASCADE;
CREATE SCHEMA {schema};
CREATE TABLE {schema}.action (LIKE actions.action INCLUDING ALL);
ALTER TABLE {schema}.action DROP COLUMN document, DROP COLUMN document_schema, DROP COLUMN created_by, DROP COLUMN updated_by;
INSERT INTO {schema}.action ({columns}) SELECT {columns} FROM actions.action;
CREATE TABLE {schema}.outbox
    (id uuid PRIMARY KEY, type text NOT NULL, event {event} NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now());
"""

MULTIPLY = """
INSERT INTO actions.action ({columns})
SELECT {values} FROM actions.action AS a
CROSS JOIN LATERAL (
    SELECT n, (left(a.id::text, 30) || lpad(to_hex(n), 6, '0'))::uuid AS id FROM generate_series(1, $1 - 1) AS n
) AS made
"""


@contextmanager
def postgres(home: Path) -> Iterator[str]:
    """The server of PLAM_TEST_DATABASE_URL, or an embedded one."""
    if url := os.environ.get("PLAM_TEST_DATABASE_URL"):
        yield url
    else:
        with embedded(home, 200) as url:
            yield url


@asynccontextmanager
async def database(server: str, name: str) -> AsyncIterator[str]:
    """A migrated database, dropped at the end; its URL."""
    name = f"plam_bench_{name}_{os.getpid()}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}"')
        try:
            url = database_url(server, name)
            await migrate(SERVICES, Settings(database_url=SecretStr(url), secret=SecretStr(SECRET)))
            yield url
        finally:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def an_action(number: int) -> dict[str, Any]:
    """The body that makes the nth action."""
    return {
        "ref": f"F{number}",
        "title": f"Valorisation des tuteurs et gestion plus adaptée de l'offre de stages, lot {number}",
        "description": DESCRIPTION,
        "expected_results": RESULTS,
        "axis": AXES[number % len(AXES)],
        "objectives": OBJECTIVES[: 1 + number % 4],
        "departments": DEPARTMENTS[: number % 5],
        "sectors": list(Sector)[:2],
        "sides": list(Side)[:1],
        "flagship": number % 10 == 0,
        "cohort": "2023-2024",
        "starts_on": "2026-01-01",
        "ends_on": "2027-07-01",
    }


def action_of(number: int) -> Action:
    """The nth action, not saved yet."""
    body = an_action(number)
    return Action(**body | {name: date.fromisoformat(body[name]) for name in ("starts_on", "ends_on")})


async def fill(url: str, count: int) -> None:
    """Stores actions as `save` would have, by COPY."""
    rows = []
    for number in range(count):
        row = action_of(number)
        saving.advance(row, SYSTEM)
        values = vars(row) | {name: orjson.dumps(getattr(row, name)).decode() for name in ("history", "ends_changes")}
        rows.append([values[column] for column in ACTION.columns])
    connection = await asyncpg.connect(url)
    try:
        await connection.copy_records_to_table("action", schema_name="actions", columns=ACTION.columns, records=rows)
        await connection.execute("ANALYZE actions.action")
    finally:
        await connection.close()


async def copy_to_yardsticks(url: str) -> None:
    """Gives the two yardsticks the same rows under the same indexes, without the columns that only ours needs."""
    columns = ", ".join(f'"{c}"' for c in ACTION.columns if c not in ("document", "document_schema", "created_by", "updated_by"))
    connection = await asyncpg.connect(url)
    try:
        for schema, event in (("bare", "text"), ("usual", "jsonb")):
            await connection.execute(YARDSTICK.format(schema=schema, event=event, columns=columns))
            await connection.execute(f"ANALYZE {schema}.action")
    finally:
        await connection.close()


async def multiply(url: str, times: int) -> None:
    """Makes each stored action so many, alike but for their identifiers."""
    own = {"id": "made.id", "ref": "a.ref || '-' || made.n", "document": "replace(a.document, a.id::text, made.id::text)"}
    values = ", ".join(own.get(column, f'a."{column}"') for column in ACTION.columns)
    columns = ", ".join(f'"{column}"' for column in ACTION.columns)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(MULTIPLY.format(columns=columns, values=values), times)
        await connection.execute("VACUUM ANALYZE actions.action")
    finally:
        await connection.close()
