"""Names beside ids."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column("placement", sa.Column("organisation_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement", sa.Column("institute_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement", sa.Column("unit_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement", sa.Column("site_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement", sa.Column("commune", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_offer", sa.Column("organisation_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_offer", sa.Column("unit_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_offer", sa.Column("site_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_offer", sa.Column("commune", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_request", sa.Column("organisation_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_request", sa.Column("institute_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_request", sa.Column("unit_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_request", sa.Column("site_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_request", sa.Column("commune", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_unit", sa.Column("organisation_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_unit", sa.Column("site_name", sa.Text(), nullable=True), schema="internships")
    op.add_column("placement_unit", sa.Column("commune", sa.Text(), nullable=True), schema="internships")
    op.add_column("site_copy", sa.Column("commune", sa.Text(), nullable=True), schema="internships")


def downgrade() -> None:
    """Down."""
    op.drop_column("site_copy", "commune", schema="internships")
    op.drop_column("placement_unit", "commune", schema="internships")
    op.drop_column("placement_unit", "site_name", schema="internships")
    op.drop_column("placement_unit", "organisation_name", schema="internships")
    op.drop_column("placement_request", "commune", schema="internships")
    op.drop_column("placement_request", "site_name", schema="internships")
    op.drop_column("placement_request", "unit_name", schema="internships")
    op.drop_column("placement_request", "institute_name", schema="internships")
    op.drop_column("placement_request", "organisation_name", schema="internships")
    op.drop_column("placement_offer", "commune", schema="internships")
    op.drop_column("placement_offer", "site_name", schema="internships")
    op.drop_column("placement_offer", "unit_name", schema="internships")
    op.drop_column("placement_offer", "organisation_name", schema="internships")
    op.drop_column("placement", "commune", schema="internships")
    op.drop_column("placement", "site_name", schema="internships")
    op.drop_column("placement", "unit_name", schema="internships")
    op.drop_column("placement", "institute_name", schema="internships")
    op.drop_column("placement", "organisation_name", schema="internships")
