"""Names beside ids."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column("action", sa.Column("lead_organisation_name", sa.Text(), nullable=True), schema="actions")


def downgrade() -> None:
    """Down."""
    op.drop_column("action", "lead_organisation_name", schema="actions")
