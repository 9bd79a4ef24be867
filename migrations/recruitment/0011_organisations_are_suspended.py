"""Copies of organisations say when they were suspended, and the code of those that fund."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column(
        "organisation_copy", sa.Column("suspended_spells", postgresql.JSONB(), server_default="[]", nullable=False), schema="recruitment"
    )
    op.add_column("organisation_copy", sa.Column("funder_code", sa.Text(), nullable=True), schema="recruitment")


def downgrade() -> None:
    """Down."""
    op.drop_column("organisation_copy", "funder_code", schema="recruitment")
    op.drop_column("organisation_copy", "suspended_spells", schema="recruitment")
