"""An index for the look at sites of the same name and commune."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_index("site_twin", "site", ["commune_code", "folded"], schema="access")


def downgrade() -> None:
    """Down."""
    op.drop_index("site_twin", table_name="site", schema="access")
