"""Organisations that depend on another."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column("organisation", sa.Column("parent_id", sa.UUID(), nullable=True), schema="access")
    op.create_index("organisation_parent_page", "organisation", ["parent_id", "id"], schema="access")
    op.create_foreign_key(
        op.f("organisation_parent_id_fkey"),
        "organisation",
        "organisation",
        ["parent_id"],
        ["id"],
        source_schema="access",
        referent_schema="access",
    )
    op.create_check_constraint(op.f("organisation_parent_id_check"), "organisation", "parent_id <> id", schema="access")


def downgrade() -> None:
    """Down."""
    op.drop_constraint(op.f("organisation_parent_id_check"), "organisation", schema="access", type_="check")
    op.drop_constraint(op.f("organisation_parent_id_fkey"), "organisation", schema="access", type_="foreignkey")
    op.drop_index("organisation_parent_page", table_name="organisation", schema="access")
    op.drop_column("organisation", "parent_id", schema="access")
