"""Milestones know who leads their action."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FILL = """
UPDATE actions.milestone SET lead_organisation_id = action.lead_organisation_id
FROM actions.action WHERE action.id = milestone.action_id AND action.lead_organisation_id IS NOT NULL
"""


def upgrade() -> None:
    """Up."""
    op.add_column("milestone", sa.Column("lead_organisation_id", sa.Uuid(), nullable=True), schema="actions")
    op.execute(FILL)


def downgrade() -> None:
    """Down."""
    op.drop_column("milestone", "lead_organisation_id", schema="actions")
