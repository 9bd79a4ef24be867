"""What the figures should say, asked of the service's own tables in plain SQL: the independent side of `plam verify`.

Each query takes today's date ($1) and gives (numerator, denominator); a stock has no denominator. Those by a dimension
give its value first.
"""

MEANING = {
    "A01": "SELECT count(*)::bigint, NULL::bigint FROM site WHERE status = 'active' AND $1::date IS NOT NULL",
    "A01/department": """
        SELECT department, count(*)::bigint, NULL::bigint FROM site WHERE status = 'active' AND $1::date IS NOT NULL GROUP BY 1
    """,
    "A02": "SELECT count(*)::bigint, NULL::bigint FROM organisation WHERE status = 'active' AND $1::date IS NOT NULL",
    "A02/role": """
        SELECT role, count(*)::bigint, NULL::bigint
        FROM organisation, unnest(roles) AS role WHERE status = 'active' AND $1::date IS NOT NULL GROUP BY 1
    """,
}
