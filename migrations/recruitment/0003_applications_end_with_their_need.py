"""Applications end with their need, dated and with a reason of its own; indexes for the look at twins of needs and envelopes.

What already waits for a need that has ended is ended by a job, since its events must be sent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BEFORE = "status IN ('submitted', 'accepted', 'declined', 'withdrawn')"
STATUS = "status IN ('submitted', 'accepted', 'declined', 'withdrawn', 'need_closed')"
CHECKS = {
    "why": "why IN ('filled', 'expired', 'cancelled')",
    "ended": "(status = 'need_closed') = (ended_on IS NOT NULL)",
    "ended_for": "(ended_on IS NULL) = (why IS NULL)",
}
# the release before has no other word for what ended without an answer
WITHDRAWN = "UPDATE recruitment.application SET status = 'withdrawn', ended_on = NULL, why = NULL WHERE status = 'need_closed'"


def upgrade() -> None:
    """Up."""
    op.add_column("application", sa.Column("ended_on", sa.Date()), schema="recruitment")
    op.add_column("application", sa.Column("why", sa.Text()), schema="recruitment")
    _check("status", STATUS)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"application_{name}_check"), "application", condition, schema="recruitment")
    op.create_index("need_twin", "need", ["site_id", "profession", "starts_on", "headcount"], schema="recruitment")
    op.create_index("scheme_envelope_twin", "scheme_envelope", ["scheme_id", "fiscal_year", "funder"], schema="recruitment")


def downgrade() -> None:
    """Down."""
    op.drop_index("scheme_envelope_twin", table_name="scheme_envelope", schema="recruitment")
    op.drop_index("need_twin", table_name="need", schema="recruitment")
    for name in CHECKS:
        op.drop_constraint(op.f(f"application_{name}_check"), "application", schema="recruitment")
    op.execute(WITHDRAWN)
    _check("status", BEFORE)
    op.drop_column("application", "why", schema="recruitment")
    op.drop_column("application", "ended_on", schema="recruitment")


def _check(name: str, condition: str) -> None:
    constraint = op.f(f"application_{name}_check")
    op.drop_constraint(constraint, "application", schema="recruitment")
    op.create_check_constraint(constraint, "application", condition, schema="recruitment")
