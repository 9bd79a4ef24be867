"""Migration observatory/0013: the roll-up of sums by days becomes one of every kind at three grains."""

import asyncio

from alembic import command

from services.kernel.process.migrate import alembic_config
from services.plam import SERVICES
from tests.migrations.databases import execute, names, prepare

OF_ALL_KINDS = """
INSERT INTO observatory.series (indicator, definition, measure, dimensions, department) VALUES
    ('R10', 1, 'count', '{"department": "44"}', '44'),
    ('K07', 1, 'sample', '{"axis": "A1", "value": "30"}', NULL),
    ('K07', 1, 'sample', '{"axis": "A1", "department": "44", "value": "30"}', NULL),
    ('K15', 1, 'member', '{"key": "A1 × O2"}', NULL),
    ('R06', 1, 'member', '{"department": "49", "key": "e"}', NULL),
    ('R06', 1, 'member', '{"department": "49", "key": "e", "profession": "ide"}', NULL),
    ('Z01', 1, 'sample', '{"department": "49", "value": "3"}', NULL), ('Z01', 1, 'known', '{"department": "49"}', NULL);
INSERT INTO observatory.batch (recorded_at, reason, entries) VALUES (now(), 'events', 8), (now() + interval '1 second', 'events', 8);
INSERT INTO observatory.entry (series, "on", batch, amount)
SELECT s.id, d, b.id, 1 FROM observatory.series s, observatory.batch b,
       (VALUES (date '2026-01-05'), ('2026-01-31'), ('2026-02-01')) AS t (d);
INSERT INTO observatory.daily (measure, department, "on", amount) VALUES ('R10/1/count', '44', '2026-01-05', 2)
"""
GRAINS = """
SELECT concat_ws(' ', measure, grain, start, department, detail, amount) FROM observatory.rollup
WHERE $1 <> ''
  AND (measure IN ('R10/1/count', 'R06/1/member') OR (measure, department) = ('K07/1/sample', '52')) ORDER BY measure, grain, start
"""
PLACES = """
SELECT concat_ws(' ', measure, department, detail, amount) FROM observatory.rollup WHERE $1 <> '' AND grain = 'ever' ORDER BY 1
"""
TOUCHED = """
SELECT concat_ws(' ', indicator, month, batch - (SELECT max(id) FROM observatory.batch)) FROM observatory.touched_month
WHERE $1 <> '' ORDER BY 1
"""
AGAIN = """
SELECT concat_ws(' ', measure, department, "on", amount) FROM observatory.daily WHERE $1 <> '' ORDER BY 1
"""


def test_the_roll_up_of_every_kind_is_filled_from_the_entries_and_goes_back_to_days_of_sums(fresh: str) -> None:
    service = next(service for service in SERVICES if service.name == "observatory")
    asyncio.run(prepare(fresh, service))
    config = alembic_config(service, fresh)
    command.upgrade(config, "0012")
    asyncio.run(execute(fresh, OF_ALL_KINDS))
    command.upgrade(config, "0013")
    assert asyncio.run(names(fresh, GRAINS, service.name)) == [
        "K07/1/sample day 2026-01-05 52  2",
        "K07/1/sample day 2026-01-31 52  2",
        "K07/1/sample day 2026-02-01 52  2",
        "K07/1/sample ever -infinity 52 30 6",
        "K07/1/sample month 2026-01-01 52 30 4",
        "K07/1/sample month 2026-02-01 52 30 2",
        "R06/1/member day 2026-01-05 49  2",
        "R06/1/member day 2026-01-31 49  2",
        "R06/1/member day 2026-02-01 49  2",
        "R06/1/member ever -infinity 49 e 6",
        "R10/1/count day 2026-01-05 44  2",
        "R10/1/count day 2026-01-31 44  2",
        "R10/1/count day 2026-02-01 44  2",
        "R10/1/count ever -infinity 44  6",
        "R10/1/count month 2026-01-01 44  4",
        "R10/1/count month 2026-02-01 44  2",
    ]
    assert asyncio.run(names(fresh, PLACES, service.name)) == [
        "K07/1/sample 44 30 6",
        "K07/1/sample 52 30 6",
        "K15/1/member 52 A1 × O2 6",
        "R06/1/member 49 e 6",
        "R10/1/count 44  6",
        "Z01/1/known 49  6",
        "Z01/1/sample 49 3 6",
    ]
    touched = asyncio.run(names(fresh, TOUCHED, service.name))
    assert touched == [f"{code} 2026-0{month}-01 0" for code in ("K07", "K15", "R06", "R10", "Z01") for month in (1, 2)]
    command.downgrade(config, "0012")
    days = asyncio.run(names(fresh, AGAIN, service.name))
    assert days == [f"R10/1/count 44 {day} 2" for day in ("2026-01-05", "2026-01-31", "2026-02-01")]
