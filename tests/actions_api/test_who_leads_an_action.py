"""The organisation that leads an action prepares it and keeps its milestones; HR partners keep those of their departments."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from services.contracts.codes import Department, Role
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.actions import (
    a_milestone,
    action_body,
    an_action,
    an_approved_action,
    an_organisation_copy,
    move,
    move_milestone,
)
from tests.support.http import at, ok, pointers, problem_type

ACTIONS, MILESTONES = "/actions/v1/actions", "/actions/v1/milestones"
HERE, ELSEWHERE = frozenset({Department.loire_atlantique}), frozenset({Department.sarthe})
DECISIONS: dict[str, Any] = {
    "send-back": {"reason": "À préciser"},
    "approve": {"decision_ref": "COPIL-2022-10-19-3"},
    "evaluate": None,
    "reopen": {"reason": "Suite"},
    "abandon": {"decision_ref": "COPIL-2022-10-19-3"},
}
PLACE_IN_THE_PLAN = {"flagship": True, "cohort": "2023-2024", "weight": 5}


@pytest.fixture
async def hospital(databases: Databases) -> UUID:
    """An organisation that leads."""
    return await an_organisation_copy(databases)


@pytest.fixture
async def neighbour(databases: Databases) -> UUID:
    """Another."""
    return await an_organisation_copy(databases)


async def again(client: httpx.AsyncClient, collection: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is now."""
    return ok(await client.get(f"{collection}/{row['id']}"))


async def live(client: httpx.AsyncClient, row: dict[str, Any]) -> list[str]:
    """What somebody may do with an action."""
    operations: list[str] = ok(await client.get(f"{ACTIONS}/{row['id']}/live"))["allowed_operations"]
    return operations


@pytest.mark.parametrize("role", [Role.employer, Role.institute, Role.partner, Role.reader, Role.finance, Role.hr_partner])
async def test_a_lead_organisation_does_its_part_from_the_draft_to_the_end(
    client: Client, steering: httpx.AsyncClient, hospital: UUID, role: Role
) -> None:
    lead = client(role, organisation=hospital, departments=ELSEWHERE)

    action = await an_action(lead, departments=["44"])
    assert (action["lead_organisation_id"], action["lead_organisation_name"]) == (str(hospital), "CH de Saint-Nazaire")
    assert await live(lead, action) == ["changeAction", "submitAction"]
    action = ok(await lead.patch(f"{ACTIONS}/{action['id']}", json={"title": "Autre titre"}, headers=at(action)))
    milestone = await a_milestone(lead, action)
    action = await move(lead, action, "submit")
    action = await move(steering, action, "approve", decision_ref="COPIL-2022-10-19-3")
    action = await move(lead, action, "start")
    action = await move(lead, action, "suspend", reason="Arbitrage")
    action = await move(lead, action, "resume")
    await move_milestone(lead, await again(lead, MILESTONES, milestone), "reach")
    action = await move(lead, action, "complete")

    assert (action["status"], await live(lead, action)) == ("completed", [])
    assert len(ok(await lead.get(f"{ACTIONS}/{action['id']}/history"))["items"]) == action["version"]
    assert len(ok(await lead.get(f"{MILESTONES}/{milestone['id']}/history"))["items"]) > 1


async def test_its_draft_is_seen_by_its_lead_and_by_who_prepares_the_plan(
    client: Client, steering: httpx.AsyncClient, hospital: UUID, neighbour: UUID
) -> None:
    lead, other = client(Role.employer, organisation=hospital), client(Role.employer, Role.reader, organisation=neighbour)
    action = await an_action(lead)
    milestone = await a_milestone(lead, action)

    for sees in (lead, steering, client(Role.committee)):
        assert [item["id"] for item in ok(await sees.get(MILESTONES))["items"]] == [milestone["id"]]
        assert [item["id"] for item in ok(await sees.get(ACTIONS))["items"]] == [action["id"]]
    for does_not in (other, client(Role.employer), client(Role.hr_partner)):
        assert ok(await does_not.get(ACTIONS))["items"] == ok(await does_not.get(MILESTONES))["items"] == []
        assert (await does_not.get(f"{ACTIONS}/{action['id']}")).status_code == 404
        refused = await does_not.post(MILESTONES, json={"action_id": action["id"], "title": "Bilan", "due": "2027-03-31"})
        assert (refused.status_code, pointers(refused)) == (422, ["#/action_id"])


