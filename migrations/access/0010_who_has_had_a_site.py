"""Sites say who has had them. Those that an import gave to another organisation say so from their history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOVED_BEFORE = """
WITH told AS (
    SELECT id, version, document::jsonb ->> 'organisation_id' AS organisation_id,
        (recorded_at AT TIME ZONE 'Europe/Paris')::date AS day
    FROM access.site_version
), last_of_day AS (
    SELECT DISTINCT ON (id, day) id, day, organisation_id FROM told ORDER BY id, day, version DESC
), changes AS (
    SELECT id, day, organisation_id, lag(organisation_id) OVER (PARTITION BY id ORDER BY day) AS before FROM last_of_day
), owners AS (
    SELECT id, jsonb_agg(jsonb_build_object('organisation_id', organisation_id, 'since', day) ORDER BY day) AS said
    FROM changes WHERE before IS DISTINCT FROM organisation_id GROUP BY id HAVING count(*) > 1
)
UPDATE access.site SET owners = owners.said FROM owners WHERE owners.id = site.id
"""


def upgrade() -> None:
    """Up."""
    op.add_column("site", sa.Column("owners", postgresql.JSONB(), server_default="[]", nullable=False), schema="access")
    op.add_column("site", sa.Column("transfer_reason", sa.Text(), nullable=True), schema="access")
    op.execute(MOVED_BEFORE)


def downgrade() -> None:
    """Down."""
    op.drop_column("site", "transfer_reason", schema="access")
    op.drop_column("site", "owners", schema="access")
