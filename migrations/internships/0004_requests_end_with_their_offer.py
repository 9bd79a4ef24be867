"""Requests end with their offer, dated and with a reason of its own; indexes for the look at twins of offers and requests.

What already waits for an offer that has ended is ended by a job, since its events must be sent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = "status IN ('submitted', 'accepted', 'declined', 'withdrawn')"
STATUS = "status IN ('submitted', 'accepted', 'declined', 'withdrawn', 'offer_closed')"
CHECKS = {
    "why": "why IN ('closed', 'over', 'cancelled')",
    "ended": "(status = 'offer_closed') = (ended_on IS NOT NULL)",
    "ended_for": "(ended_on IS NULL) = (why IS NULL)",
}
# the release before has no other word for what ended without an answer
WITHDRAWN = "UPDATE internships.placement_request SET status = 'withdrawn', ended_on = NULL, why = NULL WHERE status = 'offer_closed'"


def upgrade() -> None:
    """Up."""
    op.add_column("placement_request", sa.Column("ended_on", sa.Date()), schema="internships")
    op.add_column("placement_request", sa.Column("why", sa.Text()), schema="internships")
    _check("status", STATUS)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"placement_request_{name}_check"), "placement_request", condition, schema="internships")
    op.create_index("placement_request_twin", "placement_request", ["offer_id", "institute_id", "profession"], schema="internships")
    op.create_index("placement_offer_twin", "placement_offer", ["unit_id", "starts_on", "ends_on"], schema="internships")


def downgrade() -> None:
    """Down."""
    op.drop_index("placement_offer_twin", table_name="placement_offer", schema="internships")
    op.drop_index("placement_request_twin", table_name="placement_request", schema="internships")
    for name in CHECKS:
        op.drop_constraint(op.f(f"placement_request_{name}_check"), "placement_request", schema="internships")
    op.execute(WITHDRAWN)
    _check("status", BEFORE)
    op.drop_column("placement_request", "why", schema="internships")
    op.drop_column("placement_request", "ended_on", schema="internships")


def _check(name: str, condition: str) -> None:
    constraint = op.f(f"placement_request_{name}_check")
    op.drop_constraint(constraint, "placement_request", schema="internships")
    op.create_check_constraint(constraint, "placement_request", condition, schema="internships")
