"""Names that are known already.

What the copies say, in a transaction of its own: no reader waits. Communes come with the next state of each site.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.execute(
        "UPDATE internships.placement_unit SET "
        "organisation_name = (SELECT name FROM internships.organisation_copy WHERE id = organisation_id), "
        "site_name = (SELECT name FROM internships.site_copy WHERE id = site_id)"
    )
    op.execute(
        "UPDATE internships.placement_offer f SET "
        "organisation_name = (SELECT name FROM internships.organisation_copy WHERE id = f.organisation_id), "
        "unit_name = u.name, site_name = u.site_name FROM internships.placement_unit u WHERE u.id = f.unit_id"
    )
    op.execute(
        "UPDATE internships.placement_request t SET "
        "organisation_name = (SELECT name FROM internships.organisation_copy WHERE id = t.organisation_id), "
        "institute_name = (SELECT name FROM internships.organisation_copy WHERE id = t.institute_id), "
        "unit_name = f.unit_name, site_name = f.site_name FROM internships.placement_offer f WHERE f.id = t.offer_id"
    )
    op.execute(
        "UPDATE internships.placement t SET "
        "organisation_name = (SELECT name FROM internships.organisation_copy WHERE id = t.organisation_id), "
        "institute_name = (SELECT name FROM internships.organisation_copy WHERE id = t.institute_id), "
        "unit_name = f.unit_name, site_name = f.site_name FROM internships.placement_offer f WHERE f.id = t.offer_id"
    )


def downgrade() -> None:
    """Down: the columns go with the revision before."""
