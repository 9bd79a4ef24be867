"""What the figures should say, asked of the service's own tables in plain SQL: the independent side of `plam verify`.

Each query takes today's date ($1) and gives (numerator, denominator); a stock has no denominator, a distribution gives its median and how
many there are. Those by department give the department first.
"""

SHOWN = """NOT concealed @> '[{"until": null}]'"""
ROWS = {
    "I01": "FROM placement_offer WHERE status IN ('published', 'closed')",
    "I04": """
        FROM (
            SELECT department, (ends_on - starts_on) / 7 AS filled, 0 AS offered FROM placement WHERE status = 'confirmed'
            UNION ALL
            SELECT department, 0, seats * ((ends_on - starts_on) / 7) FROM placement_offer WHERE status IN ('published', 'closed')
        ) AS weeks WHERE true
    """,
    "I08": "FROM placement_request WHERE answered_at IS NOT NULL",
    "I09": "FROM placement_request WHERE answered_at IS NOT NULL",
    "I27": f"FROM placement_unit WHERE status = 'active' AND {SHOWN}",
    "I28": f"FROM placement_offer WHERE status = 'published' AND {SHOWN}",
    "I29": f"FROM placement_request WHERE status = 'submitted' AND {SHOWN}",
}
DAYS = "(answered_at AT TIME ZONE 'Europe/Paris')::date - (submitted_at AT TIME ZONE 'Europe/Paris')::date"
COUNTED = {
    "I01": "sum(seats * ((ends_on - starts_on) / 7))::bigint, NULL::bigint",
    "I04": "sum(filled)::bigint, sum(offered)::bigint",
    "I08": f"(percentile_disc(0.5) WITHIN GROUP (ORDER BY {DAYS}))::bigint, count(*)::bigint",
    "I09": "count(*) FILTER (WHERE status = 'declined')::bigint, count(*)::bigint",
}
ONE_EACH = "count(*)::bigint, NULL::bigint"

MEANING = {
    **{code: f"SELECT {COUNTED.get(code, ONE_EACH)} {rows} AND $1::date IS NOT NULL" for code, rows in ROWS.items()},
    **{
        f"{code}/department": f"SELECT department, {COUNTED.get(code, ONE_EACH)} {rows} AND $1::date IS NOT NULL GROUP BY 1"
        for code, rows in ROWS.items()
    },
    "I09/decline_reason": f"""
        SELECT decline_reason, count(*)::bigint, (SELECT count(*) {ROWS["I09"]})::bigint
        FROM placement_request WHERE status = 'declined' AND $1::date IS NOT NULL GROUP BY 1
    """,  # noqa: S608  # constants of this file
}
