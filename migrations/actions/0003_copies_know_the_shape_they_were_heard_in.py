"""A copy says in which shape its state was heard: the same version in a later shape replaces it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column("organisation_copy", sa.Column("state_number", sa.SmallInteger(), server_default="1", nullable=False), schema="actions")


def downgrade() -> None:
    """Down."""
    op.drop_column("organisation_copy", "state_number", schema="actions")
