"""A milestone that was marked reached by mistake is planned again, and the figures say so by reversing entries."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from services.actions_api.actions import operations as actions
from services.actions_api.milestones import operations
from services.actions_api.service import SERVICE
from services.contracts.codes import Department, Role
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.actions import a_milestone, an_action, an_approved_action, an_organisation_copy, move, move_milestone
from tests.support.figures import figure, hand_over
from tests.support.http import at, ok, pointers, problem_type

PATH = "/actions/v1/milestones"
REASON = {"reason": "Coché sur la mauvaise fiche"}
BEFORE, REACHED, REOPENED = (datetime(2026, 11, day, 11, tzinfo=UTC) for day in (2, 10, 20))
ENTRIES = 'SELECT * FROM entry ORDER BY batch, series, "on"'
CODES = ("K05", "K06", "K07", "K08")


async def test_e5_a_milestone_reached_by_mistake_is_planned_again(steering: httpx.AsyncClient, databases: Databases) -> None:
    milestone = await a_milestone(steering, await an_approved_action(steering), due="2026-12-31")
    reached = await move_milestone(steering, milestone, "reach", evidence="Charte signée")

    reopened = await move_milestone(steering, reached, "reopen", **REASON)

    assert (reopened["status"], reopened["reached_on"], reopened["status_reason"]) == ("planned", None, REASON["reason"])
    assert (reopened["due_initial"], reopened["due"], reopened["evidence"]) == ("2026-12-31", "2026-12-31", "Charte signée")
    assert [step["status"] for step in reopened["history"]] == ["planned", "reached", "planned"]
    versions = ok(await steering.get(f"{PATH}/{milestone['id']}/history"))["items"]
    assert [item["document"]["status"] for item in versions] == ["planned", "reached", "planned"]
    pool = await databases.pool("actions", "worker")
    told = [row["type"] for row in await pool.fetch("SELECT type FROM outbox WHERE kind = 'milestone' ORDER BY version DESC LIMIT 1")]
    assert told == ["actions.milestone.reopened"]
    again = await move_milestone(steering, reopened, "reach", reached_on=clock.today().isoformat())
    assert (again["status"], again["reached_on"], again["status_reason"]) == ("reached", clock.today().isoformat(), None)


async def figures(databases: Databases, as_of: str) -> dict[str, Any]:
    """The four figures of milestones, as they are known now for a day."""
    return {code: await figure(databases, code, as_of) for code in CODES}


async def test_e5_the_figures_of_a_reopened_milestone_are_those_of_one_that_was_never_reached(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    """By reversing entries, on the days of the entries that they reverse: nothing that was entered is taken away."""
    with time_machine.travel(BEFORE, tick=False):
        action = await an_approved_action(steering)
        milestone = await a_milestone(steering, action, due="2026-11-05")
        milestone = await move_milestone(steering, milestone, "reschedule", due="2026-11-15", reason="partner")
        await a_milestone(steering, await an_approved_action(steering), due="2027-06-30")
    assert (await hand_over(databases, SERVICE)).differences == []
    never = await figures(databases, "2026-11-20")
    assert never == {"K05": (0.5, 2), "K06": (0.0, 1), "K07": (0, 2), "K08": (0.5, 2)}
    with time_machine.travel(REACHED, tick=False):
        milestone = await move_milestone(steering, milestone, "reach", reached_on="2026-11-04")
    assert (await hand_over(databases, SERVICE)).differences == []
    assert await figures(databases, "2026-11-20") == {"K05": (0.0, 2), "K06": (1.0, 1), "K07": (0, 2), "K08": (0.0, 1)}
    pool = await databases.pool("observatory", "worker")
    entries = await pool.fetch(ENTRIES)

    with time_machine.travel(REOPENED, tick=False):
        reopened = await move_milestone(steering, milestone, "reopen", **REASON)
        found = await hand_over(databases, SERVICE)

    assert found.differences == []
    assert found.compared == len(SERVICE.meaning)
    assert await figures(databases, "2026-11-20") == never
    after = await pool.fetch(ENTRIES)
    assert after[: len(entries)] == entries
    assert any(row["amount"] < 0 for row in after[len(entries) :])
    with time_machine.travel(REOPENED, tick=False):
        await move_milestone(steering, reopened, "reach", reached_on="2026-11-04")
        assert (await hand_over(databases, SERVICE)).differences == []
        assert (await figures(databases, "2026-11-20"))["K06"] == (1.0, 1)


@pytest.mark.parametrize("verb", [None, "cancel"])
async def test_e5_only_a_milestone_that_is_reached_is_reopened(steering: httpx.AsyncClient, verb: str | None) -> None:
    milestone = await a_milestone(steering, await an_action(steering))
    if verb:
        milestone = await move_milestone(steering, milestone, verb, **REASON)

    answer = await steering.post(f"{PATH}/{milestone['id']}/reopen", json=REASON, headers=at(milestone))

    assert (answer.status_code, problem_type(answer)) == (409, "move-refused")
    assert (
        answer.json()["detail"]
        == {
            None: "C'est déjà fait : le statut est « prévu ». D'ici, il peut passer à « atteint » ou « annulé ».",
            "cancel": "Le statut est « annulé » ; cette opération demande « atteint ». Il ne change plus.",
        }[verb]
    )


async def test_e5_a_milestone_is_reopened_once_with_a_reason_at_the_version_that_was_read(steering: httpx.AsyncClient) -> None:
    reached = await move_milestone(steering, await a_milestone(steering, await an_action(steering)), "reach")
    address = f"{PATH}/{reached['id']}/reopen"

    silent = [await steering.post(address, json=body, headers=at(reached)) for body in ({}, {"reason": ""}, {"reason": None})]
    blind = await steering.post(address, json=REASON)
    stale = await steering.post(address, json=REASON, headers={"If-Match": '"1"'})
    both = await asyncio.gather(*[steering.post(address, json=REASON, headers=at(reached)) for _ in range(2)])

    assert [(answer.status_code, pointers(answer)) for answer in silent] == [(422, ["#/reason"])] * 3
    assert (blind.status_code, stale.status_code) == (428, 412)
    assert sorted(answer.status_code for answer in both) == [200, 412]


async def test_e5_who_may_mark_a_milestone_reached_may_reopen_it(client: Client, steering: httpx.AsyncClient) -> None:
    action = await an_approved_action(steering, departments=["44"])
    hidden = await move_milestone(steering, await a_milestone(steering, await an_action(steering)), "reach")
    reached = await move_milestone(steering, await a_milestone(steering, action), "reach")

    async def status(by: httpx.AsyncClient, milestone: dict[str, Any]) -> int:
        return (await by.post(f"{PATH}/{milestone['id']}/reopen", json=REASON, headers=at(milestone))).status_code

    for role in Role:
        if role not in (Role.steering, Role.committee, Role.hr_partner):
            assert await status(client(role), reached) == 403
    for role in (Role.committee, Role.hr_partner):
        assert await status(client(role, departments=frozenset({Department.sarthe})), reached) == 403
    assert await status(client(), reached) == 401
    assert await status(client(Role.reader), hidden) == 404
    assert (await steering.post(f"{PATH}/{action['id']}/reopen", json=REASON, headers=at(reached))).status_code == 404
    assert await status(client(Role.committee, departments=frozenset({Department.loire_atlantique})), reached) == 200


async def completed(steering: httpx.AsyncClient, databases: Databases) -> tuple[dict[str, Any], dict[str, Any]]:
    """An action in progress, all of whose milestones are reached, and its milestone."""
    action = await an_approved_action(steering, lead_organisation_id=str(await an_organisation_copy(databases)))
    milestone = await move_milestone(steering, await a_milestone(steering, action), "reach")
    return await move(steering, action, "start"), ok(await steering.get(f"{PATH}/{milestone['id']}"))


async def test_e5_an_action_that_has_ended_is_reopened_before_its_milestones(steering: httpx.AsyncClient, databases: Databases) -> None:
    action, _ = await completed(steering, databases)
    action = await move(steering, action, "complete")
    milestone = ok(await steering.get(PATH, params={"action_id": action["id"]}))["items"][0]

    refused = await steering.post(f"{PATH}/{milestone['id']}/reopen", json=REASON, headers=at(milestone))
    assert (refused.status_code, problem_type(refused)) == (409, "action-ended")
    assert "se rouvre d'abord" in refused.json()["detail"]
    assert ok(await steering.get(f"{PATH}/{milestone['id']}/live"))["allowed_operations"] == []

    await move(steering, action, "reopen", reason="Un jalon manque")
    milestone = ok(await steering.get(f"{PATH}/{milestone['id']}"))
    assert ok(await steering.get(f"{PATH}/{milestone['id']}/live"))["allowed_operations"] == ["changeMilestone", "reopenMilestone"]
    assert (await move_milestone(steering, milestone, "reopen", **REASON))["status"] == "planned"


@pytest.mark.parametrize("first", ["reopen", "complete"])
async def test_e5_no_milestone_is_reopened_while_its_action_is_being_completed(
    steering: httpx.AsyncClient, databases: Databases, first: str
) -> None:
    """Whoever is first, no completed action has an open milestone."""
    action, milestone = await completed(steering, databases)
    reopen = f"{PATH}/{milestone['id']}/reopen"

    async with databases.open("actions") as db:
        await db.connection()
        if first == "reopen":
            await operations.reopen(db, UUID(milestone["id"]), "Erreur", by=SYSTEM, version=milestone["version"])
            other = asyncio.create_task(steering.post(f"/actions/v1/actions/{action['id']}/complete", headers=at(action)))
        else:
            await actions.complete(db, UUID(action["id"]), by=SYSTEM, version=action["version"])
            other = asyncio.create_task(steering.post(reopen, json=REASON, headers=at(milestone)))
        await asyncio.sleep(0.3)
        assert not other.done()
    answer = await other

    expected = {"reopen": (409, "action-not-ready"), "complete": (409, "action-ended")}
    assert (answer.status_code, problem_type(answer)) == expected[first]
    pool = await databases.pool("actions", "worker")
    open_ones = "SELECT count(*) FROM milestone m JOIN action a ON a.id = m.action_id WHERE a.status = 'completed' AND m.status = 'planned'"
    assert await pool.fetchval(open_ones) == 0


async def test_a_milestone_that_is_not_planned_is_not_rescheduled(steering: httpx.AsyncClient) -> None:
    reached = await move_milestone(steering, await a_milestone(steering, await an_action(steering)), "reach")

    body = {"due": date(2027, 6, 30).isoformat(), "reason": "other"}
    answer = await steering.post(f"{PATH}/{reached['id']}/reschedule", json=body, headers=at(reached))

    assert (answer.status_code, problem_type(answer)) == (409, "move-refused")
    assert answer.json()["detail"].endswith("cette opération demande « prévu ». D'ici, il peut passer à « prévu ».")
