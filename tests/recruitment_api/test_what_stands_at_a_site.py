"""Needs and applications change hands with their site, and are concealed while it is closed: dated, once, in small parts."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import time_machine
from sqlalchemy import update

from services.contracts.codes import Department, Role
from services.kernel.data.database import Databases
from services.kernel.events.scheduler import run_job
from services.recruitment_api import standing
from services.recruitment_api.copies import ORGANISATIONS
from services.recruitment_api.service import SERVICE
from tests.conftest import Client
from tests.support.http import at, ok, problem_type
from tests.support.recruitment import (
    HOME,
    Employer,
    a_need,
    a_site,
    accept,
    again,
    an_application,
    an_employer,
    an_open_need,
    event_types,
    events_of,
    move,
    with_key,
)
from tests.support.sites import Heard, hear, since, spell

Json = dict[str, Any]

OPENED = datetime(2026, 11, 23, 10, tzinfo=UTC)
SIX_DAYS_ON = datetime(2026, 11, 29, 10, tzinfo=UTC)
LATER = datetime(2026, 12, 7, 10, tzinfo=UTC)
NOUNS = {"waiting": "applications", "accepted": "applications", "assignment": "assignments", "cancelled": "needs", "need": "needs"}


async def world(databases: Databases, client: Client) -> tuple[Employer, Heard, dict[str, Json]]:
    """A need of three posts, one of them filled, with an application that waits; a need that was cancelled."""
    employer = await an_employer(databases, client)
    heard = Heard(employer.site_id, employer.id)
    await hear(databases, SERVICE, heard.told())
    need = await an_open_need(employer, headcount=3, external_ref="B-1")
    assignment = await accept(employer.client, accepted := await an_application(employer.client, need))
    waiting = await an_application(employer.client, need)
    cancelled = await move(employer.client, "needs", await an_open_need(employer), "cancel", reason="Poste supprimé")
    rows = {"need": need, "waiting": waiting, "accepted": accepted, "assignment": assignment, "cancelled": cancelled}
    return employer, heard, rows


async def now(by: httpx.AsyncClient, rows: dict[str, Json]) -> dict[str, Json]:
    return {name: await again(by, NOUNS[name], row) for name, row in rows.items()}


@pytest.fixture
def opened() -> Any:
    """The day on which these tests begin."""
    with time_machine.travel(OPENED):
        yield


@pytest.mark.usefixtures("opened")
async def test_e2_needs_and_pending_applications_go_to_the_employer_that_takes_the_site_over(
    steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    employer, heard, rows = await world(databases, client)
    other = await an_employer(databases, client)
    before = await now(steering, rows)
    with time_machine.travel(SIX_DAYS_ON):
        told = heard.transfer(other.id)
        await hear(databases, SERVICE, told)
        after = await now(steering, rows)
        for name in ("need", "cancelled", "waiting"):
            assert after[name]["organisation_id"] == str(other.id), name
            assert after[name]["owners"] == since((employer.id, "2026-11-23"), (other.id, "2026-11-29")), name
            assert (after[name]["version"], after[name]["status"]) == (before[name]["version"] + 1, before[name]["status"]), name
        for name in ("accepted", "assignment"):
            assert after[name] == before[name], f"{name}: the employer that signed"
        await hear(databases, SERVICE, told, heard.told())
        assert await run_job(databases, SERVICE, "follow_sites")
        assert await now(steering, rows) == after

        refused = await employer.client.post(
            f"{HOME}/needs/{rows['need']['id']}/cancel", json={"reason": "F"}, headers=with_key(after["need"])
        )
        assert refused.status_code == 403
        hired = await accept(other.client, after["waiting"])
    assert hired["organisation_id"] == str(other.id)
    assert (await event_types(databases, rows["need"])).count("need.transferred") == 1
    [moved] = [event for event in await events_of(databases, "application") if event["type"].endswith(".transferred")]
    assert "organisation_id" not in moved["event"]["data"]


@pytest.mark.usefixtures("opened")
async def test_e2_s2_who_takes_a_need_over_acts_on_what_was_agreed_before_without_seeing_it(
    steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    _, heard, rows = await world(databases, client)
    other = await an_employer(databases, client)
    with time_machine.travel(SIX_DAYS_ON):
        await hear(databases, SERVICE, heard.transfer(other.id))
        assert ok(await other.client.get(f"{HOME}/assignments"))["items"] == []
        body = {"need_id": rows["need"]["id"], "candidate_ref": rows["accepted"]["candidate_ref"]}
        twice = await other.client.post(f"{HOME}/applications", json=body)
        need = await again(other.client, "needs", rows["need"])
        path = f"{HOME}/needs/{need['id']}"
        later = await other.client.patch(path, json={"starts_on": "2030-02-04"}, headers=at(need))
        ok(await other.client.patch(path, json={"urgency": "critical"}, headers=at(need)))
        after = await now(steering, rows)
    assert (problem_type(twice), "existing_id" in twice.json()) == ("already-assigned", False)
    assert [error["code"] for error in later.json()["errors"]] == ["assignment_outside"]
    assert after["assignment"]["urgency"] == "critical"


@pytest.mark.usefixtures("opened")
async def test_e2_a_reference_that_the_new_employer_gave_already_stays_in_the_history(
    steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    employer, heard, rows = await world(databases, client)
    other = await an_employer(databases, client)
    theirs = await a_need(other, external_ref="B-1")
    free = await a_need(employer, external_ref="B-2", headcount=2)
    await hear(databases, SERVICE, heard.transfer(other.id))
    assert [(await again(steering, "needs", need))["external_ref"] for need in (rows["need"], theirs, free)] == [None, "B-1", "B-2"]
    items = ok(await steering.get(f"{HOME}/needs/{rows['need']['id']}/history"))["items"]
    assert [item["document"]["external_ref"] for item in items][:2] == [None, "B-1"]


@pytest.mark.usefixtures("opened")
async def test_e3_a_closed_site_conceals_what_is_open_and_its_clocks_stand_still(
    steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    employer, heard, rows = await world(databases, client)
    draft = await a_need(employer, headcount=9, expires_on="2026-12-01")
    soon = await an_open_need(employer, headcount=8, expires_on="2026-12-01", urgency="urgent")
    pressing = await an_application(employer.client, soon)
    assert pressing["respond_by"] == "2026-11-25"
    before = await now(steering, rows)
    with time_machine.travel(datetime(2026, 11, 24, 10, tzinfo=UTC)):
        await hear(databases, SERVICE, heard.close())
        concealed = await now(steering, rows)
        for name in ("need", "waiting"):
            assert concealed[name]["concealed"] == [spell("2026-11-24")], name
            assert concealed[name]["status"] == before[name]["status"], name
        assert [name for name in rows if concealed[name] == before[name]] == ["accepted", "cancelled"], "an assignment's version moves"
    with time_machine.travel(LATER):
        assert await run_job(databases, SERVICE, "expire_needs")
        assert (await again(steering, "needs", soon))["status"] == "open", "its last day passed while nobody could apply"
        await hear(databases, SERVICE, heard.reopen())
        await hear(databases, SERVICE, heard.told())
        assert await run_job(databases, SERVICE, "follow_sites")
        after = {
            name: await again(steering, NOUNS.get(name, "needs"), row) for name, row in (rows | {"draft": draft, "soon": soon}).items()
        }
        assert after["need"]["concealed"] == [spell("2026-11-24", "2026-12-07")]
        assert (after["draft"]["expires_on"], after["soon"]["expires_on"]) == ("2026-12-01", "2026-12-14"), "13 days; a draft has no clock"
        assert (await again(steering, "applications", pressing))["respond_by"] == "2026-12-08"
        deadlines = [row["waiting"]["respond_by"] for row in (before, after)]
        assert deadlines == ["2026-12-07", "2026-12-21"], "13 days on is a Sunday"
    states = [event["event"]["data"]["concealed"] for event in await events_of(databases, "assignment")]
    assert states == [[], [spell("2026-11-24")], [spell("2026-11-24", "2026-12-07")]]


@pytest.mark.usefixtures("opened")
async def test_e2_e3_more_than_one_transaction_may_change_is_left_to_the_job(
    steering: httpx.AsyncClient, databases: Databases, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    employer, heard, rows = await world(databases, client)
    needs = [rows["need"], *[await a_need(employer, headcount=20 + number) for number in range(5)]]
    applications = [await an_application(employer.client, rows["need"]) for _ in range(5)]
    other = await an_employer(databases, client)
    monkeypatch.setattr(standing, "MOST", 3)
    heard.transfer(other.id)
    await hear(databases, SERVICE, heard.close())
    assert [(await again(steering, "needs", need))["organisation_id"] == str(other.id) for need in needs].count(True) in (2, 3)
    assert await run_job(databases, SERVICE, "follow_sites")
    found = [await again(steering, "needs", need) for need in needs] + [
        await again(steering, "applications", each) for each in applications
    ]
    assert {row["organisation_id"] for row in found} == {str(other.id)}
    assert all(row["concealed"] == [spell("2026-11-23")] for row in found)


@pytest.mark.usefixtures("opened")
async def test_e3_whoever_cancels_an_assignment_and_a_site_that_closes_never_wait_for_each_other_in_a_circle(
    steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    for _ in range(8):
        _, heard, rows = await world(databases, client)
        cancelling = steering.post(
            f"{HOME}/assignments/{rows['assignment']['id']}/cancel", json={"reason": "other"}, headers=with_key(rows["assignment"])
        )
        answer, _ = await asyncio.gather(cancelling, hear(databases, SERVICE, heard.close()))
        assert answer.status_code in (200, 412)
        need = await again(steering, "needs", rows["need"])
        assert (need["filled_count"], need["concealed"]) == (int(answer.status_code == 412), [spell("2026-11-23")])


async def test_e2_a_need_of_another_site_of_the_employer_stays(steering: httpx.AsyncClient, databases: Databases, client: Client) -> None:
    employer, heard, _ = await world(databases, client)
    annex = await a_site(databases, employer.id, Department.loire_atlantique)
    need = await a_need(employer, site_id=str(annex))
    other = await an_employer(databases, client)
    await hear(databases, SERVICE, heard.transfer(other.id))
    assert await run_job(databases, SERVICE, "follow_sites")
    assert await again(steering, "needs", need) == need


async def live(by: httpx.AsyncClient, nouns: str, row: Json) -> Json:
    return ok(await by.get(f"{HOME}/{nouns}/{row['id']}/live"))


@pytest.mark.usefixtures("opened")
async def test_e3_what_is_shown_of_what_is_concealed_is_what_will_be_answered(
    steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    employer, heard, rows = await world(databases, client)
    stranger = (await an_employer(databases, client)).client
    partner = client(Role.hr_partner, departments=frozenset({Department.loire_atlantique}))
    draft, need = await a_need(employer, headcount=9), rows["need"]
    late = await an_open_need(employer, headcount=8, urgency="urgent")
    overdue = await an_application(employer.client, late)

    async def listed(by: httpx.AsyncClient, nouns: str = "needs", row: Json = need, **filters: str) -> bool:
        items = ok(await by.get(f"{HOME}/{nouns}", params={"limit": "200", **filters}))["items"]
        return row["id"] in {each["id"] for each in items}

    def body(row: Json) -> Json:
        return {"need_id": row["id"], "candidate_ref": "C7F3A9K2"}

    with time_machine.travel(SIX_DAYS_ON):
        assert await listed(partner, "applications", overdue, overdue="true")
        await hear(databases, SERVICE, heard.close())
        concealed = spell("2026-11-29")
        for caller in (steering, employer.client, partner, stranger):
            assert (await again(caller, "needs", need))["concealed"] == [concealed], "whoever has its id reads why"
        assert [await listed(each) for each in (steering, employer.client, partner, stranger)] == [True, True, False, False]
        assert await live(stranger, "needs", need) == {"days_left": None, "allowed_operations": []}, "another employer's"
        assert (await live(employer.client, "needs", need))["allowed_operations"] == ["changeNeed", "cancelNeed"]
        assert await live(employer.client, "needs", draft) == {"days_left": None, "allowed_operations": ["changeNeed"]}
        for application in (rows["waiting"], overdue):
            assert await live(partner, "applications", application) == {
                "overdue": False,
                "days_left": None,
                "allowed_operations": ["withdrawApplication"],
            }
        assert not await listed(partner, "applications", overdue, overdue="true")

        waiting = await again(steering, "applications", rows["waiting"])
        path = f"{HOME}/applications/{waiting['id']}"
        for answer in (
            await partner.post(f"{HOME}/applications", json=body(need)),
            await employer.client.post(f"{path}/accept", json={"legal_form": "cdi"}, headers=with_key(waiting)),
            await employer.client.post(f"{path}/decline", json={"reason": "no_position"}, headers=with_key(waiting)),
            await employer.client.post(f"{HOME}/needs/{draft['id']}/publish", headers=with_key(await again(steering, "needs", draft))),
        ):
            assert (answer.status_code, problem_type(answer)) == (409, "concealed")
            assert answer.json()["concealed"] == concealed
            assert "peut le rouvrir" in answer.json()["detail"], "it says what to do"
        await move(partner, "applications", waiting, "withdraw")
        cancelled = await move(
            employer.client, "assignments", await again(steering, "assignments", rows["assignment"]), "cancel", reason="other"
        )
        assert cancelled["status"] == "cancelled"
        assert (await again(steering, "needs", need))["status"] == "open", "its post is free, and nobody is shown it"

        await hear(databases, SERVICE, heard.reopen())
        assert [await listed(each) for each in (steering, employer.client, partner, stranger)] == [True] * 4
        assert (await live(employer.client, "needs", draft))["allowed_operations"] == ["changeNeed", "publishNeed"]
        assert (await live(partner, "applications", overdue))["allowed_operations"] == ["withdrawApplication"]
        assert (await live(employer.client, "applications", overdue))["allowed_operations"] == [
            "acceptApplication",
            "declineApplication",
            "withdrawApplication",
        ]
        assert await listed(partner, "applications", overdue, overdue="true")
        ok(await partner.post(f"{HOME}/applications", json=body(need)))
        await move(employer.client, "applications", await again(steering, "applications", overdue), "decline", reason="no_position")
        await move(employer.client, "needs", await again(steering, "needs", draft), "publish")


@pytest.mark.usefixtures("opened")
async def test_e3_a_need_that_is_concealed_may_still_be_given_up_and_an_expired_one_is_not_prolonged(
    steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    employer, heard, rows = await world(databases, client)
    expiring = await an_open_need(employer, headcount=7, expires_on="2026-11-24")
    with time_machine.travel(SIX_DAYS_ON):
        assert await run_job(databases, SERVICE, "expire_needs")
        await hear(databases, SERVICE, heard.close())
        expired = await again(steering, "needs", expiring)
        assert (expired["status"], (await live(steering, "needs", expired))["allowed_operations"]) == ("expired", [])
        path = f"{HOME}/needs/{expired['id']}/prolong"
        refused = await employer.client.post(path, json={"expires_on": "2026-12-20"}, headers=with_key(expired))
        assert (refused.status_code, problem_type(refused)) == (409, "concealed")
        await move(employer.client, "needs", await again(steering, "needs", rows["need"]), "cancel", reason="Fermeture")
        assert (await again(steering, "applications", rows["waiting"]))["status"] == "need_closed"
    with time_machine.travel(LATER):
        await hear(databases, SERVICE, heard.reopen())
        ended = await again(steering, "needs", rows["need"])
        assert (ended["status"], ended["concealed"]) == ("cancelled", [spell("2026-11-29", "2026-12-07")])
        expired = await again(steering, "needs", expired)
        assert expired["expires_on"] == "2026-11-24"
        await move(employer.client, "needs", expired, "prolong", expires_on="2026-12-20")


@pytest.mark.usefixtures("opened")
async def test_e3_a_draft_that_goes_to_an_open_site_shows_at_once(databases: Databases, client: Client) -> None:
    employer, heard, _ = await world(databases, client)
    draft = await a_need(employer, headcount=9)
    annex = await a_site(databases, employer.id, Department.loire_atlantique)
    with time_machine.travel(SIX_DAYS_ON):
        await hear(databases, SERVICE, heard.close())
        draft = await again(employer.client, "needs", draft)
        path = f"{HOME}/needs/{draft['id']}"
        moved = ok(await employer.client.patch(path, json={"site_id": str(annex)}, headers=with_key(draft)))
        assert moved["concealed"] == []
        assert (await move(employer.client, "needs", moved, "publish"))["status"] == "open"
        assert await run_job(databases, SERVICE, "follow_sites")
        assert (await again(employer.client, "needs", moved))["version"] == moved["version"] + 1


@pytest.mark.usefixtures("opened")
async def test_the_job_conceals_what_a_suspended_employer_seeks_and_its_clocks_stand_still(
    steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    employer, _, rows = await world(databases, client)
    before = await now(steering, rows)

    async def suspended(since_: str, until: str | None) -> dict[str, Json]:
        table = ORGANISATIONS.table
        async with databases.open("recruitment") as db:
            told = [{"since": since_, "until": until}]
            await db.fetch(update(table).where(table.c.id == employer.id).values(suspended_spells=told))
        assert await run_job(databases, SERVICE, "follow_sites")
        return await now(steering, rows)

    concealed = await suspended("2026-11-23", None)
    open_ = [spell("2026-11-23", None, "organisation_suspended")]
    assert {name: row["concealed"] for name, row in concealed.items() if row.get("concealed")} == {"need": open_, "waiting": open_}
    with time_machine.travel(SIX_DAYS_ON):
        after = await suspended("2026-11-23", "2026-11-29")
    assert after["need"]["concealed"] == [spell("2026-11-23", "2026-11-29", "organisation_suspended")]
    assert (before["need"]["expires_on"], after["need"]["expires_on"]) == ("2029-12-31", "2030-01-06")
    assert after["waiting"]["respond_by"] > before["waiting"]["respond_by"]
    assert {name: row["status"] for name, row in after.items()} == {name: row["status"] for name, row in before.items()}
