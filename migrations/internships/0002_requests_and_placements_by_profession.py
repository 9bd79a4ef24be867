"""Indexes for the lists of requests and placements of a profession."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_index("placement_request_profession_page", "placement_request", ["profession", "id"], schema="internships")
    op.create_index("placement_profession_page", "placement", ["profession", "id"], schema="internships")


def downgrade() -> None:
    """Down."""
    op.drop_index("placement_profession_page", table_name="placement", schema="internships")
    op.drop_index("placement_request_profession_page", table_name="placement_request", schema="internships")
