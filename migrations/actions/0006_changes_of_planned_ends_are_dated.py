"""Changes of an action's planned end are dated; those made before, while it was live, are read in its history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TOLD = """
WITH told AS (
    SELECT id, version, recorded_at, document::jsonb ->> 'ends_on' AS new, lag(document::jsonb ->> 'ends_on') OVER versions AS old,
           lag(document::jsonb ->> 'status') OVER versions AS status
    FROM actions.action_version WINDOW versions AS (PARTITION BY id ORDER BY version)
), moved AS (
    SELECT id, jsonb_agg(
               jsonb_build_object('on', (recorded_at AT TIME ZONE 'Europe/Paris')::date, 'old', old, 'new', new) ORDER BY version
           ) AS changes
    FROM told WHERE status IN ('approved', 'in_progress', 'suspended') AND new IS DISTINCT FROM old GROUP BY id
)
UPDATE actions.action AS a SET ends_changes = moved.changes FROM moved WHERE moved.id = a.id
"""


def upgrade() -> None:
    """Up."""
    empty = sa.Column("ends_changes", postgresql.JSONB(), server_default="[]", nullable=False)
    op.add_column("action", empty, schema="actions")
    op.execute(TOLD)


def downgrade() -> None:
    """Down."""
    op.drop_column("action", "ends_changes", schema="actions")
