"""The day of a demonstration: business follows it, what was recorded when keeps real time, and only its folder carries it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import time_machine

from services.kernel.base import clock
from services.kernel.process.demo_folder import LAST_DAY, last_day, on_its_day, pass_to
from tests.support.actions import action_body
from tests.support.http import at, ok

ACTIONS = "/actions/v1/actions"
DAY = date(2024, 2, 29)


@pytest.fixture(autouse=True)
def _real_days_after() -> Iterator[None]:
    yield
    clock.set_day(None)


@pytest.mark.parametrize(
    ("real", "business"),
    [
        ("2026-07-01T10:20:30.000040Z", "2024-02-29T11:20:30.000040Z"),  # 12:20 in Paris, in summer and in winter
        ("2026-07-01T22:10:00Z", "2024-02-28T23:10:00Z"),  # already the next day in Paris: the first minutes of the day that is set
        ("2026-12-31T22:59:59Z", "2024-02-29T22:59:59Z"),
    ],
)
def test_the_business_clock_says_this_time_of_the_day_that_is_set(real: str, business: str) -> None:
    with time_machine.travel(datetime.fromisoformat(real), tick=False):
        clock.set_day(DAY)
        assert (clock.now(), clock.today(), clock.day_of(clock.now())) == (datetime.fromisoformat(business), DAY, DAY)
        assert (clock.real_now(), clock.day_that_is_set()) == (datetime.fromisoformat(real), DAY)
        clock.set_day(None)
        assert (clock.now(), clock.day_that_is_set()) == (datetime.fromisoformat(real), None)


def test_a_folder_keeps_its_last_day_and_sets_it_while_it_is_attached(tmp_path: Path) -> None:
    with on_its_day(tmp_path):
        assert clock.day_that_is_set() is None
        pass_to(tmp_path, DAY)
        pass_to(tmp_path, DAY + timedelta(days=1))
        assert clock.today() == date(2024, 3, 1)
    assert clock.day_that_is_set() is None
    with on_its_day(tmp_path):
        assert clock.today() == last_day(tmp_path) == date(2024, 3, 1)
    assert [file.name for file in tmp_path.iterdir()] == [LAST_DAY]


def test_a_folder_that_does_not_say_its_day_is_refused(tmp_path: Path) -> None:
    (tmp_path / LAST_DAY).write_text("demain")
    with pytest.raises(ValueError, match=f"{LAST_DAY} ne dit pas le dernier jour"), on_its_day(tmp_path):
        pytest.fail("its block must not begin")


async def test_a_version_has_business_dates_and_was_recorded_in_real_time(steering: httpx.AsyncClient) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    clock.set_day(DAY)
    key = {"Idempotency-Key": "one"}
    body = action_body()
    first = ok(await steering.post(ACTIONS, json=body, headers=key))
    path = f"{ACTIONS}/{first['id']}"
    clock.set_day(DAY - timedelta(days=3))  # even where business days went backwards, knowledge does not
    second = ok(await steering.post(f"{path}/submit", headers=at(first)))
    assert [clock.day_of(datetime.fromisoformat(one[name])) for one in (first, second) for name in ("created_at", "updated_at")] == [
        DAY,
        DAY,
        DAY,
        DAY - timedelta(days=3),
    ]
    items = ok(await steering.get(f"{path}/history"))["items"]
    recorded = [datetime.fromisoformat(item["recorded_at"]) for item in reversed(items)]
    assert began < recorded[0] < recorded[1] < datetime.now(UTC) + timedelta(seconds=1)
    known = ok(await steering.get(f"{path}/history", params={"known_at": items[1]["recorded_at"]}))["items"]
    assert [item["document"] for item in known] == [first]
    clock.set_day(date(2031, 1, 1))
    assert ok(await steering.post(ACTIONS, json=body, headers=key)) == first
