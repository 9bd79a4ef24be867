"""Copies of organisations say when they were suspended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column(
        "organisation_copy", sa.Column("suspended_spells", postgresql.JSONB(), server_default="[]", nullable=False), schema="internships"
    )


def downgrade() -> None:
    """Down."""
    op.drop_column("organisation_copy", "suspended_spells", schema="internships")
