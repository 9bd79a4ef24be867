"""The ledger of figures: facts, series, batches, entries, the roll-up and the definitions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.CheckConstraint("reason IN ('events', 'rebuild', 'definition')", name=op.f("batch_reason_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("batch_pkey")),
        sa.UniqueConstraint("recorded_at", name=op.f("batch_recorded_at_key")),
        schema="observatory",
    )
    op.create_table(
        "daily",
        sa.Column("measure", sa.Text(collation="C"), nullable=False, comment="indicator/definition/measure"),
        sa.Column("department", sa.Text(collation="C"), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("measure", "department", "on", name=op.f("daily_pkey")),
        schema="observatory",
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "definition",
        sa.Column("indicator", sa.Text(collation="C"), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("current_from", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="stamp of the batch that switched to it"),
        sa.PrimaryKeyConstraint("indicator", "number", name=op.f("definition_pkey")),
        schema="observatory",
    )
    op.create_table(
        "delivery",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("batch", sa.UUID(), nullable=True),
        sa.Column("sends", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("consumer", "event_id", name=op.f("delivery_pkey")),
        schema="observatory",
        postgresql_with={"fillfactor": 60, "autovacuum_vacuum_scale_factor": 0.05},
    )
    op.create_index(
        "delivery_out",
        "delivery",
        ["consumer", "batch"],
        unique=False,
        schema="observatory",
        postgresql_where=sa.text("batch IS NOT NULL AND acknowledged_at IS NULL"),
    )
    op.create_index(
        "delivery_unclaimed",
        "delivery",
        ["consumer", "event_id"],
        unique=False,
        schema="observatory",
        postgresql_where=sa.text("batch IS NULL AND acknowledged_at IS NULL"),
    )
    op.create_table(
        "entry",
        sa.Column("series", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("entry_amount_check")),
        sa.PrimaryKeyConstraint("series", "on", "batch", name=op.f("entry_pkey")),
        schema="observatory",
    )
    op.create_table(
        "fact",
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("entity_key", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="the number of the state's shape"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("contributions", sa.Text(), nullable=False, comment="[[series, day, amount], …], sorted"),
        sa.Column("previous", sa.Text(), nullable=True, comment="the contributions that stood before the last change"),
        sa.PrimaryKeyConstraint("source", "kind", "entity_key", name=op.f("fact_pkey")),
        schema="observatory",
        postgresql_with={"fillfactor": 80},
    )
    op.create_table(
        "idempotency",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject", "key", name=op.f("idempotency_pkey")),
        schema="observatory",
    )
    op.create_table(
        "job",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True, comment="when its message last went out; null once it has run"),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("job_pkey")),
        schema="observatory",
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pkey")),
        schema="observatory",
    )
    op.create_table(
        "quarantine",
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("quarantine_pkey")),
        schema="observatory",
    )
    op.create_table(
        "receipt",
        sa.Column("id", sa.UUID(), nullable=False, comment="a batch"),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="0: the whole batch; n: its nth event"),
        sa.Column("runs", sa.Integer(), server_default=sa.text("1"), nullable=False, comment="how often that was begun"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("receipt_pkey")),
        schema="observatory",
    )
    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("indicator", sa.Text(collation="C"), nullable=False),
        sa.Column("definition", sa.SmallInteger(), nullable=False),
        sa.Column("measure", sa.Text(collation="C"), nullable=False),
        sa.Column("dimensions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("department", sa.Text(collation="C"), nullable=True, comment="where daily adds it up; null: not rolled up"),
        sa.PrimaryKeyConstraint("id", name=op.f("series_pkey")),
        sa.UniqueConstraint("indicator", "definition", "measure", "dimensions", name="series_what"),
        schema="observatory",
    )
    # the ledger is append-only, and its database says so
    op.execute("REVOKE UPDATE, DELETE ON observatory.entry, observatory.batch FROM plam_observatory_runtime")


def downgrade() -> None:
    """Down."""
    op.drop_table("series", schema="observatory")
    op.drop_table("receipt", schema="observatory")
    op.drop_table("quarantine", schema="observatory")
    op.drop_table("outbox", schema="observatory")
    op.drop_table("job", schema="observatory")
    op.drop_table("idempotency", schema="observatory")
    op.drop_table("fact", schema="observatory")
    op.drop_table("entry", schema="observatory")
    op.drop_index(
        "delivery_unclaimed",
        table_name="delivery",
        schema="observatory",
        postgresql_where=sa.text("batch IS NULL AND acknowledged_at IS NULL"),
    )
    op.drop_index(
        "delivery_out",
        table_name="delivery",
        schema="observatory",
        postgresql_where=sa.text("batch IS NOT NULL AND acknowledged_at IS NULL"),
    )
    op.drop_table("delivery", schema="observatory")
    op.drop_table("definition", schema="observatory")
    op.drop_table("daily", schema="observatory")
    op.drop_table("batch", schema="observatory")
