"""What the figures should say, asked of the service's own tables in plain SQL: the independent side of `plam verify`.

Each query takes today's date ($1) and gives (numerator, denominator); a stock has no denominator, a distribution gives its median and how
many there are. Those by department give the department first.
"""

SHOWN = """NOT concealed @> '[{"until": null}]'"""
ROWS = {
    "R01": f"FROM need WHERE status IN ('open', 'partially_filled') AND {SHOWN}",
    "R02": """
        FROM (
            SELECT department, 1 AS filled, 0 AS posts FROM assignment WHERE status = 'confirmed'
            UNION ALL
            SELECT department, 0, CASE status WHEN 'cancelled' THEN filled_count ELSE headcount END FROM need WHERE published_at IS NOT NULL
        ) AS published WHERE true
    """,
    "R03": "FROM assignment WHERE status = 'confirmed'",
    "R06": f"FROM need WHERE status IN ('open', 'partially_filled') AND {SHOWN}",
    "R10": "FROM application WHERE true",
    "R11": f"FROM application WHERE status = 'submitted' AND {SHOWN}",
}
DAYS = "(confirmed_at AT TIME ZONE 'Europe/Paris')::date - (need_published_at AT TIME ZONE 'Europe/Paris')::date"
COUNTED = {
    "R01": "sum(headcount - filled_count)::bigint, NULL::bigint",
    "R02": "sum(filled)::bigint, sum(posts)::bigint",
    "R03": f"(percentile_disc(0.5) WITHIN GROUP (ORDER BY {DAYS}))::bigint, count(*)::bigint",
    "R06": "count(DISTINCT organisation_id)::bigint, NULL::bigint",
    "R10": "count(*)::bigint, NULL::bigint",
    "R11": "count(*)::bigint, NULL::bigint",
}

MEANING = {
    **{code: f"SELECT {COUNTED[code]} {rows} AND $1::date IS NOT NULL" for code, rows in ROWS.items()},
    **{
        f"{code}/department": f"SELECT department, {COUNTED[code]} {rows} AND $1::date IS NOT NULL GROUP BY 1"
        for code, rows in ROWS.items()
    },
    "R04": "SELECT sum(amount_cents)::bigint, NULL::bigint FROM commitment WHERE status = 'committed' AND $1::date IS NOT NULL",
    "R05": """
        SELECT (SELECT sum(CASE kind WHEN 'commit' THEN amount_cents ELSE -amount_cents END) FROM envelope_entry
                WHERE kind <> 'ceiling_change')::bigint,
               (SELECT sum(ceiling_cents) FROM scheme_envelope)::bigint
        WHERE $1::date IS NOT NULL
    """,
    "R08": "SELECT sum(ceiling_cents)::bigint, NULL::bigint FROM scheme_envelope WHERE opened_on <= $1::date",
    "R09": "SELECT count(*)::bigint, NULL::bigint FROM scheme WHERE status = 'active' AND $1::date IS NOT NULL",
    "R12": "SELECT count(*)::bigint, NULL::bigint FROM scheme_envelope WHERE status = 'open' AND $1::date IS NOT NULL",
}
