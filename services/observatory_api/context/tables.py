"""The tables of the context series: what other producers count of a department in a year, and who says so.

Rows are appended and never changed: of one code, department and year, the newest row is shown, and an older `known_at` finds the one
that was newest then. `recorded_at` is the stamp of a batch of the ledger, so that figures and their context have one knowledge.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TIMESTAMP

from services.contracts.codes import Department
from services.kernel.data.columns import one_of
from services.kernel.data.privacy import PUBLIC
from services.observatory_api.context.series import ContextCode, Measure
from services.observatory_api.ledger.tables import METADATA

_text = sa.Text(collation="C")

context_series = sa.Table(
    "context_series",
    METADATA,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("code", _text, nullable=False),
    sa.Column("department", _text, nullable=False),
    sa.Column("year", sa.SmallInteger, nullable=False, comment="that the values are of"),
    sa.Column("vintage", sa.SmallInteger, nullable=False, comment="year in which the source said so"),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("licence", sa.Text, nullable=False),
    sa.Column("recorded_at", TIMESTAMP(timezone=True), nullable=False, comment="stamp of the batch that appended it"),
    sa.UniqueConstraint("code", "department", "year", "recorded_at", name="context_series_what"),
    sa.CheckConstraint(one_of("code", ContextCode), name="code"),
    sa.CheckConstraint(one_of("department", Department), name="department"),
    sa.CheckConstraint("year BETWEEN 1900 AND vintage AND vintage <= 2199", name="year"),
    info=PUBLIC,
)

context_value = sa.Table(
    "context_value",
    METADATA,
    sa.Column("series", sa.BigInteger, sa.ForeignKey(context_series.c.id), primary_key=True),
    sa.Column("measure", _text, primary_key=True),
    sa.Column("category", _text, primary_key=True, comment="empty: the series has none, or the source says none"),
    sa.Column("label", sa.Text, nullable=False, comment="of the category"),
    sa.Column("value", sa.BigInteger, nullable=False, comment="full-time equivalents in hundredths"),
    sa.Column("reported", sa.Integer, nullable=False, comment="lines of the source that say something of it"),
    sa.Column("lines", sa.Integer, nullable=False, comment="lines of the source for the department"),
    sa.CheckConstraint(one_of("measure", Measure), name="measure"),
    sa.CheckConstraint("value >= 0 AND reported BETWEEN 1 AND lines", name="value"),
    info=PUBLIC,
)
