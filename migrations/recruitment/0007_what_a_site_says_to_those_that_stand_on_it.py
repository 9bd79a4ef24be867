"""Copies of sites say who has had them and when they were closed.

What stands at a site that has moved or closed follows it once the site has been said again (`plam resync access`).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    for column in ("owners", "history"):
        op.add_column("site_copy", sa.Column(column, postgresql.JSONB(), server_default="[]", nullable=False), schema="recruitment")


def downgrade() -> None:
    """Down."""
    for column in ("history", "owners"):
        op.drop_column("site_copy", column, schema="recruitment")
