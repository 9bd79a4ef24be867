"""Credentials of partner systems."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_table(
        "credential_version",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("credential_version_pkey")),
        schema="access",
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document_schema", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("departments", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("services", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("replaces_id", sa.UUID(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("departments <@ ARRAY['44', '49', '53', '72', '85']::text[]", name=op.f("credential_departments_check")),
        sa.CheckConstraint("environment IN ('live', 'test')", name=op.f("credential_environment_check")),
        sa.CheckConstraint(
            "roles <@ ARRAY['steering', 'committee', 'hr_partner', 'employer', 'institute', 'finance', 'partner', 'reader']::text[] AND cardinality(roles) >= 1",
            name=op.f("credential_roles_check"),
        ),
        sa.CheckConstraint("secret_hash ~ '^[0-9a-f]{64}$'", name=op.f("credential_secret_hash_check")),
        sa.CheckConstraint(
            "services <@ ARRAY['access', 'actions', 'internships', 'recruitment', 'observatory']::text[]",
            name=op.f("credential_services_check"),
        ),
        sa.CheckConstraint("status IN ('active', 'revoked', 'expired')", name=op.f("credential_status_check")),
        sa.ForeignKeyConstraint(["organisation_id"], ["access.organisation.id"], name=op.f("credential_organisation_id_fkey")),
        sa.ForeignKeyConstraint(["replaces_id"], ["access.credential.id"], name=op.f("credential_replaces_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("credential_pkey")),
        schema="access",
    )
    op.create_index("credential_organisation_page", "credential", ["organisation_id", "id"], schema="access")
    op.create_index("credential_status_page", "credential", ["status", "id"], schema="access")
    op.create_table(
        "credential_use",
        sa.Column("credential_id", sa.UUID(), nullable=False),
        sa.Column("last_used_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["access.credential.id"], name=op.f("credential_use_credential_id_fkey")),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("credential_use_pkey")),
        schema="access",
    )


def downgrade() -> None:
    """Down."""
    op.drop_table("credential_use", schema="access")
    op.drop_index("credential_status_page", table_name="credential", schema="access")
    op.drop_index("credential_organisation_page", table_name="credential", schema="access")
    op.drop_table("credential", schema="access")
    op.drop_table("credential_version", schema="access")
