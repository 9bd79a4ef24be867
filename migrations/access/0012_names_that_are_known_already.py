"""Names that are known already.

In a transaction of its own: the columns are there for all, and no reader waits.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.execute(
        "UPDATE access.site s SET organisation_name = o.name, commune = c.name "
        "FROM access.organisation o, access.commune c WHERE o.id = s.organisation_id AND c.code = s.commune_code"
    )


def downgrade() -> None:
    """Down: the columns go with the revision before."""
