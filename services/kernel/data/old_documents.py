"""Documents stored in an old shape, rewritten in the newest: by a job, a few rows at a time. Histories keep their bytes."""

from collections.abc import Sequence
from functools import partial

from sqlmodel import col, select

from services.kernel.data.database import Database
from services.kernel.data.fetch_many import fetch_many
from services.kernel.data.nouns import NOUNS, Noun
from services.kernel.data.records import table_of
from services.kernel.data.saving import serialised
from services.kernel.data.service import in_parts

AT_ONCE = 500
"""Rows that one transaction holds."""


async def rewrite_documents(db: Database) -> None:
    """Serialises again the documents of a service's rows that an earlier release stored. Neither version nor event: nothing happened."""
    for noun in nouns_of(db.service):
        await in_parts(db, partial(rewrite_some, noun=noun), AT_ONCE)


def nouns_of(service: str) -> Sequence[Noun]:
    """The nouns of a service."""
    return [noun for noun in NOUNS.values() if table_of(noun.table).schema == service]


async def rewrite_some(db: Database, noun: Noun) -> int:
    """Rewrites at most `AT_ONCE` documents of a noun; how many. A row that somebody is changing is saved in the newest shape anyway."""
    old = select(noun.table).where(col(noun.table.document_schema) < noun.document_schema).limit(AT_ONCE)
    rows = await db.fetch(old.with_for_update(skip_locked=True, key_share=True))
    connection = await db.connection()
    await fetch_many(
        connection,
        f'UPDATE "{table_of(noun.table).name}" SET document = $2, document_schema = $3 WHERE id = $1',
        [(row.id, serialised(noun, row), noun.document_schema) for row in rows],
    )
    return len(rows)
