"""What the figures should say, asked of the service's own tables in plain SQL: the independent side of `plam verify`.

Each query takes today's date ($1) and gives (numerator, denominator); a stock has no denominator.
"""

MEANING = {
    "I01": """
        SELECT sum(seats * ((ends_on - starts_on) / 7))::bigint, NULL::bigint
        FROM placement_offer WHERE status IN ('published', 'closed') AND $1::date IS NOT NULL
    """,
    "I04": """
        SELECT (SELECT sum((ends_on - starts_on) / 7) FROM placement WHERE status = 'confirmed')::bigint,
               (SELECT sum(seats * ((ends_on - starts_on) / 7)) FROM placement_offer WHERE status IN ('published', 'closed'))::bigint
        WHERE $1::date IS NOT NULL
    """,
    "I09": """
        SELECT count(*) FILTER (WHERE status = 'declined')::bigint, count(*)::bigint
        FROM placement_request WHERE answered_at IS NOT NULL AND $1::date IS NOT NULL
    """,
    "I27": """
        SELECT count(*)::bigint, NULL::bigint
        FROM placement_unit WHERE status = 'active' AND NOT concealed @> '[{"until": null}]' AND $1::date IS NOT NULL
    """,
    "I28": """
        SELECT count(*)::bigint, NULL::bigint
        FROM placement_offer WHERE status = 'published' AND NOT concealed @> '[{"until": null}]' AND $1::date IS NOT NULL
    """,
    "I29": """
        SELECT count(*)::bigint, NULL::bigint
        FROM placement_request WHERE status = 'submitted' AND NOT concealed @> '[{"until": null}]' AND $1::date IS NOT NULL
    """,
}
