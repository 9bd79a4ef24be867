"""What names no department is `regional` in the ledger too, as in figures: `52` is the region's total alone.

Money and organisations without a department stood under the region's code. Series keep their numbers, so that what was read with an
older `known_at` reads the same.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

DAILY = """
UPDATE observatory.daily SET department = '{new}' WHERE department = '{old}' AND measure IN (
    SELECT indicator || '/' || definition || '/' || measure FROM observatory.series WHERE dimensions ->> 'department' = '{old}' AND {which}
)
"""
SERIES = """
UPDATE observatory.series
   SET dimensions = jsonb_set(dimensions, '{{department}}', '"{new}"'), department = CASE department WHEN '{old}' THEN '{new}' END
 WHERE dimensions ->> 'department' = '{old}' AND {which}
"""
OF_ONE_DEPARTMENT = (
    "(indicator, definition) NOT IN (SELECT indicator, definition FROM observatory.series WHERE NOT dimensions ? 'department')"
)
"""What may have several departments has a total beside them, in which what names none is counted once."""


def upgrade() -> None:
    """Up."""
    for statement in (DAILY, SERIES):
        op.execute(statement.format(old="52", new="regional", which="true"))


def downgrade() -> None:
    """Down."""
    for statement in (DAILY, SERIES):
        op.execute(statement.format(old="regional", new="52", which=OF_ONE_DEPARTMENT))
