"""Names that are known already.

What the copies say, in a transaction of its own: no reader waits. Communes come with the next state of each site.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.execute(
        "UPDATE recruitment.need SET "
        "organisation_name = (SELECT name FROM recruitment.organisation_copy WHERE id = organisation_id), "
        "site_name = (SELECT name FROM recruitment.site_copy WHERE id = site_id)"
    )
    op.execute(
        "UPDATE recruitment.application t SET "
        "organisation_name = (SELECT name FROM recruitment.organisation_copy WHERE id = t.organisation_id), "
        "site_name = n.site_name FROM recruitment.need n WHERE n.id = t.need_id"
    )
    op.execute(
        "UPDATE recruitment.assignment t SET "
        "organisation_name = (SELECT name FROM recruitment.organisation_copy WHERE id = t.organisation_id), "
        "site_name = n.site_name FROM recruitment.need n WHERE n.id = t.need_id"
    )


def downgrade() -> None:
    """Down: the columns go with the revision before."""
