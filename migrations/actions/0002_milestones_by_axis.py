"""An index for the list of milestones of an axis."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_index("milestone_axis_page", "milestone", ["axis", "id"], schema="actions")


def downgrade() -> None:
    """Down."""
    op.drop_index("milestone_axis_page", table_name="milestone", schema="actions")
