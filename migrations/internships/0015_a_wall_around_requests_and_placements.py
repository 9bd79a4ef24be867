"""A wall around requests and placements: PostgreSQL shows them to their parties alone."""

from alembic import op

from services.kernel.data.walls import Wall, raised, taken_down

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

PARTIES = Wall(organisations=("organisation_id", "institute_id"), department="department")


def upgrade() -> None:
    """Up."""
    for table in ("internships.placement_request", "internships.placement"):
        for statement in raised(table, PARTIES):
            op.execute(statement)


def downgrade() -> None:
    """Down."""
    for table in ("internships.placement", "internships.placement_request"):
        for statement in taken_down(table):
            op.execute(statement)
