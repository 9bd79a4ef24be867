"""The context series."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.create_table(
        "context_series",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("department", sa.Text(collation="C"), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False, comment="that the values are of"),
        sa.Column("vintage", sa.SmallInteger(), nullable=False, comment="year in which the source said so"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="stamp of the batch that appended it"),
        sa.CheckConstraint("code IN ('C01', 'C02', 'C03', 'C04', 'C05')", name=op.f("context_series_code_check")),
        sa.CheckConstraint("department IN ('44', '49', '53', '72', '85')", name=op.f("context_series_department_check")),
        sa.CheckConstraint("year BETWEEN 1900 AND vintage AND vintage <= 2199", name=op.f("context_series_year_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("context_series_pkey")),
        sa.UniqueConstraint("code", "department", "year", "recorded_at", name="context_series_what"),
        schema="observatory",
    )
    op.create_table(
        "context_value",
        sa.Column("series", sa.BigInteger(), nullable=False),
        sa.Column("measure", sa.Text(collation="C"), nullable=False),
        sa.Column("category", sa.Text(collation="C"), nullable=False, comment="empty: the series has none, or the source says none"),
        sa.Column("label", sa.Text(), nullable=False, comment="of the category"),
        sa.Column("value", sa.BigInteger(), nullable=False, comment="full-time equivalents in hundredths"),
        sa.Column("reported", sa.Integer(), nullable=False, comment="lines of the source that say something of it"),
        sa.Column("lines", sa.Integer(), nullable=False, comment="lines of the source for the department"),
        sa.CheckConstraint(
            "measure IN ('inhabitants', 'fte_hundredths', 'headcount', 'establishments', 'homes', 'courses')",
            name=op.f("context_value_measure_check"),
        ),
        sa.CheckConstraint("value >= 0 AND reported BETWEEN 1 AND lines", name=op.f("context_value_value_check")),
        sa.ForeignKeyConstraint(["series"], ["observatory.context_series.id"], name=op.f("context_value_series_fkey")),
        sa.PrimaryKeyConstraint("series", "measure", "category", name=op.f("context_value_pkey")),
        schema="observatory",
    )
    op.drop_constraint(op.f("batch_reason_check"), "batch", schema="observatory", type_="check")
    op.create_check_constraint(
        op.f("batch_reason_check"), "batch", "reason IN ('events', 'rebuild', 'definition', 'context')", schema="observatory"
    )
    op.execute("REVOKE UPDATE, DELETE ON observatory.context_series, observatory.context_value FROM plam_observatory_runtime")


def downgrade() -> None:
    """Down."""
    op.execute("DELETE FROM observatory.batch WHERE reason = 'context'")
    op.drop_constraint(op.f("batch_reason_check"), "batch", schema="observatory", type_="check")
    op.create_check_constraint(
        op.f("batch_reason_check"),
        "batch",
        "reason IN ('events', 'rebuild', 'definition')",
        schema="observatory",
    )
    op.drop_table("context_value", schema="observatory")
    op.drop_table("context_series", schema="observatory")
