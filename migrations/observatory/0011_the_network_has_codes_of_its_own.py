"""A01 and A02 are called N01 and N02, as A1 to A7 are the axes: series, roll-up and definitions bear the new code, whenever they were known."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SERIES = "UPDATE observatory.series SET indicator = '{new}' || substr(indicator, 2) WHERE indicator IN ('{old}01', '{old}02')"
DEFINITION = "UPDATE observatory.definition SET indicator = '{new}' || substr(indicator, 2) WHERE indicator IN ('{old}01', '{old}02')"
DAILY = "UPDATE observatory.daily SET measure = '{new}' || substr(measure, 2) WHERE measure LIKE '{old}01/%' OR measure LIKE '{old}02/%'"


def upgrade() -> None:
    """Up."""
    for statement in (SERIES, DEFINITION, DAILY):
        op.execute(statement.format(old="A", new="N"))


def downgrade() -> None:
    """Down."""
    for statement in (SERIES, DEFINITION, DAILY):
        op.execute(statement.format(old="N", new="A"))
