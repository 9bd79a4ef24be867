"""What the figures should say, asked of the service's own tables in plain SQL: the independent side of `plam verify`.

Each query takes today's date ($1) and gives (numerator, denominator); a stock or a count has no denominator. Those by department give
(department, numerator, denominator): an action without departments is of every one, and of the row `regional`.
"""

EACH = """
unnest(CASE cardinality(departments) WHEN 0 THEN '{44,49,53,72,85,regional}' ELSE departments END) AS department
"""
LATE = """
(a.ends_on <= $1::date OR EXISTS (SELECT FROM milestone m WHERE m.action_id = a.id AND m.status = 'planned' AND m.due < $1::date))
"""

MEANING = {
    "K03": "SELECT count(*)::bigint, NULL::bigint FROM action WHERE status <> 'draft' AND $1::date IS NOT NULL",
    "K04": """
        SELECT count(*) FILTER (WHERE status IN ('in_progress', 'suspended', 'completed', 'evaluated'))::bigint, count(*)::bigint
        FROM action WHERE flagship AND status NOT IN ('draft', 'submitted', 'abandoned') AND $1::date IS NOT NULL
    """,
    "K05": f"""
        SELECT count(*) FILTER (WHERE {LATE})::bigint, count(*)::bigint
        FROM action a WHERE a.status IN ('approved', 'in_progress', 'suspended')
    """,  # noqa: S608  # a constant within a constant
    "K06": """
        SELECT count(*) FILTER (WHERE m.reached_on <= m.due_initial)::bigint, count(*)::bigint
        FROM milestone m WHERE m.due_initial <= $1::date
          AND (m.status = 'reached' AND m.action_status NOT IN ('draft', 'submitted')
               OR m.status = 'planned' AND m.action_status IN ('approved', 'in_progress', 'suspended'))
    """,
    "K14": """
        SELECT count(*) FILTER (WHERE cardinality(sectors) = 3)::bigint, count(*)::bigint
        FROM action WHERE status IN ('approved', 'in_progress', 'suspended') AND $1::date IS NOT NULL
    """,
    "K15": """
        SELECT count(DISTINCT (axis, objective))::bigint, 28::bigint FROM action, unnest(objectives) AS objective
        WHERE status NOT IN ('draft', 'submitted', 'abandoned') AND $1::date IS NOT NULL
    """,
    "K08": """
        SELECT count(*) FILTER (WHERE m.due < $1::date)::bigint, count(*)::bigint
        FROM milestone m WHERE m.status = 'planned' AND m.action_status IN ('approved', 'in_progress', 'suspended')
    """,
    "K03/department": f"""
        SELECT department, count(*)::bigint, NULL::bigint
        FROM action, {EACH} WHERE status <> 'draft' AND $1::date IS NOT NULL GROUP BY 1
    """,  # noqa: S608  # a constant within a constant
    "K05/department": f"""
        SELECT department, count(*) FILTER (WHERE {LATE})::bigint, count(*)::bigint
        FROM action a, {EACH} WHERE a.status IN ('approved', 'in_progress', 'suspended') GROUP BY 1
    """,  # noqa: S608  # a constant within a constant
    "K08/department": f"""
        SELECT department, count(*) FILTER (WHERE m.due < $1::date)::bigint, count(*)::bigint
        FROM milestone m, {EACH} WHERE m.status = 'planned' AND m.action_status IN ('approved', 'in_progress', 'suspended') GROUP BY 1
    """,  # noqa: S608  # a constant within a constant
}
