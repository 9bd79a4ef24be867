"""Names beside ids."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column("site", sa.Column("organisation_name", sa.Text(), nullable=True), schema="access")
    op.add_column("site", sa.Column("commune", sa.Text(), nullable=True), schema="access")


def downgrade() -> None:
    """Down."""
    op.drop_column("site", "commune", schema="access")
    op.drop_column("site", "organisation_name", schema="access")
