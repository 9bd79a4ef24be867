"""Searches are quick after an import: their indexes keep nothing aside until a vacuum."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = ("commune_search", "commune_old_search", "organisation_search", "site_search")


def upgrade() -> None:
    """Up."""
    for index in INDEXES:
        op.execute(f"ALTER INDEX access.{index} SET (fastupdate = off)")
        op.execute(f"SELECT gin_clean_pending_list('access.{index}')")


def downgrade() -> None:
    """Down."""
    for index in INDEXES:
        op.execute(f"ALTER INDEX access.{index} RESET (fastupdate)")
