"""Copies of organisations say when they were suspended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column(
        "organisation_copy", sa.Column("suspended_spells", postgresql.JSONB(), server_default="[]", nullable=False), schema="actions"
    )


def downgrade() -> None:
    """Down."""
    op.drop_column("organisation_copy", "suspended_spells", schema="actions")
