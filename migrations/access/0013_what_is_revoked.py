"""What is revoked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_table(
        "revocation",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document_schema", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("target_id", sa.UUID(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("what IN ('person', 'organisation', 'membership', 'credential')", name=op.f("revocation_what_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("revocation_pkey")),
        schema="access",
    )
    op.create_index("revocation_target_page", "revocation", ["target_id", "id"], schema="access")
    op.create_index("revocation_what_page", "revocation", ["what", "id"], schema="access")
    op.create_table(
        "revocation_version",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("revocation_version_pkey")),
        schema="access",
    )
    op.create_table(
        "revoked",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("target_id", sa.UUID(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("revoked_pkey")),
        schema="access",
    )
    op.create_index("revoked_since_index", "revoked", ["since"], schema="access")


def downgrade() -> None:
    """Down."""
    op.drop_index("revoked_since_index", table_name="revoked", schema="access")
    op.drop_table("revoked", schema="access")
    op.drop_table("revocation_version", schema="access")
    op.drop_index("revocation_what_page", table_name="revocation", schema="access")
    op.drop_index("revocation_target_page", table_name="revocation", schema="access")
    op.drop_table("revocation", schema="access")
