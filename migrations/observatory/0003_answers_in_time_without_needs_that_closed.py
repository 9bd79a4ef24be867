"""On an empty ledger the second definition of R07 is current from the start; a ledger in use switches to it once it is rebuilt."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CURRENT = """
INSERT INTO observatory.definition (indicator, "number", current_from)
SELECT 'R07', 2, timestamptz '1970-01-01 00:00:00+00' WHERE NOT EXISTS (SELECT FROM observatory.batch)
"""


def upgrade() -> None:
    """Up."""
    op.execute(CURRENT)


def downgrade() -> None:
    """Down."""
    op.execute("DELETE FROM observatory.definition WHERE indicator = 'R07' AND \"number\" = 2")
