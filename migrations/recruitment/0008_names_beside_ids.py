"""Names beside ids."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column("application", sa.Column("organisation_name", sa.Text(), nullable=True), schema="recruitment")
    op.add_column("application", sa.Column("site_name", sa.Text(), nullable=True), schema="recruitment")
    op.add_column("application", sa.Column("commune", sa.Text(), nullable=True), schema="recruitment")
    op.add_column("assignment", sa.Column("organisation_name", sa.Text(), nullable=True), schema="recruitment")
    op.add_column("assignment", sa.Column("site_name", sa.Text(), nullable=True), schema="recruitment")
    op.add_column("assignment", sa.Column("commune", sa.Text(), nullable=True), schema="recruitment")
    op.add_column("need", sa.Column("organisation_name", sa.Text(), nullable=True), schema="recruitment")
    op.add_column("need", sa.Column("site_name", sa.Text(), nullable=True), schema="recruitment")
    op.add_column("need", sa.Column("commune", sa.Text(), nullable=True), schema="recruitment")
    op.add_column("site_copy", sa.Column("commune", sa.Text(), nullable=True), schema="recruitment")


def downgrade() -> None:
    """Down."""
    op.drop_column("site_copy", "commune", schema="recruitment")
    op.drop_column("need", "commune", schema="recruitment")
    op.drop_column("need", "site_name", schema="recruitment")
    op.drop_column("need", "organisation_name", schema="recruitment")
    op.drop_column("assignment", "commune", schema="recruitment")
    op.drop_column("assignment", "site_name", schema="recruitment")
    op.drop_column("assignment", "organisation_name", schema="recruitment")
    op.drop_column("application", "commune", schema="recruitment")
    op.drop_column("application", "site_name", schema="recruitment")
    op.drop_column("application", "organisation_name", schema="recruitment")
