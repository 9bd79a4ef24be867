"""Health and metrics are public: whoever asks for them, and however often, keeps neither from answering."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from services.kernel.base.settings import Settings
from services.kernel.base.shared_look import SharedLook
from services.kernel.data.database import Databases
from services.kernel.process import event_metrics, health
from services.kernel.process.app import system_app
from services.kernel.process.doctor import Verdict, examine
from services.plam import ROUTING, SERVICES
from tests.kernel.http_world import look
from tests.support.api import call, gauge
from tests.support.database import STUCK


async def test_b8_readiness_answers_beside_thirty_who_ask_for_metrics(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LONGEST", STUCK)
    monkeypatch.setattr(event_metrics, "LONGEST_LOOK", STUCK)
    databases = Databases(settings, ROUTING)
    app = system_app(SERVICES, databases)
    async with look(settings) as connection:
        async with connection.transaction():
            await connection.execute("LOCK TABLE actions.delivery")  # a look at the event path lasts until then
            asking = [asyncio.create_task(call(app, "GET", path)) for path in ("/metrics", "/actions/metrics") for _ in range(15)]
            ready = await asyncio.gather(*(call(app, "GET", "/actions/readyz") for _ in range(30)))
            assert [answer.status for answer in ready] == [200] * 30
            assert not any(task.done() for task in asking)
            held = await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'plam actions health'")
            assert held <= settings.pools.health
        assert {answer.status for answer in await asyncio.gather(*asking)} == {200}
    await databases.close()


async def test_o11_a_clock_that_is_ahead_of_its_database_is_told(settings: Settings) -> None:
    databases = Databases(settings, ROUTING)
    app = system_app(SERVICES, databases)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2), tick=True):
        text = (await call(app, "GET", "/actions/metrics")).body.decode()
        skew = gauge(text, 'plam_clock_skew_seconds{service="actions"}')
        assert skew == pytest.approx(7_200, abs=60)
        found = [finding async for finding in examine([service for service in SERVICES if service.name == "actions"], settings)]
        assert any("Réglez-les (NTP)" in finding.words and finding.verdict is Verdict.warning for finding in found)
    await databases.close()


async def test_a_look_is_taken_once_for_all_who_ask_meanwhile_and_stands_a_while() -> None:
    taken: list[float] = []

    async def slow() -> None:
        taken.append(time.monotonic())
        await asyncio.sleep(0.05)

    shared = SharedLook(slow, kept=0.2)
    first = asyncio.create_task(shared())
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(shared()) for _ in range(9)]
    first.cancel()
    await asyncio.gather(*others)
    await shared()
    assert len(taken) == 1, "whoever asked first may leave"
    await asyncio.sleep(0.25)
    await shared()
    assert len(taken) == 2


async def test_a_look_that_fails_fails_for_all_who_asked_and_is_taken_again() -> None:
    faults = [ValueError("one"), None]

    async def look_once() -> None:
        await asyncio.sleep(0.01)
        if fault := faults.pop(0):
            raise fault

    shared = SharedLook(look_once)
    told = await asyncio.gather(shared(), shared(), return_exceptions=True)
    assert [type(each) for each in told] == [ValueError, ValueError]
    await shared()
    with pytest.raises(IndexError):
        await shared()
