"""Contributions name their place by one number, series << 22 | day, as the process reckons with it."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# the text must be, to the byte, what the ledger writes: it tells by it whether contributions changed
BY_PLACE = """
UPDATE observatory.fact AS f SET previous = NULL, contributions = coalesce((
    SELECT '[' || string_agg(format('[%s,%s]', place, amount), ',' ORDER BY place) || ']'
    FROM jsonb_array_elements(f.contributions::jsonb) AS c
    CROSS JOIN LATERAL (SELECT (c->>0)::bigint << 22 | ((c->>1)::date - date '0001-01-01' + 1) AS place, c->>2 AS amount) AS one
), '[]')
"""
BY_DAY = """
UPDATE observatory.fact AS f SET previous = NULL, contributions = coalesce((
    SELECT '[' || string_agg(format('[%s,"%s",%s]', place >> 22, date '0001-01-01' - 1 + (place & 4194303)::int, amount), ',' ORDER BY place) || ']'
    FROM jsonb_array_elements(f.contributions::jsonb) AS c
    CROSS JOIN LATERAL (SELECT (c->>0)::bigint AS place, c->>1 AS amount) AS one
), '[]')
"""


def upgrade() -> None:
    """Up."""
    op.execute(BY_PLACE)
    op.alter_column("fact", "contributions", comment="[[series << 22 | day, amount], …], sorted", schema="observatory")
    op.alter_column("fact", "state", comment="as its event said it", schema="observatory")


def downgrade() -> None:
    """Down."""
    op.execute(BY_DAY)
    op.alter_column("fact", "contributions", comment="[[series, day, amount], …], sorted", schema="observatory")
    op.alter_column("fact", "state", comment=None, schema="observatory")
