"""The definitions that a ledger in use began with, and whether those before a definition are let go."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COMMENT = "whether those before it are fed no more"
EMPTY = "NOT EXISTS (SELECT FROM observatory.fact) AND NOT EXISTS (SELECT FROM observatory.entry)"
UNSAY = f"DELETE FROM observatory.definition WHERE {EMPTY}"  # noqa: S608  # a constant within a constant
SAY = f"""
INSERT INTO observatory.definition (indicator, "number", current_from)
SELECT indicator, min(definition), timestamptz '1970-01-01 00:00:00+00' FROM observatory.series
WHERE indicator NOT IN (SELECT indicator FROM observatory.definition) AND NOT ({EMPTY}) GROUP BY indicator
"""  # noqa: S608  # a constant within a constant
"""Of an indicator that was never switched, the lowest is current."""


def upgrade() -> None:
    """Up."""
    op.add_column(
        "definition",
        sa.Column("earlier_let_go", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment=COMMENT),
        schema="observatory",
    )
    op.execute(UNSAY)
    op.execute(SAY)


def downgrade() -> None:
    """Down."""
    op.drop_column("definition", "earlier_let_go", schema="observatory")
