"""Names that are known already.

In a transaction of its own: the columns are there for all, and no reader waits.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.execute(
        "UPDATE actions.action a SET lead_organisation_name = o.name FROM actions.organisation_copy o WHERE o.id = a.lead_organisation_id"
    )


def downgrade() -> None:
    """Down: the columns go with the revision before."""
