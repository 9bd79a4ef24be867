"""Quarantine knows an event by its id and a digest of all it says, and whose message brought it: a forgery stands for itself alone."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    for name, comment in (("digest", "of the event: another may bear its id"), ("producer", "whose message brought it")):
        op.add_column("quarantine", sa.Column(name, sa.Text(), nullable=True, comment=comment), schema="access")
    op.execute("""
        UPDATE access.quarantine
        SET digest = encode(sha256(convert_to(event, 'UTF8')), 'hex'), producer = ltrim(source, '/')
    """)
    for name in ("digest", "producer"):
        op.alter_column("quarantine", name, nullable=False, schema="access")
    op.drop_constraint(op.f("quarantine_pkey"), "quarantine", schema="access")
    op.create_primary_key(op.f("quarantine_pkey"), "quarantine", ["event_id", "digest"], schema="access")


def downgrade() -> None:
    """Down: of events that bear one id, the first that came is kept."""
    op.execute("""
        DELETE FROM access.quarantine AS later USING access.quarantine AS first
        WHERE first.event_id = later.event_id AND (first.recorded_at, first.digest) < (later.recorded_at, later.digest)
    """)
    op.drop_constraint(op.f("quarantine_pkey"), "quarantine", schema="access")
    op.create_primary_key(op.f("quarantine_pkey"), "quarantine", ["event_id"], schema="access")
    for name in ("producer", "digest"):
        op.drop_column("quarantine", name, schema="access")
