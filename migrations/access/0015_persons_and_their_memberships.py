"""Persons and their memberships."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_table(
        "identity_version",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("identity_version_pkey")),
        schema="access",
    )
    op.create_table(
        "membership_version",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("membership_version_pkey")),
        schema="access",
    )
    op.create_table(
        "person",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document_schema", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=True),
        sa.Column("family_name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("self_roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("held_until", sa.Date(), nullable=True),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("last_contact_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("email = lower(email) AND strpos(email, '@') > 1", name=op.f("person_email_check")),
        sa.CheckConstraint("locale IN ('fr', 'en')", name=op.f("person_locale_check")),
        sa.CheckConstraint("self_roles <@ ARRAY['learner', 'tutor', 'candidate']::text[]", name=op.f("person_self_roles_check")),
        sa.CheckConstraint("status IN ('active', 'suspended')", name=op.f("person_status_check")),
        sa.CheckConstraint("(held_until IS NULL) = (hold_reason IS NULL)", name=op.f("person_held_until_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pkey")),
        sa.UniqueConstraint("email", name=op.f("person_email_key")),
        schema="access",
    )
    op.create_index("person_status_page", "person", ["status", "id"], schema="access")
    op.create_table(
        "person_version",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("person_version_pkey")),
        schema="access",
    )
    op.create_table(
        "identity",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document_schema", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("acr", sa.Text(), nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('linked', 'removed')", name=op.f("identity_status_check")),
        sa.ForeignKeyConstraint(["person_id"], ["access.person.id"], name=op.f("identity_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("identity_pkey")),
        schema="access",
    )
    op.create_index(
        "identity_issuer_subject",
        "identity",
        ["issuer", "subject"],
        unique=True,
        schema="access",
        postgresql_where=sa.text("status = 'linked'"),
    )
    op.create_index("identity_person_page", "identity", ["person_id", "id"], schema="access")
    op.create_table(
        "membership",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("document_schema", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("person_id", sa.UUID(), nullable=False),
        sa.Column("organisation_id", sa.UUID(), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=True),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("departments", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("manager", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("asked_message", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("departments <@ ARRAY['44', '49', '53', '72', '85']::text[]", name=op.f("membership_departments_check")),
        sa.CheckConstraint(
            "roles <@ ARRAY['steering', 'committee', 'hr_partner', 'employer', 'institute', 'finance', 'partner', 'reader']::text[] AND cardinality(roles) >= 1",
            name=op.f("membership_roles_check"),
        ),
        sa.CheckConstraint(
            "status IN ('requested', 'invited', 'active', 'suspended', 'declined', 'ended')", name=op.f("membership_status_check")
        ),
        sa.CheckConstraint("until >= since", name=op.f("membership_until_check")),
        sa.ForeignKeyConstraint(["organisation_id"], ["access.organisation.id"], name=op.f("membership_organisation_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["access.person.id"], name=op.f("membership_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("membership_pkey")),
        schema="access",
    )
    op.create_index(
        "membership_open",
        "membership",
        ["person_id", "organisation_id"],
        unique=True,
        schema="access",
        postgresql_where=sa.text("status IN ('requested', 'invited', 'active', 'suspended')"),
    )
    op.create_index("membership_organisation_page", "membership", ["organisation_id", "id"], schema="access")
    op.create_index("membership_person_page", "membership", ["person_id", "id"], schema="access")
    op.create_index("membership_status_page", "membership", ["status", "id"], schema="access")


def downgrade() -> None:
    """Down."""
    op.drop_index("membership_status_page", table_name="membership", schema="access")
    op.drop_index("membership_person_page", table_name="membership", schema="access")
    op.drop_index("membership_organisation_page", table_name="membership", schema="access")
    op.drop_index(
        "membership_open",
        table_name="membership",
        schema="access",
        postgresql_where=sa.text("status IN ('requested', 'invited', 'active', 'suspended')"),
    )
    op.drop_table("membership", schema="access")
    op.drop_index("identity_person_page", table_name="identity", schema="access")
    op.drop_index("identity_issuer_subject", table_name="identity", schema="access", postgresql_where=sa.text("status = 'linked'"))
    op.drop_table("identity", schema="access")
    op.drop_table("person_version", schema="access")
    op.drop_index("person_status_page", table_name="person", schema="access")
    op.drop_table("person", schema="access")
    op.drop_table("membership_version", schema="access")
    op.drop_table("identity_version", schema="access")
