"""What must hold of every row after whatever a test did: document, history and event say the same, byte for byte."""

from collections import defaultdict
from uuid import UUID

import asyncpg
from sqlmodel import select

from services.kernel.data.conditions import among
from services.kernel.data.database import Database, Databases
from services.kernel.data.nouns import NOUNS, Noun
from services.kernel.data.records import table_of, versions_of
from services.kernel.data.saving import state_of
from services.plam import SERVICES

MOST = 200
"""Rows compared, of each noun: a test that writes thousands writes them all alike."""
EVENTS = "SELECT subject, version, event FROM outbox WHERE kind = $1 AND subject = ANY($2::text[])"


async def check_documents(databases: Databases) -> None:
    """Compares the rows of each noun with their documents, their history and their events."""
    nouns = await _with_rows(databases)
    for service in SERVICES:
        own = [noun for noun in nouns if table_of(noun.table).schema == service.name]
        if own:
            async with databases.open(service.name, "worker", rehearsal=True) as db:
                for noun in own:
                    await _check(db, noun, databases.secret)


async def _with_rows(databases: Databases) -> list[Noun]:
    url = databases.settings.database_url
    assert url is not None
    connection = await asyncpg.connect(url.get_secret_value())
    try:
        by_name = {str(table_of(noun.table)): noun for noun in NOUNS.values()}
        asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in by_name)  # noqa: S608  tables of ours
        return [by_name[row[0]] for row in await connection.fetch(asked)]
    finally:
        await connection.close()


async def _check(db: Database, noun: Noun, secret: bytes) -> None:
    rows = await db.fetch(select(noun.table).limit(MOST))
    histories = await _histories(db, noun, [row.id for row in rows])
    for row in rows:
        where = f"{noun.table.__name__} {row.id} version {row.version}"
        written = noun.document.model_validate(row).model_dump_json()
        assert row.document == written, f"{where}: the document is not what the row says"
        assert row.document_schema == noun.document_schema, where
        assert list(histories[row.id]) == list(range(1, row.version + 1)), f"{where}: a version is missing in the history"
        assert histories[row.id][row.version] == written, f"{where}: the history ends with another document"
    if noun.state is not None:
        states = {str(state.id): state for state in (state_of(noun, row, secret) for row in rows)}
        connection = await db.connection()
        for subject, version, event in await connection.fetch(EVENTS, noun.state.kind, list(states)):
            state = states[subject]
            if version == state.version:
                assert event.endswith(f'"data":{state.model_dump_json()}}}'), (
                    f"{noun.table.__name__} {subject}: the event carries another state"
                )


async def _histories(db: Database, noun: Noun, identifiers: list[UUID]) -> dict[UUID, dict[int, str]]:
    versions = versions_of(noun.table)
    statement = select(versions.c.id, versions.c.version, versions.c.document).where(among(versions.c.id, identifiers))
    found: dict[UUID, dict[int, str]] = defaultdict(dict)
    for identifier, version, document in await db.fetch(statement.order_by(versions.c.version)):
        found[identifier][version] = document
    return found