async def test_an_organisation_prepares_no_action_that_another_leads(
    client: Client, steering: httpx.AsyncClient, hospital: UUID, neighbour: UUID
) -> None:
    other = client(Role.employer, organisation=neighbour)
    action = await an_approved_action(steering, lead_organisation_id=str(hospital))
    milestone = await a_milestone(steering, action)

    asked = [
        await other.post(ACTIONS, json=action_body(lead_organisation_id=str(hospital))),
        await other.patch(f"{ACTIONS}/{action['id']}", json={"title": "Le leur"}, headers=at(action)),
        await other.post(f"{ACTIONS}/{action['id']}/start", headers=at(action)),
        await other.get(f"{ACTIONS}/{action['id']}/history"),
        await other.post(MILESTONES, json={"action_id": action["id"], "title": "Bilan", "due": "2027-03-31"}),
        await other.post(f"{MILESTONES}/{milestone['id']}/reach", json={}, headers=at(milestone)),
        await other.get(f"{MILESTONES}/{milestone['id']}/history"),
        await client(Role.employer).post(ACTIONS, json=action_body()),
    ]

    assert [answer.status_code for answer in asked] == [403] * len(asked)
    assert await live(other, action) == []


@pytest.mark.parametrize("verb", DECISIONS)
async def test_a_lead_organisation_does_not_decide(client: Client, steering: httpx.AsyncClient, hospital: UUID, verb: str) -> None:
    action = await move(steering, await an_action(steering, departments=["44"], lead_organisation_id=str(hospital)), "submit")

    for lead in (client(Role.employer, organisation=hospital), client(Role.steering, organisation=hospital, departments=ELSEWHERE)):
        answer = await lead.post(f"{ACTIONS}/{action['id']}/{verb}", json=DECISIONS[verb], headers=at(action))
        assert (answer.status_code, problem_type(answer)) == (403, "forbidden")
        assert await live(lead, action) == ["changeAction"]


@pytest.mark.parametrize("name", PLACE_IN_THE_PLAN)
async def test_what_a_lead_organisation_does_not_say_is_refused_by_name(client: Client, hospital: UUID, name: str) -> None:
    lead = client(Role.partner, organisation=hospital)
    action = await an_action(lead, weight=1, flagship=False, cohort=None)
    sent = {name: PLACE_IN_THE_PLAN[name]}

    created = await lead.post(ACTIONS, json=action_body(**sent))
    changed = await lead.patch(f"{ACTIONS}/{action['id']}", json={"title": "Autre titre", **sent}, headers=at(action))
    same = await lead.patch(f"{ACTIONS}/{action['id']}", json={"title": "Autre titre", name: action[name]}, headers=at(action))

    assert [(answer.status_code, pointers(answer)) for answer in (created, changed)] == [(422, [f"#/{name}"])] * 2
    assert {error["code"] for error in changed.json()["errors"]} == {"not_yours"}
    assert ok(same)["title"] == "Autre titre"


async def test_a_lead_organisation_gives_its_action_to_nobody(
    client: Client, steering: httpx.AsyncClient, hospital: UUID, neighbour: UUID
) -> None:
    lead, heir = client(Role.employer, organisation=hospital), client(Role.partner, organisation=neighbour)
    action = await an_action(lead)
    milestone = await a_milestone(lead, action)

    for given in (str(neighbour), None):
        answer = await lead.patch(f"{ACTIONS}/{action['id']}", json={"lead_organisation_id": given}, headers=at(action))
        assert (answer.status_code, pointers(answer)) == (422, ["#/lead_organisation_id"])
    decided = {"lead_organisation_id": str(neighbour), **PLACE_IN_THE_PLAN}
    action = ok(await steering.patch(f"{ACTIONS}/{action['id']}", json=decided, headers=at(action)))

    assert (await lead.get(f"{MILESTONES}/{milestone['id']}")).status_code == 404
    await move_milestone(heir, await again(heir, MILESTONES, milestone), "reach")
    assert await live(heir, action) == ["changeAction", "submitAction"]


async def test_who_prepares_the_plan_elsewhere_is_a_lead_like_another(client: Client, hospital: UUID) -> None:
    committee = client(Role.committee, organisation=hospital, departments=HERE)
    elsewhere = await an_action(committee, departments=["72"], lead_organisation_id=str(hospital))
    here = await an_action(committee, departments=["44"], flagship=True)

    refused = await committee.patch(f"{ACTIONS}/{elsewhere['id']}", json={"flagship": True}, headers=at(elsewhere))

    assert (refused.status_code, pointers(refused), here["lead_organisation_id"]) == (422, ["#/flagship"], None)
    assert (await committee.post(ACTIONS, json=action_body(departments=["72"]))).status_code == 403


