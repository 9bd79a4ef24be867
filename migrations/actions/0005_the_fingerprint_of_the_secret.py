"""The fingerprint of the secret that pseudonyms are made with."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_table(
        "pseudonym_key",
        sa.Column("single", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False, comment="of the secret that pseudonyms are made with"),
        sa.Column("previous", sa.Text(), nullable=True, comment="of the secret that a rotation under way replaces"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.CheckConstraint("single", name=op.f("pseudonym_key_single_check")),
        sa.PrimaryKeyConstraint("single", name=op.f("pseudonym_key_pkey")),
        schema="actions",
    )
    op.execute("REVOKE INSERT, UPDATE, DELETE ON actions.pseudonym_key FROM plam_actions_runtime")


def downgrade() -> None:
    """Down."""
    op.drop_table("pseudonym_key", schema="actions")
