"""What the figures should say, asked of the service's own tables in plain SQL: the independent side of `plam verify`.

Each query takes today's date ($1) and gives (numerator, denominator); a stock has no denominator. Those by a dimension
give its value first.
"""

MEANING = {
    "N01": "SELECT count(*)::bigint, NULL::bigint FROM site WHERE status = 'active' AND $1::date IS NOT NULL",
    "N01/department": """
        SELECT department, count(*)::bigint, NULL::bigint FROM site WHERE status = 'active' AND $1::date IS NOT NULL GROUP BY 1
    """,
    "N03": """
        SELECT count(*)::bigint, NULL::bigint FROM organisation WHERE member_spells @> '[{"until": null}]' AND $1::date IS NOT NULL
    """,
    "N03/role": """
        SELECT role, count(*)::bigint, NULL::bigint FROM organisation, unnest(roles) AS role
        WHERE member_spells @> '[{"until": null}]' AND $1::date IS NOT NULL GROUP BY 1
    """,
    "N02": "SELECT count(*)::bigint, NULL::bigint FROM organisation WHERE status = 'active' AND $1::date IS NOT NULL",
    "N02/role": """
        SELECT role, count(*)::bigint, NULL::bigint
        FROM organisation, unnest(roles) AS role WHERE status = 'active' AND $1::date IS NOT NULL GROUP BY 1
    """,
}
