"""Notices, and how persons want them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.kernel.data.walls import Wall, raised, taken_down

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_table(
        "notice_version",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("notice_version_pkey")),
        schema="access",
    )
    op.create_table(
        "notice",
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
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lines", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("(status IN ('sent', 'digested')) = (sent_at IS NOT NULL)", name=op.f("notice_sent_at_check")),
        sa.CheckConstraint("delivery IN ('immediate', 'digest', 'off')", name=op.f("notice_delivery_check")),
        sa.CheckConstraint("status IN ('pending', 'sent', 'digested', 'failed', 'muted')", name=op.f("notice_status_check")),
        sa.CheckConstraint("title !~ '[\\x01-\\x1f\\x7f]'", name=op.f("notice_title_check")),
        sa.CheckConstraint(
            "topic IN ('membership_invited', 'membership_requested', 'membership_answered', 'credential_expiring', 'request_received', 'request_answered')",
            name=op.f("notice_topic_check"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["access.person.id"], name=op.f("notice_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_pkey")),
        sa.UniqueConstraint("person_id", "dedup_key", name=op.f("notice_person_id_dedup_key_key")),
        schema="access",
    )
    op.create_index("notice_age", "notice", ["created_at"], schema="access")
    op.create_index("notice_due", "notice", ["delivery", "due_at", "id"], schema="access", postgresql_where=sa.text("status = 'pending'"))
    op.create_index("notice_person_page", "notice", ["person_id", "id"], schema="access")
    op.create_index("notice_status_page", "notice", ["status", "id"], schema="access")
    op.create_index("notice_topic_page", "notice", ["topic", "id"], schema="access")
    for statement in raised("access.notice", Wall(person="person_id")):
        op.execute(statement)
    op.add_column(
        "person", sa.Column("preferences", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False), schema="access"
    )
    op.create_check_constraint(
        op.f("person_preferences_check"),
        "person",
        'jsonb_typeof(preferences) = \'object\' AND NOT preferences @? \'$.* ? (@ != "immediate" && @ != "digest" && @ != "off")\'',
        schema="access",
    )


def downgrade() -> None:
    """Down."""
    op.drop_constraint(op.f("person_preferences_check"), "person", schema="access", type_="check")
    op.drop_column("person", "preferences", schema="access")
    for statement in taken_down("access.notice"):
        op.execute(statement)
    op.drop_index("notice_topic_page", table_name="notice", schema="access")
    op.drop_index("notice_status_page", table_name="notice", schema="access")
    op.drop_index("notice_person_page", table_name="notice", schema="access")
    op.drop_index("notice_due", table_name="notice", schema="access", postgresql_where=sa.text("status = 'pending'"))
    op.drop_index("notice_age", table_name="notice", schema="access")
    op.drop_table("notice", schema="access")
    op.drop_table("notice_version", schema="access")
