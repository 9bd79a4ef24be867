"""The tables of facts and figures, in the observatory's schema.

fact (newest state of each entity, and what it contributes) ──differences──▶ entry (append-only) ──▶ rollup (by day, month, and of ever)
series names what is summed; batch orders what was recorded; definition dates the changes of definition
touched_month says which batch last wrote into a month; closed_month keeps figures of months, good for as long as none did
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from services.kernel.data.privacy import INTERNAL, PERSONAL
from services.kernel.data.schema import service_metadata

METADATA = service_metadata("observatory")

_instant = TIMESTAMP(timezone=True)

fact = sa.Table(
    "fact",
    METADATA,
    sa.Column("source", sa.Text(collation="C"), primary_key=True),
    sa.Column("kind", sa.Text(collation="C"), primary_key=True),
    sa.Column("entity_key", sa.Text(collation="C"), primary_key=True, info=PERSONAL),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("number", sa.SmallInteger, nullable=False, comment="the number of the state's shape"),
    sa.Column("state", sa.Text, nullable=False, comment="as its event said it", info=PERSONAL),
    sa.Column("contributions", sa.Text, nullable=False, comment="[[series << 22 | day, amount], …], sorted", info=PERSONAL),
    sa.Column("previous", sa.Text, comment="the contributions that stood before the last change", info=PERSONAL),
    postgresql_with={"fillfactor": 80},
    info=INTERNAL,
)

series = sa.Table(
    "series",
    METADATA,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("indicator", sa.Text(collation="C"), nullable=False),
    sa.Column("definition", sa.SmallInteger, nullable=False),
    sa.Column("measure", sa.Text(collation="C"), nullable=False),
    sa.Column("dimensions", JSONB, nullable=False),
    sa.Column("department", sa.Text(collation="C"), comment="where rollup adds it up; null: not rolled up"),
    sa.UniqueConstraint("indicator", "definition", "measure", "dimensions", name="series_what"),
    info=INTERNAL,
)

batch = sa.Table(
    "batch",
    METADATA,
    sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True),
    sa.Column("recorded_at", _instant, nullable=False, unique=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.CheckConstraint("reason IN ('events', 'rebuild', 'definition', 'context')", name="reason"),
    info=INTERNAL,
)

# No foreign keys: the check would cost every entry two triggers, and a batch's row is written after its entries.
# `plam verify` counts the entries that have no batch or no series.
entry = sa.Table(
    "entry",
    METADATA,
    sa.Column("series", sa.BigInteger, primary_key=True),
    sa.Column("on", sa.Date, primary_key=True),
    sa.Column("batch", sa.BigInteger, primary_key=True),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.CheckConstraint("amount <> 0", name="amount"),
    sa.Index("entry_on", "on"),
    info=INTERNAL,
)

rollup = sa.Table(
    "rollup",
    METADATA,
    sa.Column("measure", sa.Text(collation="C"), primary_key=True, comment="indicator/definition/measure"),
    sa.Column("grain", sa.Text(collation="C"), primary_key=True, comment="day, month (of cells, none), or ever: whatever the day"),
    sa.Column("start", sa.Date, primary_key=True, comment="its first day; of ever, -infinity"),
    sa.Column("department", sa.Text(collation="C"), primary_key=True),
    sa.Column("detail", sa.Text(collation="C"), primary_key=True, comment="of a distribution the value, of cells the key; of a day none"),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.CheckConstraint("grain IN ('day', 'month', 'ever')", name="grain"),
    postgresql_with={"fillfactor": 80},
    info=INTERNAL,
)

touched_month = sa.Table(
    "touched_month",
    METADATA,
    sa.Column("indicator", sa.Text(collation="C"), primary_key=True),
    sa.Column("definition", sa.SmallInteger, primary_key=True),
    sa.Column("month", sa.Date, primary_key=True, comment="its first day"),
    sa.Column("batch", sa.BigInteger, nullable=False, comment="the last that wrote an entry dated in it"),
    postgresql_with={"fillfactor": 80},
    info=INTERNAL,
)

closed_month = sa.Table(
    "closed_month",
    METADATA,
    sa.Column("indicator", sa.Text(collation="C"), primary_key=True),
    sa.Column("definition", sa.SmallInteger, primary_key=True),
    sa.Column("department", sa.Text(collation="C"), primary_key=True, comment="as it is asked for; 52: the region"),
    sa.Column("month", sa.Date, primary_key=True, comment="its first day"),
    sa.Column("until", sa.Date, nullable=False, comment="the first day of the next one; of the month under way, tomorrow"),
    sa.Column("figure", sa.Text, nullable=False, comment="of a flow, of the month; of a stock, at its end"),
    sa.Column("known_at", _instant, nullable=False, comment="what was known when it was made"),
    info=INTERNAL,
)

definition = sa.Table(
    "definition",
    METADATA,
    sa.Column("indicator", sa.Text(collation="C"), primary_key=True),
    sa.Column("number", sa.SmallInteger, primary_key=True),
    sa.Column("current_from", _instant, nullable=False, comment="stamp of the batch that switched to it"),
    sa.Column("earlier_let_go", sa.Boolean, server_default=sa.false(), nullable=False, comment="whether those before it are fed no more"),
    info=INTERNAL,
)
