"""On an empty ledger the later definitions of the plan's figures are current from the start; a ledger in use switches once it is rebuilt."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LATER = "('K03', 2), ('K04', 2), ('K05', 2), ('K06', 3), ('K07', 3), ('K08', 3), ('K14', 2), ('K15', 2), ('K32', 2)"
CURRENT = f"""
INSERT INTO observatory.definition (indicator, "number", current_from)
SELECT indicator, "number", timestamptz '1970-01-01 00:00:00+00' FROM (VALUES {LATER}) AS t(indicator, "number")
WHERE NOT EXISTS (SELECT FROM observatory.batch)
"""  # noqa: S608  # a constant within a constant


def upgrade() -> None:
    """Up."""
    op.execute(CURRENT)


def downgrade() -> None:
    """Down."""
    op.execute(f'DELETE FROM observatory.definition WHERE (indicator, "number") IN ({LATER})')  # noqa: S608  # a constant
