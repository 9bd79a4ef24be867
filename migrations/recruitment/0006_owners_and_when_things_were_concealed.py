"""Needs and applications say who has had them, and with assignments when they were concealed; professions that were missing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = (
    ("need", "owners"),
    ("need", "concealed"),
    ("application", "owners"),
    ("application", "concealed"),
    ("assignment", "concealed"),
)
BEFORE = "'as', 'ide', 'iade', 'ibode', 'puer', 'ap', 'sf', 'mk', 'mem', 'ergo', 'psychomot', 'ambu', 'arm', 'aes', 'es', 'me', 'ash'"
PROFESSIONS = (
    f"{BEFORE}, 'medecin', 'interne', 'pharmacien', 'ipa', 'cadre', 'ortho', 'orthoptiste', 'podologue', 'dieteticien', 'tlm', 'pph', "
    "'ass', 'eje', 'cesf', 'tisf', 'psychologue', 'amp'"
)


def upgrade() -> None:
    """Up."""
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, postgresql.JSONB(), server_default="[]", nullable=False), schema="recruitment")
    _professions(PROFESSIONS)


def downgrade() -> None:
    """Down. PostgreSQL refuses it while a need names one of these professions: what it is called instead is for a person to say."""
    _professions(BEFORE)
    for table, column in COLUMNS:
        op.drop_column(table, column, schema="recruitment")


def _professions(known: str) -> None:
    constraint = op.f("need_profession_check")
    op.drop_constraint(constraint, "need", schema="recruitment")
    op.create_check_constraint(constraint, "need", f"profession IN ({known})", schema="recruitment")
