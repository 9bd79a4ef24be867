"""Needs expire after their last day, by a job, and are prolonged three times at the most."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import time_machine

from services.kernel.data.database import Databases
from services.kernel.events.scheduler import run_job
from services.recruitment_api.needs import operations
from services.recruitment_api.service import SERVICE
from tests.support.http import at, ok, pointers, problem_type
from tests.support.recruitment import HOME, Employer, a_need, accept, again, an_application, an_open_need, event_types, move

LAST_MINUTE = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
"""In Paris, a minute before midnight of the last day."""
DAY_AFTER = LAST_MINUTE + timedelta(minutes=2)


async def run(databases: Databases) -> None:
    """Runs the job as a worker does."""
    assert await run_job(databases, SERVICE, "expire_needs")


async def test_a_need_expires_once_its_last_day_in_paris_is_over(employer: Employer, databases: Databases) -> None:
    with time_machine.travel(LAST_MINUTE - timedelta(days=9)):
        need = await an_open_need(employer, expires_on="2026-12-31")
        other = await an_open_need(employer, expires_on="2027-01-01")
        assert ok(await employer.client.get(f"{HOME}/needs/{need['id']}/live"))["days_left"] == 10
    with time_machine.travel(LAST_MINUTE):
        await run(databases)
        assert (await again(employer.client, "needs", need))["status"] == "open"
        assert ok(await employer.client.get(f"{HOME}/needs/{need['id']}/live"))["days_left"] == 1
    with time_machine.travel(DAY_AFTER):
        await run(databases)
        await run(databases)
        expired = await again(employer.client, "needs", need)

    assert (expired["status"], expired["ended_on"], expired["version"]) == ("expired", "2027-01-01", 3)
    assert await event_types(databases, need) == ["need.created", "need.published", "need.expired"]
    assert (await again(employer.client, "needs", other))["status"] == "open"


async def test_what_does_not_seek_does_not_expire(employer: Employer, databases: Databases) -> None:
    with time_machine.travel(LAST_MINUTE):
        draft = await a_need(employer, expires_on="2026-12-31")
        filled = await an_open_need(employer, expires_on="2026-12-31")
        await accept(employer.client, await an_application(employer.client, filled))
    with time_machine.travel(DAY_AFTER):
        await run(databases)

    assert (await again(employer.client, "needs", draft))["status"] == "draft"
    assert (await again(employer.client, "needs", filled))["status"] == "filled"


async def test_an_expired_need_takes_no_application_even_before_the_job_has_run(employer: Employer) -> None:
    with time_machine.travel(LAST_MINUTE):
        need = await an_open_need(employer, expires_on="2026-12-31")
        await an_application(employer.client, need)
    with time_machine.travel(DAY_AFTER):
        body = {"need_id": need["id"], "candidate_ref": "C7F3A9K2"}
        answer = await employer.client.post(f"{HOME}/applications", json=body)

    assert (answer.status_code, problem_type(answer)) == (409, "need-not-open")


async def test_a_need_is_prolonged_three_times(employer: Employer, databases: Databases) -> None:
    day = LAST_MINUTE - timedelta(hours=12)
    with time_machine.travel(day):
        need = await an_open_need(employer, headcount=2, expires_on="2026-12-31")
        await accept(employer.client, await an_application(employer.client, need))
    for month in (1, 2, 3):
        day += timedelta(days=31)
        with time_machine.travel(day):
            await run(databases)
            need = await again(employer.client, "needs", need)
            need = await move(employer.client, "needs", need, "prolong", expires_on=day.date().isoformat())
            assert (need["status"], need["prolongation_count"], need["ended_on"]) == ("partially_filled", month, None)
    with time_machine.travel(day + timedelta(days=31)):
        await run(databases)
        need = await again(employer.client, "needs", need)
        answer = await employer.client.post(f"{HOME}/needs/{need['id']}/prolong", json={"expires_on": "2029-01-01"}, headers=at(need))

    assert (answer.status_code, problem_type(answer)) == (409, "need-prolonged-too-often")
    assert (await event_types(databases, need)).count("need.prolonged") == 3


async def test_a_need_is_not_prolonged_into_the_past(employer: Employer, databases: Databases) -> None:
    with time_machine.travel(LAST_MINUTE):
        need = await an_open_need(employer, expires_on="2026-12-31", starts_on="2026-12-01", ends_on="2027-06-01")
    with time_machine.travel(DAY_AFTER):
        await run(databases)
        need = await again(employer.client, "needs", need)
        answer = await employer.client.post(f"{HOME}/needs/{need['id']}/prolong", json={"expires_on": "2026-12-31"}, headers=at(need))
        assert (answer.status_code, pointers(answer)) == (422, ["#/expires_on"])
        said = "Le dernier jour de publication (31 décembre 2026) est passé : choisissez aujourd'hui, 1er janvier 2027, ou plus tard."
        assert answer.json()["detail"] == said
        prolonged = await move(employer.client, "needs", need, "prolong", expires_on="2027-01-01")

    assert (prolonged["status"], prolonged["published_at"]) == ("open", need["published_at"])


async def test_typed_dates_a_need_is_not_prolonged_beyond_its_posts(employer: Employer, databases: Databases) -> None:
    with time_machine.travel(LAST_MINUTE):
        need = await an_open_need(employer, expires_on="2026-12-31", starts_on="2026-12-01", ends_on="2027-06-01")
    with time_machine.travel(DAY_AFTER):
        await run(databases)
        need = await again(employer.client, "needs", need)
        answer = await employer.client.post(f"{HOME}/needs/{need['id']}/prolong", json={"expires_on": "2027-06-01"}, headers=at(need))
        prolonged = await move(employer.client, "needs", need, "prolong", expires_on="2027-05-31")

    assert (answer.status_code, pointers(answer)) == (422, ["#/expires_on"])
    assert answer.json()["detail"] == (
        "Le dernier jour de publication (1er juin 2027) vient après le dernier jour des postes (31 mai 2027) : avancez-le, ou reculez la "
        "fin des postes (ends_on)."
    )
    assert prolonged["expires_on"] == "2027-05-31"


async def test_the_job_goes_on_until_none_is_left(employer: Employer, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "EXPIRED_AT_ONCE", 2)
    with time_machine.travel(LAST_MINUTE):
        for _ in range(5):
            await an_open_need(employer, expires_on="2026-12-31")
    with time_machine.travel(DAY_AFTER):
        await run(databases)

    assert await _statuses(employer.client) == ["expired"] * 5


async def test_a_need_that_somebody_is_changing_waits_for_the_next_run(employer: Employer, databases: Databases) -> None:
    with time_machine.travel(LAST_MINUTE):
        need = await an_open_need(employer, expires_on="2026-12-31")
        await an_open_need(employer, expires_on="2026-12-31")
    with time_machine.travel(DAY_AFTER):
        async with databases.open("recruitment", "worker") as busy:
            connection = await busy.connection()
            await connection.execute("SELECT FROM need WHERE id = $1 FOR UPDATE", need["id"])
            await run(databases)
        assert await _statuses(employer.client) == ["expired", "open"]
        await run(databases)

    assert await _statuses(employer.client) == ["expired", "expired"]


async def _statuses(client: httpx.AsyncClient) -> list[str]:
    return [need["status"] for need in ok(await client.get(f"{HOME}/needs"))["items"]]
