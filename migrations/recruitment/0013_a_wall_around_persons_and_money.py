"""A wall around persons and money: PostgreSQL shows applications and assignments to their parties alone, commitments to who pays."""

from alembic import op

from services.kernel.data.walls import Wall, raised, taken_down

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

PARTIES = Wall(organisations=("organisation_id",), department="department")


def upgrade() -> None:
    """Up."""
    statements = [
        *raised("recruitment.application", PARTIES),
        *raised("recruitment.assignment", PARTIES),
        *raised("recruitment.commitment", Wall()),
        *raised("recruitment.envelope_entry", Wall(), history=False),
    ]
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    """Down."""
    statements = [
        *taken_down("recruitment.envelope_entry", history=False),
        *taken_down("recruitment.commitment"),
        *taken_down("recruitment.assignment"),
        *taken_down("recruitment.application"),
    ]
    for statement in statements:
        op.execute(statement)
