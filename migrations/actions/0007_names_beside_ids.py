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
    op.execute(
        "UPDATE actions.action a SET lead_organisation_name = o.name FROM actions.organisation_copy o WHERE o.id = a.lead_organisation_id"
    )


def downgrade() -> None:
    """Down."""
    op.drop_column("action", "lead_organisation_name", schema="actions")
