"""What is revoked."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_table(
        "revoked",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("target_id", sa.UUID(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("revoked_pkey")),
        schema="observatory",
    )
    op.create_index("revoked_since_index", "revoked", ["since"], schema="observatory")


def downgrade() -> None:
    """Down."""
    op.drop_index("revoked_since_index", table_name="revoked", schema="observatory")
    op.drop_table("revoked", schema="observatory")
