"""Milestones: due, reached, rescheduled with the initial date kept, cancelled, late."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from services.actions_api.milestones import operations
from services.actions_api.milestones.schemas import MilestoneCreate
from services.contracts.codes import Role
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.actions import a_milestone, an_action, an_approved_action, an_organisation_copy, move, move_milestone
from tests.support.http import at, ok, pointers, problem_type

NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)
PATH = "/actions/v1/milestones"


async def live(steering: httpx.AsyncClient, milestone: dict[str, Any]) -> dict[str, Any]:
    """What depends on the day."""
    return ok(await steering.get(f"{PATH}/{milestone['id']}/live"))


async def test_the_first_due_date_is_the_initial_one_and_stays(steering: httpx.AsyncClient) -> None:
    milestone = await a_milestone(steering, await an_action(steering), due="2027-03-31")
    milestone = await move_milestone(steering, milestone, "reschedule", due="2027-06-30", reason="partner")
    milestone = await move_milestone(steering, milestone, "reschedule", due="2027-05-31", reason="scope")

    assert (milestone["due_initial"], milestone["due"]) == ("2027-03-31", "2027-05-31")
    assert [(move["old_due"], move["new_due"], move["reason"]) for move in milestone["reschedules"]] == [
        ("2027-03-31", "2027-06-30", "partner"),
        ("2027-06-30", "2027-05-31", "scope"),
    ]
    assert (await live(steering, milestone))["slip_days"] == 61


@time_machine.travel(NOON, tick=False)
async def test_a_milestone_is_late_from_the_day_after_its_due_date(steering: httpx.AsyncClient) -> None:
    action = await an_approved_action(steering)
    due_today = await a_milestone(steering, action, due="2026-11-22")
    late = await a_milestone(steering, action, due="2026-11-20")

    assert (await live(steering, due_today))["late"] is False
    operations = ["changeMilestone", "reachMilestone", "rescheduleMilestone", "cancelMilestone"]
    assert await live(steering, late) == {"late": True, "days_late": 2, "slip_days": 0, "allowed_operations": operations}
    listed = ok(await steering.get(PATH, params={"overdue": "true", "live": "true"}))["items"]
    assert [(item["id"], item["live"]["days_late"]) for item in listed] == [(late["id"], 2)]


@time_machine.travel(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), tick=False)
async def test_today_is_the_day_in_paris(steering: httpx.AsyncClient) -> None:
    milestone = await a_milestone(steering, await an_approved_action(steering), due="2026-11-22")

    assert (await live(steering, milestone))["days_late"] == 1
    assert (await move_milestone(steering, milestone, "reach"))["reached_on"] == "2026-11-23"


async def test_a_milestone_is_reached_today_or_before(steering: httpx.AsyncClient) -> None:
    with time_machine.travel(datetime(2026, 11, 2, 11, tzinfo=UTC)):
        milestone = await a_milestone(steering, await an_action(steering))
    with time_machine.travel(NOON):
        reached = await move_milestone(steering, milestone, "reach", reached_on="2026-11-02", evidence="Charte signée le 2 novembre")

    assert (reached["status"], reached["reached_on"], reached["evidence"]) == ("reached", "2026-11-02", "Charte signée le 2 novembre")


@pytest.mark.parametrize(
    ("verb", "body"), [("reach", {}), ("cancel", {"reason": "Sans objet"}), ("reschedule", {"due": "2027-06-30", "reason": "other"})]
)
async def test_what_is_cancelled_stays_so(steering: httpx.AsyncClient, verb: str, body: dict[str, Any]) -> None:
    milestone = await move_milestone(steering, await a_milestone(steering, await an_action(steering)), "cancel", reason="Doublon")

    answer = await steering.post(f"{PATH}/{milestone['id']}/{verb}", json=body, headers=at(milestone))

    assert answer.status_code == 409
    assert milestone["status_reason"] == "Doublon"


async def test_an_action_that_has_ended_takes_no_more_milestones(steering: httpx.AsyncClient) -> None:
    action = await an_approved_action(steering)
    milestone = await a_milestone(steering, action)
    action = await move(steering, action, "abandon", decision_ref="COPIL-2023-1")

    added = await steering.post(PATH, json={"action_id": action["id"], "title": "Trop tard", "due": "2027-01-31"})
    milestone = ok(await steering.get(f"{PATH}/{milestone['id']}"))
    changed = await steering.patch(f"{PATH}/{milestone['id']}", json={"title": "Autre"}, headers=at(milestone))

    assert (added.status_code, problem_type(added)) == (409, "action-ended")
    assert (changed.status_code, problem_type(changed)) == (409, "action-ended")


async def test_a_milestone_belongs_to_an_action_that_exists(steering: httpx.AsyncClient) -> None:
    body = {"action_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "title": "Orphelin", "due": "2027-01-31"}

    answer = await steering.post(PATH, json=body)

    assert (answer.status_code, pointers(answer)) == (422, ["#/action_id"])


async def test_the_milestones_of_a_draft_are_hidden_with_it(client: Client, steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)
    milestone = await a_milestone(steering, action)
    reader = client(Role.reader)

    before = await reader.get(f"{PATH}/{milestone['id']}")
    await move(steering, action, "submit")

    assert before.status_code == 404
    assert (await reader.get(f"{PATH}/{milestone['id']}")).status_code == 200
    assert [item["id"] for item in ok(await reader.get(PATH, params={"action_id": action["id"]}))["items"]] == [milestone["id"]]
    shown = ok(await reader.get(f"{PATH}/{milestone['id']}"))
    assert (await reader.post(f"{PATH}/{milestone['id']}/reach", json={}, headers=at(shown))).status_code == 403


async def test_no_milestone_slips_into_an_action_that_is_being_completed(steering: httpx.AsyncClient, databases: Databases) -> None:
    action = await an_approved_action(steering, lead_organisation_id=str(await an_organisation_copy(databases)))
    await move_milestone(steering, await a_milestone(steering, action), "reach")
    action = await move(steering, action, "start")
    body = MilestoneCreate(action_id=UUID(action["id"]), title="Bilan", due=date(2027, 3, 31))

    async with databases.open("actions") as db:
        await db.connection()
        await operations.create(db, body, by=SYSTEM)
        completing = asyncio.create_task(steering.post(f"/actions/v1/actions/{action['id']}/complete", headers=at(action)))
        await asyncio.sleep(0.2)
        assert not completing.done()
    answer = await completing

    assert (answer.status_code, problem_type(answer)) == (409, "action-not-ready")
