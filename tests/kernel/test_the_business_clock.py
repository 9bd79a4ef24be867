"""The day of a demonstration: business follows it, what was recorded when keeps real time, and only its folder carries it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import time_machine

from services.kernel.base import clock
from services.kernel.process.demo_folder import LAST_DAY, finish, last_day, on_its_day, pass_to
from tests.support.actions import action_body
from tests.support.http import at, ok

ACTIONS = "/actions/v1/actions"
DAY = date(2024, 2, 29)


@pytest.fixture(autouse=True)
def _real_days_after() -> Iterator[None]:
    yield
    clock.set_day(None)


@pytest.mark.parametrize(
    ("real", "later", "business"),
    [
        ("2026-07-01T10:20:30Z", timedelta(seconds=5), "2024-02-29T08:00:05Z"),  # nine in Paris, in winter
        ("2026-07-01T21:59:58Z", timedelta(hours=11), "2024-02-29T19:00:00Z"),  # over midnight, and served the next morning
        ("2026-12-31T22:59:59Z", timedelta(days=400), "2024-02-29T22:59:59.999999Z"),
        ("2026-12-31T22:59:59Z", timedelta(hours=-1), "2024-02-29T08:00:00Z"),  # whose real clock was set back
    ],
)
def test_a_day_that_is_set_begins_at_nine_and_never_goes_back(real: str, later: timedelta, business: str) -> None:
    reached = datetime.fromisoformat(real)
    clock.set_day(DAY, reached)
    with time_machine.travel(reached + later, tick=False):
        assert (clock.now(), clock.today(), clock.day_of(clock.now())) == (datetime.fromisoformat(business), DAY, DAY)
        assert (clock.real_now(), clock.day_that_is_set()) == (reached + later, DAY)
        clock.set_day(None)
        assert (clock.now(), clock.day_that_is_set()) == (reached + later, None)


def test_a_folder_keeps_its_last_day_and_sets_it_while_it_is_attached(tmp_path: Path) -> None:
    with on_its_day(tmp_path):
        assert clock.day_that_is_set() is None
        pass_to(tmp_path, DAY)
        pass_to(tmp_path, DAY + timedelta(days=1))
        assert clock.today() == date(2024, 3, 1)
        played = clock.now()
        finish(tmp_path)
    assert clock.day_that_is_set() is None
    with on_its_day(tmp_path):
        kept = last_day(tmp_path)
        assert kept
        assert clock.today() == kept.day == date(2024, 3, 1)
        assert clock.now() >= played, "a day of business goes on where it was left"
    assert [file.name for file in tmp_path.iterdir()] == [LAST_DAY]


def test_a_demonstration_that_was_broken_off_is_not_served(tmp_path: Path) -> None:
    pass_to(tmp_path, DAY)
    with pytest.raises(ValueError, match="arrêtée avant sa fin : supprimez ce dossier"), on_its_day(tmp_path):
        pytest.fail("its block must not begin")


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
