"""What has been revoked, as each service keeps it beside its own tables: whose tokens are refused, and those issued until when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import UUID as SaUuid, Column, DateTime, Index, MetaData, Table

from services.kernel.data.database import Database
from services.kernel.data.privacy import INTERNAL

KEEP = """
INSERT INTO revoked (id, target_id, since) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
ON CONFLICT (id) DO UPDATE SET target_id = excluded.target_id, since = excluded.since
WHERE (revoked.target_id, revoked.since) <> (excluded.target_id, excluded.since)
"""


class Said(Protocol):
    """A revocation, as a row of access_api or as its event says it."""

    @property
    def id(self) -> UUID: ...
    @property
    def target_id(self) -> UUID: ...
    @property
    def since(self) -> datetime: ...


def revoked_table(metadata: MetaData) -> None:
    """Declares the table, which rows are only added to."""
    Table(
        "revoked",
        metadata,
        Column("id", SaUuid(), primary_key=True),
        Column("target_id", SaUuid(), nullable=False),
        Column("since", DateTime(timezone=True), nullable=False),
        Index("revoked_since_index", "since"),
        info=INTERNAL,  # identifiers alone
    )


async def keep(db: Database, said: Sequence[Said]) -> None:
    """Keeps revocations, in whatever order and however often they are said."""
    by_id = {one.id: one for one in said}
    rows = [(key, by_id[key].target_id, by_id[key].since) for key in sorted(by_id)]
    await (await db.connection()).execute(KEEP, *zip(*rows, strict=True))