async def test_an_hr_partner_keeps_the_milestones_of_their_departments(client: Client, steering: httpx.AsyncClient) -> None:
    partner = client(Role.hr_partner, departments=HERE)
    action = await an_approved_action(steering, departments=["44"])

    milestone = await a_milestone(partner, action)
    milestone = ok(await partner.patch(f"{MILESTONES}/{milestone['id']}", json={"weight": 2}, headers=at(milestone)))
    milestone = await move_milestone(partner, milestone, "reschedule", due="2027-04-30", reason="partner")
    milestone = await move_milestone(partner, milestone, "reach")
    milestone = await move_milestone(partner, milestone, "reopen", reason="Par erreur")
    milestone = await move_milestone(partner, milestone, "cancel", reason="Doublon")

    assert len(ok(await partner.get(f"{MILESTONES}/{milestone['id']}/history"))["items"]) == 6
    assert (await partner.post(f"{ACTIONS}/{action['id']}/start", headers=at(action))).status_code == 403
    assert (await partner.get(f"{ACTIONS}/{action['id']}/history")).status_code == 403


@pytest.mark.parametrize("departments", [["72"], ["44", "72"], []])
async def test_an_hr_partner_keeps_no_milestone_beyond_them(client: Client, steering: httpx.AsyncClient, departments: list[str]) -> None:
    partner = client(Role.hr_partner, departments=HERE)
    action = await an_approved_action(steering, departments=departments)
    milestone = await a_milestone(steering, action)

    asked = [
        await partner.post(MILESTONES, json={"action_id": action["id"], "title": "Bilan", "due": "2027-03-31"}),
        await partner.post(f"{MILESTONES}/{milestone['id']}/reach", json={}, headers=at(milestone)),
        await partner.get(f"{MILESTONES}/{milestone['id']}/history"),
    ]

    assert [answer.status_code for answer in asked] == [403] * 3
    assert ok(await partner.get(f"{MILESTONES}/{milestone['id']}/live"))["allowed_operations"] == []


async def test_a_lead_organisation_moves_its_draft_and_then_no_more(client: Client, steering: httpx.AsyncClient, hospital: UUID) -> None:
    lead, here = client(Role.employer, organisation=hospital), client(Role.committee, departments=HERE)
    action = await an_action(lead, departments=["72"])
    action = ok(await lead.patch(f"{ACTIONS}/{action['id']}", json={"departments": ["44"]}, headers=at(action)))

    for verb, said in (("submit", {}), ("approve", {"decision_ref": "COPIL-2022-10-19-3"}), ("suspend", {"reason": "Arbitrage"})):
        if verb == "suspend":
            await a_milestone(lead, action)
            action = await move(lead, action, "start")
        action = await move(steering if verb == "approve" else lead, action, verb, **said)
        for departments in (["72"], ["44", "72"], []):
            answer = await lead.patch(f"{ACTIONS}/{action['id']}", json={"departments": departments}, headers=at(action))
            assert (answer.status_code, pointers(answer)) == (422, ["#/departments"])
        same = {"departments": ["44"], "title": f"Charte : {verb}"}
        action = ok(await lead.patch(f"{ACTIONS}/{action['id']}", json=same, headers=at(action)))

    assert "resumeAction" in await live(here, action)


@pytest.mark.parametrize("role", [Role.steering, Role.committee])
async def test_a_lead_moves_no_action_to_where_it_would_decide_on_it(
    client: Client, steering: httpx.AsyncClient, hospital: UUID, role: Role
) -> None:
    lead = client(role, organisation=hospital, departments=HERE)
    action = await an_action(lead, departments=["72"], lead_organisation_id=str(hospital))
    once = await lead.patch(f"{ACTIONS}/{action['id']}", json={"departments": ["44"], "weight": 100}, headers=at(action))
    action = await move(lead, action, "submit")
    then = await lead.patch(f"{ACTIONS}/{action['id']}", json={"departments": ["44"]}, headers=at(action))

    assert [(answer.status_code, pointers(answer)) for answer in (once, then)] == [(422, ["#/weight"]), (422, ["#/departments"])]


async def test_who_prepares_the_plan_here_takes_no_action_elsewhere(
    client: Client, steering: httpx.AsyncClient, hospital: UUID, neighbour: UUID
) -> None:
    lead = client(Role.committee, organisation=hospital, departments=HERE)
    draft = await an_action(lead, departments=["44"], lead_organisation_id=str(hospital))
    approved = await an_approved_action(steering, departments=["44"], lead_organisation_id=str(hospital))
    given = {"departments": ["72"], "flagship": True, "lead_organisation_id": str(neighbour)}

    of_draft = await lead.patch(f"{ACTIONS}/{draft['id']}", json=given, headers=at(draft))
    of_approved = await lead.patch(f"{ACTIONS}/{approved['id']}", json={"departments": ["72"]}, headers=at(approved))

    assert (of_draft.status_code, pointers(of_draft)) == (422, ["#/flagship", "#/lead_organisation_id"])
    assert (of_approved.status_code, pointers(of_approved)) == (422, ["#/departments"])
    assert ok(await lead.patch(f"{ACTIONS}/{approved['id']}", json={"flagship": True}, headers=at(approved)))["flagship"]
