"""The counters of a unit's week say that they hold tenths of a seat."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COUNTERS = ("capacity", "offered", "taken")
NAMED = "SELECT 1 FROM pg_constraint WHERE conrelid = 'internships.capacity_week'::regclass AND conname = :name"


def upgrade() -> None:
    """Up."""
    for name in COUNTERS:
        _rename(name, f"{name}_tenths")


def downgrade() -> None:
    """Down."""
    for name in COUNTERS:
        _rename(f"{name}_tenths", name)


def _rename(old: str, new: str) -> None:
    """A column, and its NOT NULL, which has a name from PostgreSQL 18 on."""
    op.alter_column("capacity_week", old, new_column_name=new, schema="internships")
    named = {"name": f"capacity_week_{old}_not_null"}
    if op.get_bind().execute(sa.text(NAMED), named).first():
        op.execute(f"ALTER TABLE internships.capacity_week RENAME CONSTRAINT {named['name']} TO capacity_week_{new}_not_null")
