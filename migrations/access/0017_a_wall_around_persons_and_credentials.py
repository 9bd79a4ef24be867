"""A wall around persons and credentials: PostgreSQL shows a person to themself and to the organisations that they act for."""

from alembic import op

from services.kernel.data.walls import Wall, raised, taken_down

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KNOWN_ELSEWHERE = """
CREATE FUNCTION access.known_elsewhere(person uuid, organisation uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    told text := current_setting('plam.region', true);
    known boolean;
BEGIN
    PERFORM set_config('plam.region', 'on', true);
    known := EXISTS (
        SELECT FROM access.membership AS m WHERE m.person_id = person AND m.organisation_id <> organisation AND m.status <> 'invited'
    );
    PERFORM set_config('plam.region', coalesce(told, ''), true);
    RETURN known;
END
$$
"""
"""Whether a person has, or had, more than an invitation of other organisations: who asks does not see those memberships."""


def upgrade() -> None:
    """Up."""
    statements = [
        *raised("access.membership", Wall(organisations=("organisation_id",), person="person_id")),
        *raised("access.person", Wall(person="id", related=("membership.person_id",))),
        *raised("access.identity", Wall(person="person_id")),
        *raised("access.credential", Wall(organisations=("organisation_id",))),
        KNOWN_ELSEWHERE,
    ]
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    """Down."""
    statements = [
        "DROP FUNCTION access.known_elsewhere",
        *taken_down("access.credential"),
        *taken_down("access.identity"),
        *taken_down("access.person"),
        *taken_down("access.membership"),
    ]
    for statement in statements:
        op.execute(statement)
