"""Organisations are suspended, dated; they say as what they contribute to the plan, and who funds bears a code."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CONTRIBUTORS = (
    "'state', 'region', 'employment_agency', 'department_council', 'health_professionals', 'union', 'employers', 'university', "
    "'training_institute', 'users', 'crsa', 'mayors', 'ars', 'funder_other'"
)


def upgrade() -> None:
    """Up."""
    op.add_column("organisation", sa.Column("contributor", sa.Text(), nullable=True), schema="access")
    op.add_column("organisation", sa.Column("funder_code", sa.Text(), nullable=True), schema="access")
    for column in ("suspended_spells", "member_spells"):
        op.add_column("organisation", sa.Column(column, postgresql.JSONB(), server_default="[]", nullable=False), schema="access")
    op.create_unique_constraint(op.f("organisation_funder_code_key"), "organisation", ["funder_code"], schema="access")
    op.create_index("organisation_contributor_page", "organisation", ["contributor", "id"], schema="access")
    op.create_check_constraint(op.f("organisation_contributor_check"), "organisation", f"contributor IN ({CONTRIBUTORS})", schema="access")
    _statuses("'active', 'suspended', 'closed'")


def downgrade() -> None:
    """Down. PostgreSQL refuses it while an organisation is suspended: resume or close it first."""
    _statuses("'active', 'closed'")
    op.drop_constraint(op.f("organisation_contributor_check"), "organisation", schema="access", type_="check")
    op.drop_index("organisation_contributor_page", table_name="organisation", schema="access")
    op.drop_constraint(op.f("organisation_funder_code_key"), "organisation", schema="access", type_="unique")
    for column in ("member_spells", "suspended_spells", "funder_code", "contributor"):
        op.drop_column("organisation", column, schema="access")


def _statuses(known: str) -> None:
    constraint = op.f("organisation_status_check")
    op.drop_constraint(constraint, "organisation", schema="access")
    op.create_check_constraint(constraint, "organisation", f"status IN ({known})", schema="access")
