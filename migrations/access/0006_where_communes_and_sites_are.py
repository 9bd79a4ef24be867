"""Where communes and sites are: null until an import or somebody says so."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Up."""
    op.add_column("commune", sa.Column("lat_e6", sa.Integer(), nullable=True), schema="access")
    op.add_column("commune", sa.Column("lon_e6", sa.Integer(), nullable=True), schema="access")
    op.create_check_constraint(op.f("commune_lat_e6_check"), "commune", "lat_e6 BETWEEN -90000000 AND 90000000", schema="access")
    op.create_check_constraint(op.f("commune_located_check"), "commune", "(lat_e6 IS NULL) = (lon_e6 IS NULL)", schema="access")
    op.create_check_constraint(op.f("commune_lon_e6_check"), "commune", "lon_e6 BETWEEN -180000000 AND 180000000", schema="access")
    op.execute(r"""UPDATE access.commune SET document = left(document, -1) || ',"latitude"\:null,"longitude"\:null}'""")
    op.add_column("site", sa.Column("lat_e6", sa.Integer(), nullable=True), schema="access")
    op.add_column("site", sa.Column("lon_e6", sa.Integer(), nullable=True), schema="access")
    op.create_check_constraint(op.f("site_lat_e6_check"), "site", "lat_e6 BETWEEN -90000000 AND 90000000", schema="access")
    op.create_check_constraint(op.f("site_located_check"), "site", "(lat_e6 IS NULL) = (lon_e6 IS NULL)", schema="access")
    op.create_check_constraint(op.f("site_lon_e6_check"), "site", "lon_e6 BETWEEN -180000000 AND 180000000", schema="access")


def downgrade() -> None:
    """Down."""
    op.drop_constraint(op.f("site_lon_e6_check"), "site", schema="access", type_="check")
    op.drop_constraint(op.f("site_located_check"), "site", schema="access", type_="check")
    op.drop_constraint(op.f("site_lat_e6_check"), "site", schema="access", type_="check")
    op.drop_column("site", "lon_e6", schema="access")
    op.drop_column("site", "lat_e6", schema="access")
    op.execute("""UPDATE access.commune SET document = regexp_replace(document, ',"latitude":.*$', '}')""")
    op.drop_constraint(op.f("commune_lon_e6_check"), "commune", schema="access", type_="check")
    op.drop_constraint(op.f("commune_located_check"), "commune", schema="access", type_="check")
    op.drop_constraint(op.f("commune_lat_e6_check"), "commune", schema="access", type_="check")
    op.drop_column("commune", "lon_e6", schema="access")
    op.drop_column("commune", "lat_e6", schema="access")
