"""What the figures should say, asked of the service's own tables in plain SQL: the independent side of `plam verify`.

Each query takes today's date ($1) and gives (numerator, denominator); a stock or a count has no denominator, a distribution gives its
median and how many there are. Those by a dimension give its value first: an action without departments is of every one, and of the row
`regional`.
"""

from typing import NamedTuple

from services.contracts.codes import Department


class Counted(NamedTuple):
    """What is counted of a table's rows."""

    what: str
    table: str
    where: str


LIVE = "('approved', 'in_progress', 'suspended')"
LATE = """
(t.ends_on <= $1::date OR EXISTS (SELECT FROM milestone m WHERE m.action_id = t.id AND m.status = 'planned' AND m.due < $1::date))
"""
EXPECTED = f"""
(t.status = 'reached' AND t.action_status NOT IN ('draft', 'submitted') OR t.status = 'planned' AND t.action_status IN {LIVE})
"""
COUNTED = {
    "K03": Counted("count(*)::bigint, NULL::bigint", "action", "t.status <> 'draft'"),
    "K04": Counted(
        "count(*) FILTER (WHERE t.status IN ('in_progress', 'suspended', 'completed', 'evaluated'))::bigint, count(*)::bigint",
        "action",
        "t.flagship AND t.status NOT IN ('draft', 'submitted', 'abandoned')",
    ),
    "K05": Counted(f"count(*) FILTER (WHERE {LATE})::bigint, count(*)::bigint", "action", f"t.status IN {LIVE}"),
    "K06": Counted(
        "count(*) FILTER (WHERE t.reached_on <= t.due_initial)::bigint, count(*)::bigint",
        "milestone",
        f"t.due_initial <= $1::date AND {EXPECTED}",
    ),
    "K07": Counted(
        "(percentile_disc(0.5) WITHIN GROUP (ORDER BY t.due - t.due_initial))::bigint, count(*)::bigint", "milestone", f"{EXPECTED}"
    ),
    "K08": Counted(
        "count(*) FILTER (WHERE t.due < $1::date)::bigint, count(*)::bigint",
        "milestone",
        f"t.status = 'planned' AND t.action_status IN {LIVE}",
    ),
    "K14": Counted("count(*) FILTER (WHERE cardinality(t.sectors) = 3)::bigint, count(*)::bigint", "action", f"t.status IN {LIVE}"),
    "K32": Counted("count(*)::bigint, NULL::bigint", "action", "t.status IN ('draft', 'submitted')"),
}
EVERY = f"unnest(CASE cardinality(departments) WHEN 0 THEN '{{{','.join(Department)},regional}}' ELSE departments END)"


def said(one: Counted) -> str:
    """In the whole region."""
    return f"SELECT {one.what} FROM {one.table} t WHERE {one.where} AND $1::date IS NOT NULL"  # noqa: S608  # constants of this file


def by_axis(one: Counted) -> str:
    """By axis."""
    return f"SELECT t.axis, {one.what} FROM {one.table} t WHERE {one.where} AND $1::date IS NOT NULL GROUP BY 1"  # noqa: S608  # the same


def by_department(one: Counted) -> str:
    """By department."""
    rows = f"(SELECT *, {EVERY} AS department FROM {one.table})"  # noqa: S608  # the same
    return f"SELECT t.department, {one.what} FROM {rows} t WHERE {one.where} AND $1::date IS NOT NULL GROUP BY 1"  # noqa: S608  # the same


MEANING = {
    **{code: said(one) for code, one in COUNTED.items()},
    **{f"{code}/axis": by_axis(one) for code, one in COUNTED.items()},
    **{f"{code}/department": by_department(one) for code, one in COUNTED.items()},
    "K03/status": "SELECT status, count(*)::bigint, NULL::bigint FROM action WHERE status <> 'draft' AND $1::date IS NOT NULL GROUP BY 1",
    "K14/cover": f"""
        SELECT cover, count(*)::bigint, (SELECT count(*) FROM action WHERE status IN {LIVE})::bigint
        FROM action, unnest(ARRAY['sectors', 'sides'], ARRAY[cardinality(sectors) = 3, cardinality(sides) = 2]) AS t(cover, whole)
        WHERE whole AND status IN {LIVE} AND $1::date IS NOT NULL GROUP BY 1
    """,  # noqa: S608  # the same
    "K15": """
        SELECT count(DISTINCT (axis, objective))::bigint, 28::bigint FROM action, unnest(objectives) AS objective
        WHERE status NOT IN ('draft', 'submitted', 'abandoned') AND $1::date IS NOT NULL
    """,
}
