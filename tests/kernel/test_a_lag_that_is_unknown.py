"""A lag that cannot be measured is said to be unknown: neither stale gauges, nor advice that does not help."""

import time

import pytest

from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process import health
from services.kernel.process.app import system_app
from services.kernel.process.doctor import Verdict, examine
from services.plam import ROUTING, SERVICES
from tests.kernel.http_world import look
from tests.support.api import call, gauge


async def test_o5_a_lag_that_cannot_be_measured_is_said_to_be_unknown(hurried: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "METRICS_KEPT", 0.0)
    databases = Databases(hurried, ROUTING)
    app = system_app(SERVICES, databases)
    [actions] = [service for service in SERVICES if service.name == "actions"]
    assert gauge((await call(app, "GET", "/actions/metrics")).body.decode(), 'plam_outbox_readable{service="actions"}') == 1
    async with look(hurried) as connection, connection.transaction():
        await connection.execute("LOCK TABLE actions.delivery")  # as good as a table that takes too long to read
        started = time.perf_counter()
        text = (await call(app, "GET", "/actions/metrics")).body.decode()
        assert time.perf_counter() - started < 2
        assert gauge(text, 'plam_outbox_readable{service="actions"}') == 0
        assert gauge(text, 'plam_outbox_waiting{consumer="observatory",service="actions"}') is None, (
            "what was true before is no longer told"
        )
        found = [finding async for finding in examine([actions], hurried)]
    assert [finding.verdict for finding in found if "n'a pas pu être mesuré" in finding.words] == [Verdict.warning]
    assert not any("plam migrate" in finding.words for finding in found)
    await databases.close()
