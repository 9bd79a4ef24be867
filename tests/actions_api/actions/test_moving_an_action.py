"""The life cycle of an action."""

from itertools import product
from typing import Any

import httpx
import pytest
from sqlmodel import select

from services.actions_api.actions.lifecycle import LIFECYCLE, OPERATIONS
from services.actions_api.actions.tables import Action
from services.contracts.actions import ActionStatus
from services.contracts.codes import Role
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.actions import a_milestone, an_action, an_approved_action, an_organisation_copy, move, move_milestone
from tests.support.allowed import asked_from
from tests.support.http import at, ok, problem_type

DECISION = {"decision_ref": "COPIL-2022-10-19-3"}
REASON = {"reason": "Financement reporté"}
VERBS: dict[str, tuple[ActionStatus, dict[str, Any] | None, ActionStatus | None]] = {
    "submit": (ActionStatus.submitted, None, None),
    "send-back": (ActionStatus.draft, REASON, None),
    "approve": (ActionStatus.approved, DECISION, None),
    "start": (ActionStatus.in_progress, None, ActionStatus.approved),
    "suspend": (ActionStatus.suspended, REASON, None),
    "resume": (ActionStatus.in_progress, None, ActionStatus.suspended),
    "complete": (ActionStatus.completed, None, None),
    "evaluate": (ActionStatus.evaluated, None, None),
    "reopen": (ActionStatus.in_progress, REASON, ActionStatus.completed),
    "abandon": (ActionStatus.abandoned, DECISION, None),
}
"""verb → the state it leads to, its body, the only state it may leave."""


def allowed(verb: str, status: ActionStatus) -> bool:
    """Whether the life cycle lets a verb leave a state."""
    to, _, only_from = VERBS[verb]
    return to in LIFECYCLE.moves.get(status, ()) and only_from in (None, status)


async def test_an_action_lives_from_draft_to_evaluation(steering: httpx.AsyncClient, databases: Databases) -> None:
    lead = await an_organisation_copy(databases)
    action = await an_approved_action(steering, lead_organisation_id=str(lead))
    milestone = await a_milestone(steering, action)
    action = await move(steering, action, "start")
    action = await move(steering, action, "suspend", **REASON)
    action = await move(steering, action, "resume")
    milestone = ok(await steering.get(f"/actions/v1/milestones/{milestone['id']}"))
    await move_milestone(steering, milestone, "reach")
    action = await move(steering, action, "complete")
    action = await move(steering, action, "evaluate")

    statuses = [step["status"] for step in action["history"]]
    assert statuses == ["draft", "submitted", "approved", "in_progress", "suspended", "in_progress", "completed", "evaluated"]
    assert action["decision_ref"] == "COPIL-2022-10-19-3"


@pytest.mark.parametrize(("verb", "status"), [(verb, status) for verb, status in product(VERBS, ActionStatus) if not allowed(verb, status)])
async def test_every_other_move_is_refused_and_says_which_are_allowed(
    steering: httpx.AsyncClient, databases: Databases, verb: str, status: ActionStatus
) -> None:
    action = await an_action(steering)
    async with databases.open("actions") as db:
        row = await db.one(select(Action))
        row.status = status
        action["version"] = (await db.save(row, by=SYSTEM)).version

    answer = await steering.post(f"/actions/v1/actions/{action['id']}/{verb}", json=VERBS[verb][1], headers=at(action))

    assert answer.status_code == 409
    assert problem_type(answer) == "move-refused"
    assert answer.json()["allowed_operations"] == asked_from(OPERATIONS, status)


async def test_an_action_starts_with_a_lead_and_a_milestone(steering: httpx.AsyncClient) -> None:
    action = await an_approved_action(steering)

    answer = await steering.post(f"/actions/v1/actions/{action['id']}/start", headers=at(action))

    assert answer.status_code == 409
    assert problem_type(answer) == "action-not-ready"
    assert "une organisation pilote et un jalon" in answer.json()["detail"]


async def test_an_action_ends_with_its_milestones(steering: httpx.AsyncClient, databases: Databases) -> None:
    lead = await an_organisation_copy(databases)
    action = await an_approved_action(steering, lead_organisation_id=str(lead))
    await a_milestone(steering, action)
    action = await move(steering, action, "start")

    answer = await steering.post(f"/actions/v1/actions/{action['id']}/complete", headers=at(action))

    assert answer.status_code == 409
    assert problem_type(answer) == "action-not-ready"


async def test_an_action_that_has_ended_no_longer_changes(steering: httpx.AsyncClient) -> None:
    action = await move(steering, await an_approved_action(steering), "abandon", **DECISION)

    answer = await steering.patch(f"/actions/v1/actions/{action['id']}", json={"axis": "A1"}, headers=at(action))

    assert (answer.status_code, problem_type(answer)) == (409, "action-ended")


async def test_a_decision_is_the_steering_committee_s(client: Client, steering: httpx.AsyncClient) -> None:
    action = await move(steering, await an_action(steering), "submit")

    answer = await client(Role.committee).post(f"/actions/v1/actions/{action['id']}/approve", json=DECISION, headers=at(action))

    assert answer.status_code == 403


async def test_milestones_follow_what_they_copy_of_their_action(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering, axis="A4")
    milestone = await a_milestone(steering, action)

    await steering.patch(f"/actions/v1/actions/{action['id']}", json={"axis": "A2", "departments": ["85"]}, headers=at(action))

    after = ok(await steering.get(f"/actions/v1/milestones/{milestone['id']}"))
    assert (after["axis"], after["departments"], after["version"]) == ("A2", ["85"], 2)


async def test_a_row_written_meanwhile_is_not_overwritten(steering: httpx.AsyncClient, databases: Databases) -> None:
    await an_action(steering)
    async with databases.open("actions") as one, databases.open("actions") as other:
        mine, theirs = await one.one(select(Action)), await other.one(select(Action))
        mine.title, theirs.title = "La mienne", "La leur"
        await other.save(theirs, event="actions.action.changed", by=SYSTEM)
        await other.commit()
        await one.save(mine, event="actions.action.changed", by=SYSTEM)
        with pytest.raises(Exception, match="modifiée entre-temps"):
            await one.commit()

    async with databases.open("actions") as db:
        assert (await db.one(select(Action))).title == "La leur"
