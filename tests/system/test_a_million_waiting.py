"""The lag of the event path is measured in bounded time, however long it is."""

import time
from collections.abc import AsyncIterator

import pytest

from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.outbox import MOST_COUNTED, lags
from services.kernel.process.app import system_app
from services.kernel.process.doctor import examine
from services.plam import ROUTING, SERVICES
from tests.kernel.http_world import look
from tests.support.api import call, gauge
from tests.support.database import empty

EVENTS = 1_000_000
FILL = """
WITH made AS (
    INSERT INTO actions.outbox (id, kind, subject, version, type, event, recorded_at)
    SELECT ('01990000-' || substr(hex, 1, 4) || '-7' || substr(hex, 5, 3) || '-8000-0000000' || substr(hex, 8))::uuid,
        'action', '', 1, '', '', clock_timestamp() - interval '1 hour' + number * interval '1 ms'
    FROM generate_series(1, $1::int) AS number, lpad(to_hex(number), 12, '0') AS hex RETURNING id
)
INSERT INTO actions.delivery (consumer, event_id) SELECT consumer, id FROM made, unnest(ARRAY['observatory', 'recruitment']) AS consumer
"""


@pytest.fixture
async def full(settings: Settings) -> AsyncIterator[Settings]:
    """A database in which a million events have just been written, and nobody has looked at them yet."""
    await empty(settings)
    async with look(settings) as connection:
        await connection.execute("ALTER TABLE actions.delivery SET (autovacuum_enabled = off)")
        await connection.execute(FILL, EVENTS)
        try:
            yield settings
        finally:
            await connection.execute("ALTER TABLE actions.delivery RESET (autovacuum_enabled)")
            await connection.execute("TRUNCATE actions.delivery, actions.outbox")


async def test_o5_the_lag_of_a_million_events_is_told(full: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    databases = Databases(full, ROUTING)
    app = system_app(SERVICES, databases)
    started = time.perf_counter()
    text = (await call(app, "GET", "/metrics")).body.decode()
    seconds = time.perf_counter() - started
    assert seconds < 2
    assert gauge(text, 'plam_outbox_readable{service="actions"}') == 1
    waiting = gauge(text, 'plam_outbox_waiting{consumer="observatory",service="actions"}')
    assert waiting is not None
    assert waiting >= MOST_COUNTED
    age = gauge(text, 'plam_outbox_oldest_seconds{consumer="observatory",service="actions"}')
    assert age == pytest.approx(3600, abs=60)
    async with look(full) as connection:
        await connection.execute("SET search_path = actions")
        started = time.perf_counter()
        assert [str(lag) for lag in await lags(connection)] == [f"au moins {MOST_COUNTED} événement(s)"] * 2
        alone = time.perf_counter() - started
        await connection.execute(
            "UPDATE delivery SET batch = '01990000-0000-7000-8000-000000000001' WHERE event_id IN "
            "(SELECT event_id FROM delivery ORDER BY event_id LIMIT 1000)"
        )
        [lag, _] = await lags(connection)
        assert lag.age == pytest.approx(3600, abs=60), "the oldest is out, and counts still"
    found = [finding async for finding in examine([service for service in SERVICES if service.name == "actions"], full)]
    assert not any("plam migrate" in finding.words for finding in found)
    with capsys.disabled():
        print(f"\n{EVENTS} événements en attente : /metrics {seconds:.2f} s, dont un retard {alone * 1000:.0f} ms")
    await databases.close()
