"""The roll-up of every kind, at three grains; which batch last wrote into a month; and figures that closed months keep.

`daily` knew sums alone. Its successor is filled from the entries, which have them all. A worker of before, left running, would not add to
it: stop workers first; `plam rebuild` sets right what one wrote all the same.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROLL_DETAILS_UP = """
WITH detailed AS (
    SELECT DISTINCT indicator, definition FROM observatory.series WHERE dimensions ? 'value' OR dimensions ? 'key'
), several AS (
    SELECT s.indicator, s.definition, s.measure, name.name
    FROM observatory.series s JOIN detailed USING (indicator, definition), jsonb_object_keys(s.dimensions) AS name (name)
    GROUP BY 1, 2, 3, 4
    HAVING count(*) < (
        SELECT count(*) FROM observatory.series o WHERE (o.indicator, o.definition, o.measure) = (s.indicator, s.definition, s.measure)
    )
)
UPDATE observatory.series AS s SET department = coalesce(s.dimensions ->> 'department', '52')
WHERE s.department IS NULL AND (s.indicator, s.definition) IN (SELECT indicator, definition FROM detailed) AND NOT EXISTS (
    SELECT FROM several AS n WHERE (n.indicator, n.definition, n.measure) = (s.indicator, s.definition, s.measure)
       AND n.name <> 'department' AND s.dimensions ? n.name
)
"""
"""A dimension that some series of a measure have not is one of which a fact has several: split by it, a total would count twice."""
FILL = """
INSERT INTO observatory.rollup (measure, grain, start, department, detail, amount)
SELECT d.measure, g.grain, g.start, d.department, g.detail, sum(d.amount) FROM (
    SELECT s.indicator || '/' || s.definition || '/' || s.measure AS measure, s.department, s.dimensions ? 'key' AS keyed,
           coalesce(s.dimensions ->> 'value', s.dimensions ->> 'key', '') AS detail, e."on", sum(e.amount) AS amount
    FROM observatory.entry e JOIN observatory.series s ON s.id = e.series WHERE s.department IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(e.amount) <> 0
) AS d CROSS JOIN LATERAL (
    VALUES ('day', d."on", ''), ('month', date_trunc('month', d."on"::timestamp)::date, d.detail), ('ever', date '-infinity', d.detail)
) AS g (grain, start, detail)
WHERE NOT (d.keyed AND g.grain = 'month') GROUP BY 1, 2, 3, 4, 5 HAVING sum(d.amount) <> 0
"""
TOUCH = """
INSERT INTO observatory.touched_month (indicator, definition, month, batch)
SELECT DISTINCT ON (w.indicator, w.definition, w.month) w.indicator, w.definition, w.month, w.batch FROM (
    SELECT DISTINCT s.indicator, s.definition, date_trunc('month', e."on"::timestamp)::date AS month, e.batch
    FROM observatory.entry e JOIN observatory.series s ON s.id = e.series WHERE s.department IS NOT NULL
) AS w JOIN observatory.batch b ON b.id = w.batch ORDER BY w.indicator, w.definition, w.month, b.recorded_at DESC
"""
OF_SUMS = """
UPDATE observatory.series SET department = NULL WHERE (indicator, definition) IN (
    SELECT indicator, definition FROM observatory.series WHERE dimensions ? 'value' OR dimensions ? 'key'
)
"""
FILL_DAILY = """
INSERT INTO observatory.daily (measure, department, "on", amount)
SELECT s.indicator || '/' || s.definition || '/' || s.measure, s.department, e."on", sum(e.amount)
FROM observatory.entry e JOIN observatory.series s ON s.id = e.series WHERE s.department IS NOT NULL GROUP BY 1, 2, 3
"""


def upgrade() -> None:
    """Up."""
    op.create_table(
        "rollup",
        sa.Column("measure", sa.Text(collation="C"), nullable=False, comment="indicator/definition/measure"),
        sa.Column("grain", sa.Text(collation="C"), nullable=False, comment="day, month (of cells, none), or ever: whatever the day"),
        sa.Column("start", sa.Date(), nullable=False, comment="its first day; of ever, -infinity"),
        sa.Column("department", sa.Text(collation="C"), nullable=False),
        sa.Column("detail", sa.Text(collation="C"), nullable=False, comment="of a distribution the value, of cells the key; of a day none"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("grain IN ('day', 'month', 'ever')", name=op.f("rollup_grain_check")),
        sa.PrimaryKeyConstraint("measure", "grain", "start", "department", "detail", name=op.f("rollup_pkey")),
        schema="observatory",
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "touched_month",
        sa.Column("indicator", sa.Text(collation="C"), nullable=False),
        sa.Column("definition", sa.SmallInteger(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column("batch", sa.BigInteger(), nullable=False, comment="the last that wrote an entry dated in it"),
        sa.PrimaryKeyConstraint("indicator", "definition", "month", name=op.f("touched_month_pkey")),
        schema="observatory",
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "closed_month",
        sa.Column("indicator", sa.Text(collation="C"), nullable=False),
        sa.Column("definition", sa.SmallInteger(), nullable=False),
        sa.Column("department", sa.Text(collation="C"), nullable=False, comment="as it is asked for; 52: the region"),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column("until", sa.Date(), nullable=False, comment="the first day of the next one; of the month under way, tomorrow"),
        sa.Column("figure", sa.Text(), nullable=False, comment="of a flow, of the month; of a stock, at its end"),
        sa.Column("known_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="what was known when it was made"),
        sa.PrimaryKeyConstraint("indicator", "definition", "department", "month", name=op.f("closed_month_pkey")),
        schema="observatory",
    )
    op.alter_column("series", "department", comment="where rollup adds it up; null: not rolled up", schema="observatory")
    op.create_index("entry_on", "entry", ["on"], unique=False, schema="observatory")
    for statement in (ROLL_DETAILS_UP, FILL, TOUCH):
        op.execute(statement)
    op.drop_table("daily", schema="observatory")


def downgrade() -> None:
    """Down."""
    op.create_table(
        "daily",
        sa.Column("measure", sa.Text(collation="C"), nullable=False, comment="indicator/definition/measure"),
        sa.Column("department", sa.Text(collation="C"), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("measure", "department", "on", name=op.f("daily_pkey")),
        schema="observatory",
        postgresql_with={"fillfactor": 80},
    )
    op.alter_column("series", "department", comment="where daily adds it up; null: not rolled up", schema="observatory")
    for statement in (OF_SUMS, FILL_DAILY):
        op.execute(statement)
    op.drop_index("entry_on", table_name="entry", schema="observatory")
    for table in ("closed_month", "touched_month", "rollup"):
        op.drop_table(table, schema="observatory")
