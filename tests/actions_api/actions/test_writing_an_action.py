"""Creating and changing actions."""

from typing import Any

import httpx
import pytest
from sqlalchemy import update

from services.actions_api.copies import ORGANISATIONS
from services.contracts.codes import Department, Role
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.actions import a_milestone, action_body, an_action, an_approved_action, an_organisation_copy, move
from tests.support.http import at, ok, pointers, problem_type


async def test_a_new_action_is_a_draft_at_its_own_address(steering: httpx.AsyncClient) -> None:
    answer = await steering.post("/actions/v1/actions", json=action_body(ref="F4", title="Valorisation des tuteurs"))

    assert answer.status_code == 201
    assert answer.json()["status"] == "draft"
    assert answer.headers["etag"] == '"1"'
    read = await steering.get(answer.headers["location"])
    assert read.content == answer.content


async def test_g7_a_reference_is_taken_once_and_the_first_is_named(steering: httpx.AsyncClient) -> None:
    first = await an_action(steering, ref="F4")

    answer = await steering.post("/actions/v1/actions", json=action_body(ref="F4"))

    assert answer.status_code == 409
    assert problem_type(answer) == "already-exists"
    assert answer.json()["existing_id"] == first["id"]
    assert pointers(answer) == ["#/ref"]


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"axis": "A8"}, "#/axis"),
        ({"objectives": []}, "#/objectives"),
        ({"objectives": ["O1", "O1"]}, "#/objectives"),
        ({"departments": ["75"]}, "#/departments/0"),
        ({"weight": 0}, "#/weight"),
        ({"weight": True}, "#/weight"),
        ({"title": "  "}, "#/title"),
        ({"title": "nul\x00"}, "#/title"),
        ({"starts_on": "2027-02-29"}, "#/starts_on"),
        ({"starts_on": "2027-02-01", "ends_on": "2027-02-01"}, "#"),
        ({"status": "approved"}, "#/status"),
        ({"lead_organisation_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}, "#/lead_organisation_id"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(steering: httpx.AsyncClient, given: dict[str, Any], pointer: str) -> None:
    answer = await steering.post("/actions/v1/actions", json=action_body(**given))

    assert answer.status_code == 422
    assert pointers(answer) == [pointer]
    assert (await steering.get("/actions/v1/actions")).json()["items"] == []


async def test_only_the_fields_sent_change(steering: httpx.AsyncClient, databases: Databases) -> None:
    lead = await an_organisation_copy(databases)
    action = await an_action(steering, description="Contexte", weight=3)

    answer = await steering.patch(
        f"/actions/v1/actions/{action['id']}", json={"lead_organisation_id": str(lead), "description": None}, headers=at(action)
    )

    changed = answer.json()
    assert changed["version"] == 2
    assert changed["updated_at"] > action["updated_at"]
    moved = {name: value for name, value in changed.items() if action[name] != value and name not in ("version", "updated_at")}
    assert moved == {"lead_organisation_id": str(lead), "lead_organisation_name": "CH de Saint-Nazaire", "description": None}


async def test_a_change_that_changes_nothing_is_no_new_version(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)

    answer = await steering.patch(f"/actions/v1/actions/{action['id']}", json={"title": action["title"]}, headers=at(action))

    assert answer.json() == action


async def test_a_change_needs_the_version_that_was_read(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)
    path = f"/actions/v1/actions/{action['id']}"
    await steering.patch(path, json={"title": "Première"}, headers=at(action))

    stale = await steering.patch(path, json={"title": "Seconde"}, headers=at(action))
    blind = await steering.patch(path, json={"title": "Seconde"})

    assert (stale.status_code, blind.status_code) == (412, 428)
    assert (await steering.get(path)).json()["title"] == "Première"


async def test_the_whole_must_still_hold_after_a_change(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering, starts_on="2027-01-01", ends_on="2027-12-31")

    answer = await steering.patch(f"/actions/v1/actions/{action['id']}", json={"ends_on": "2026-12-31"}, headers=at(action))

    assert answer.status_code == 422


async def test_earlier_versions_are_kept(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering, title="Avant")
    path = f"/actions/v1/actions/{action['id']}"
    await steering.patch(path, json={"title": "Après"}, headers=at(action))

    history = (await steering.get(f"{path}/history")).json()["items"]
    known = (await steering.get(f"{path}/history", params={"known_at": history[1]["recorded_at"]})).json()["items"]

    assert [item["document"]["title"] for item in history] == ["Après", "Avant"]
    assert known == history[1:]
    assert known[0]["document"] == action


@pytest.mark.parametrize("role", [Role.employer, Role.institute, Role.hr_partner, Role.finance, Role.partner, Role.reader])
async def test_only_those_who_prepare_the_plan_write_it(client: Client, role: Role) -> None:
    assert (await client(role).post("/actions/v1/actions", json=action_body())).status_code == 403
    assert (await client().post("/actions/v1/actions", json=action_body())).status_code == 401


async def test_a_caller_of_some_departments_writes_what_concerns_them_alone(client: Client, steering: httpx.AsyncClient) -> None:
    mayenne = client(Role.committee, departments=frozenset({Department.mayenne}))
    own = await an_action(mayenne, departments=["53"])
    others = [await an_action(steering, departments=departments) for departments in (["85"], ["53", "85"], [])]

    for departments in (["85"], ["53", "85"], []):
        assert (await mayenne.post("/actions/v1/actions", json=action_body(departments=departments))).status_code == 403
        answer = await mayenne.patch(f"/actions/v1/actions/{own['id']}", json={"departments": departments}, headers=at(own))
        assert answer.status_code == 403
    for action in others:
        path = f"/actions/v1/actions/{action['id']}"
        assert (await mayenne.patch(path, json={"title": "Autre"}, headers=at(action))).status_code == 403
        assert (await mayenne.post(f"{path}/submit", headers=at(action))).status_code == 403
        milestone = {"action_id": action["id"], "title": "Jalon", "due": "2027-03-31"}
        assert (await mayenne.post("/actions/v1/milestones", json=milestone)).status_code == 403
        assert (await steering.get(path)).json() == action
    assert (await move(mayenne, own, "submit"))["status"] == "submitted"


async def test_an_action_under_way_keeps_a_lead(steering: httpx.AsyncClient, databases: Databases) -> None:
    lead = str(await an_organisation_copy(databases))
    action = await an_approved_action(steering, lead_organisation_id=lead)
    await a_milestone(steering, action)
    for verb, body in (("start", {}), ("suspend", {"reason": "Financement"})):
        action = await move(steering, action, verb, **body)
        answer = await steering.patch(f"/actions/v1/actions/{action['id']}", json={"lead_organisation_id": None}, headers=at(action))
        assert (answer.status_code, problem_type(answer)) == (409, "action-not-ready")


async def test_a_length_is_that_of_what_is_kept(steering: httpx.AsyncClient) -> None:
    doubled = "\u0958"  # NFC makes two characters of it
    kept = await an_action(steering, title=doubled * 100)
    assert len(kept["title"]) == 200
    answer = await steering.post("/actions/v1/actions", json=action_body(title=doubled * 101))
    assert (answer.status_code, pointers(answer)) == (422, ["#/title"])


async def test_a_suspended_organisation_leads_nothing_new_and_goes_on_with_what_it_leads(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    lead, other = [await an_organisation_copy(databases) for _ in range(2)]
    led, free = await an_action(steering, lead_organisation_id=str(lead)), await an_action(steering, lead_organisation_id=str(other))
    async with databases.open("actions") as db:
        table, spells = ORGANISATIONS.table, [{"since": "2026-03-02", "until": None}]
        await db.fetch(update(table).where(table.c.id == lead).values(suspended_spells=spells))

    refused = await steering.patch(f"/actions/v1/actions/{free['id']}", json={"lead_organisation_id": str(lead)}, headers=at(free))
    body = {"lead_organisation_id": str(lead), "title": "Autre titre"}
    changed = ok(await steering.patch(f"/actions/v1/actions/{led['id']}", json=body, headers=at(led)))

    assert (refused.status_code, pointers(refused)) == (422, ["#/lead_organisation_id"])
    assert (changed["title"], changed["lead_organisation_id"]) == ("Autre titre", str(lead))
