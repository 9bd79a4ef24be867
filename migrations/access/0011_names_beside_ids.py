"""Names beside ids."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column("site", sa.Column("organisation_name", sa.Text(), nullable=True), schema="access")
    op.add_column("site", sa.Column("commune", sa.Text(), nullable=True), schema="access")
    op.execute(
        "UPDATE access.site s SET organisation_name = o.name, commune = c.name "
        "FROM access.organisation o, access.commune c WHERE o.id = s.organisation_id AND c.code = s.commune_code"
    )


def downgrade() -> None:
    """Down."""
    op.drop_column("site", "commune", schema="access")
    op.drop_column("site", "organisation_name", schema="access")
