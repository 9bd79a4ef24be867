"""On an empty ledger the second definitions of I01 and I04 are current from the start; a ledger in use switches once it is rebuilt."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CURRENT = """
INSERT INTO observatory.definition (indicator, "number", current_from)
SELECT indicator, 2, timestamptz '1970-01-01 00:00:00+00' FROM unnest(ARRAY['I01', 'I04']) AS t(indicator)
WHERE NOT EXISTS (SELECT FROM observatory.batch)
"""


def upgrade() -> None:
    """Up."""
    op.execute(CURRENT)


def downgrade() -> None:
    """Down."""
    op.execute("DELETE FROM observatory.definition WHERE indicator IN ('I01', 'I04') AND \"number\" = 2")
