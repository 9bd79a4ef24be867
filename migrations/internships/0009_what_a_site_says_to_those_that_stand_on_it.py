"""Copies of sites say who has had them and when they were closed; units that are suspended say so to their offers.

What stands at a site that has moved or closed follows it once the site has been said again (`plam resync access`).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SUSPENDED = """
UPDATE internships.placement_unit SET concealed = jsonb_build_array(jsonb_build_object(
    'from', ((history -> -1 ->> 'at')::timestamptz AT TIME ZONE 'Europe/Paris')::date, 'until', NULL, 'why', 'unit_suspended'
)) WHERE status = 'suspended'
"""


def upgrade() -> None:
    """Up."""
    for column in ("owners", "history"):
        op.add_column("site_copy", sa.Column(column, postgresql.JSONB(), server_default="[]", nullable=False), schema="internships")
    op.execute(SUSPENDED)


def downgrade() -> None:
    """Down."""
    for column in ("history", "owners"):
        op.drop_column("site_copy", column, schema="internships")
