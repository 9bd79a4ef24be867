"""Reference data are codes, with their labels: no table holds them any longer."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    for name in ("axis", "objective", "department"):
        op.drop_table(name, schema="actions")


def downgrade() -> None:
    """Down."""
    for name in ("axis", "objective", "department"):
        op.create_table(
            name,
            sa.Column("code", sa.Text(), nullable=False),
            sa.Column("label", sa.Text(), nullable=False),
            sa.Column("description", sa.Text(), nullable=True),
            sa.Column("position", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("code", name=op.f(f"{name}_pkey")),
            schema="actions",
        )
