"""A SIREN may repeat, and names as official files write them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column("organisation", sa.Column("official_name", sa.Text(), nullable=True), schema="access")
    op.drop_constraint(op.f("organisation_siren_key"), "organisation", schema="access", type_="unique")
    op.create_index("organisation_siren_page", "organisation", ["siren", "id"], schema="access")
    op.add_column("site", sa.Column("official_name", sa.Text(), nullable=True), schema="access")


def downgrade() -> None:
    """Down. PostgreSQL refuses it while two organisations have one SIREN: which of them loses it is for a person to say."""
    op.drop_column("site", "official_name", schema="access")
    op.drop_index("organisation_siren_page", table_name="organisation", schema="access")
    op.create_unique_constraint(
        op.f("organisation_siren_key"), "organisation", ["siren"], schema="access", postgresql_nulls_not_distinct=False
    )
    op.drop_column("organisation", "official_name", schema="access")
