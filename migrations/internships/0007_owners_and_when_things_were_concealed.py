"""Units, offers and requests say who has had them and when they were concealed; professions that were missing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("placement_unit", "placement_offer", "placement_request")
COLUMNS = ("owners", "concealed")
BEFORE = "'as', 'ide', 'iade', 'ibode', 'puer', 'ap', 'sf', 'mk', 'mem', 'ergo', 'psychomot', 'ambu', 'arm', 'aes', 'es', 'me', 'ash'"
PROFESSIONS = (
    f"{BEFORE}, 'medecin', 'interne', 'pharmacien', 'ipa', 'cadre', 'ortho', 'orthoptiste', 'podologue', 'dieteticien', 'tlm', 'pph', "
    "'ass', 'eje', 'cesf', 'tisf', 'psychologue', 'amp'"
)
SEVERAL = ("placement_unit", "placement_offer")
ONE = ("placement_request", "placement")


def upgrade() -> None:
    """Up."""
    for table in TABLES:
        for column in COLUMNS:
            empty = sa.Column(column, postgresql.JSONB(), server_default="[]", nullable=False)
            op.add_column(table, empty, schema="internships")
    _professions(PROFESSIONS)


def downgrade() -> None:
    """Down. PostgreSQL refuses it while a row names one of these professions: what it is called instead is for a person to say."""
    _professions(BEFORE)
    for table in TABLES:
        for column in COLUMNS:
            op.drop_column(table, column, schema="internships")


def _professions(known: str) -> None:
    for table in SEVERAL:
        _check(table, "professions", f"professions <@ ARRAY[{known}]::text[] AND cardinality(professions) >= 1")
    for table in ONE:
        _check(table, "profession", f"profession IN ({known})")


def _check(table: str, name: str, condition: str) -> None:
    constraint = op.f(f"{table}_{name}_check")
    op.drop_constraint(constraint, table, schema="internships")
    op.create_check_constraint(constraint, table, condition, schema="internships")
