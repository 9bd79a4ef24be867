"""On an empty ledger the definitions that leave out what is concealed are current from the start; one in use switches to them."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# a day after that of 0003: of two definitions of one indicator the later is current
CURRENT = """
INSERT INTO observatory.definition (indicator, "number", current_from)
SELECT code, "number", timestamptz '1970-01-02 00:00:00+00'
FROM (VALUES ('I27', 2), ('I28', 2), ('I29', 2), ('R01', 2), ('R06', 2), ('R07', 3), ('R11', 2)) AS of_today (code, "number")
WHERE NOT EXISTS (SELECT FROM observatory.batch)
"""


def upgrade() -> None:
    """Up."""
    op.execute(CURRENT)


def downgrade() -> None:
    """Down."""
    op.execute("DELETE FROM observatory.definition WHERE current_from = timestamptz '1970-01-02 00:00:00+00'")
