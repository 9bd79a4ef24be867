"""The roll-up and the months that were written into, in SQL: what a batch adds to them, and what all entries make of them."""

from services.observatory_api.ledger.sums import DAY, DAY_BITS

GIVEN = f"""
SELECT (pair->>0)::bigint >> {DAY_BITS} AS series, date '0001-01-01' - 1 + ((pair->>0)::bigint & {DAY})::int AS "on",
       (pair->>1)::bigint AS amount
FROM jsonb_array_elements($1::text::jsonb) AS pair
"""  # noqa: S608  # constants within a constant
"""The entries of a batch, `[[where, amount], …]`, as a fact keeps contributions."""


def _rollup(entries: str) -> str:
    """The rows that entries make; those that come to nothing are left out.

    A day has the sum of a measure in a department; a month also knows the values of a distribution; of ever, every key of cells is known
    apart too. A key seldom counts twice in a month: there, a row a key would be as many as the entries.
    """
    return f"""
SELECT d.measure, g.grain, g.start, d.department, g.detail, sum(d.amount)::bigint AS amount FROM (
    SELECT s.indicator || '/' || s.definition || '/' || s.measure AS measure, s.department, s.dimensions ? 'key' AS keyed,
           coalesce(s.dimensions ->> 'value', s.dimensions ->> 'key', '') AS detail, e."on", sum(e.amount) AS amount
    FROM {entries} AS e JOIN series s ON s.id = e.series WHERE s.department IS NOT NULL GROUP BY 1, 2, 3, 4, 5 HAVING sum(e.amount) <> 0
) AS d CROSS JOIN LATERAL (
    VALUES ('day', d."on", ''), ('month', date_trunc('month', d."on"::timestamp)::date, d.detail), ('ever', date '-infinity', d.detail)
) AS g (grain, start, detail)
WHERE NOT (d.keyed AND g.grain = 'month') GROUP BY 1, 2, 3, 4, 5 HAVING sum(d.amount) <> 0
"""  # noqa: S608  # a constant


def _months(entries: str, *more: str) -> str:
    """The months of each definition that entries are in."""
    columns = ", ".join(("s.indicator", "s.definition", "date_trunc('month', e.\"on\"::timestamp)::date AS month", *more))
    return f"SELECT DISTINCT {columns} FROM {entries} AS e JOIN series s ON s.id = e.series WHERE s.department IS NOT NULL"  # noqa: S608


ADD = f"""
INSERT INTO rollup AS r (measure, grain, start, department, detail, amount)
{_rollup(f"({GIVEN})")} ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (measure, grain, start, department, detail) DO UPDATE SET amount = r.amount + excluded.amount
"""
"""In an order, in which the rows are locked."""
TOUCH = f"""
INSERT INTO touched_month (indicator, definition, month, batch)
SELECT indicator, definition, month, $2 FROM ({_months(f"({GIVEN})")}) AS m ORDER BY 1, 2, 3
ON CONFLICT (indicator, definition, month) DO UPDATE SET batch = excluded.batch
"""  # noqa: S608  # a constant
"""Rows are held until the stamp, so that the last to write one has the last stamp."""

WRONG_ROLLUP = f"""
SELECT measure, grain, start, department, detail, coalesce(t.amount, 0) AS expected, coalesce(r.amount, 0) AS found
FROM ({_rollup("entry")}) AS t FULL JOIN rollup r USING (measure, grain, start, department, detail)
WHERE coalesce(t.amount, 0) <> coalesce(r.amount, 0)
"""  # noqa: S608  # a constant
WRONG_MONTHS = f"""
SELECT indicator, definition, month, t.batch AS expected, m.batch AS found FROM (
    SELECT DISTINCT ON (w.indicator, w.definition, w.month) w.indicator, w.definition, w.month, w.batch
    FROM ({_months("entry", "e.batch")}) AS w JOIN batch b ON b.id = w.batch
    ORDER BY w.indicator, w.definition, w.month, b.recorded_at DESC
) AS t FULL JOIN touched_month m USING (indicator, definition, month) WHERE t.batch IS DISTINCT FROM m.batch
"""  # noqa: S608  # a constant
