"""Answers kept under an `Idempotency-Key` for 24 hours: their table, and how they are forgotten."""

from datetime import timedelta

from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB

from services.kernel.data.database import Database
from services.kernel.data.privacy import PERSONAL

KEPT = timedelta(hours=24)


def idempotency_table(metadata: MetaData) -> Table:
    """The table of the answers kept, in a service's schema."""
    return Table(
        "idempotency",
        metadata,
        Column("subject", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("request", LargeBinary, nullable=False),
        Column("status", Integer),
        Column("headers", JSONB),
        Column("body", LargeBinary),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        info=PERSONAL,
    )


async def purge(db: Database) -> None:
    """Forgets the answers older than 24 hours."""
    connection = await db.connection()
    await connection.execute("DELETE FROM idempotency WHERE created_at < now() - $1::interval", KEPT)
