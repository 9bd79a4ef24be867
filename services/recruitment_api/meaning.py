"""What the figures should say, asked of the service's own tables in plain SQL: the independent side of `plam verify`.

Each query takes today's date ($1) and gives (numerator, denominator); a stock has no denominator.
"""

MEANING = {
    "R01": """
        SELECT sum(headcount - filled_count)::bigint, NULL::bigint
        FROM need WHERE status IN ('open', 'partially_filled') AND NOT concealed @> '[{"until": null}]' AND $1::date IS NOT NULL
    """,
    "R02": """
        SELECT (SELECT count(*) FROM assignment WHERE status = 'confirmed')::bigint,
               sum(CASE status WHEN 'cancelled' THEN filled_count ELSE headcount END)::bigint
        FROM need WHERE published_at IS NOT NULL AND $1::date IS NOT NULL
    """,
    "R04": "SELECT sum(amount_cents)::bigint, NULL::bigint FROM commitment WHERE status = 'committed' AND $1::date IS NOT NULL",
    "R05": """
        SELECT (SELECT sum(CASE kind WHEN 'commit' THEN amount_cents ELSE -amount_cents END) FROM envelope_entry
                WHERE kind <> 'ceiling_change')::bigint,
               (SELECT sum(ceiling_cents) FROM scheme_envelope)::bigint
        WHERE $1::date IS NOT NULL
    """,
    "R08": "SELECT sum(ceiling_cents)::bigint, NULL::bigint FROM scheme_envelope WHERE opened_on <= $1::date",
    "R09": "SELECT count(*)::bigint, NULL::bigint FROM scheme WHERE status = 'active' AND $1::date IS NOT NULL",
    "R11": """
        SELECT count(*)::bigint, NULL::bigint
        FROM application WHERE status = 'submitted' AND NOT concealed @> '[{"until": null}]' AND $1::date IS NOT NULL
    """,
    "R12": "SELECT count(*)::bigint, NULL::bigint FROM scheme_envelope WHERE status = 'open' AND $1::date IS NOT NULL",
}
