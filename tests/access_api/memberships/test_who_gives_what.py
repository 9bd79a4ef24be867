"""What a membership gives: what the organisation's kind allows, and no more than its granter holds."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from services.contracts.codes import Department, Role
from tests.conftest import Client
from tests.support.access import an_organisation, invitation, invited, member, move
from tests.support.http import at, ok, problem_type

MEMBERSHIPS = "/access/v1/memberships"
Json = dict[str, Any]


async def change(by: httpx.AsyncClient, membership: Json, **given: Any) -> httpx.Response:
    return await by.patch(f"{MEMBERSHIPS}/{membership['id']}", json=given, headers=at(membership))


@pytest.mark.parametrize(
    ("role", "kind", "allowed"),
    [
        ("employer", "employer", True),
        ("employer", "host", True),
        ("employer", "institute", False),
        ("institute", "institute", True),
        ("institute", "employer", False),
        ("finance", "funder", True),
        ("finance", "steering", False),
        ("partner", "partner", True),
        ("partner", "employer", True),
        ("reader", "institute", True),
        ("committee", "partner", True),
        ("hr_partner", "employer", True),
        ("steering", "steering", True),
    ],
)
async def test_a_role_asks_for_an_organisation_of_its_kind(steering: httpx.AsyncClient, role: str, kind: str, allowed: bool) -> None:
    organisation = await an_organisation(steering, roles=[kind])

    answer = await steering.post(MEMBERSHIPS, json=invitation(organisation, roles=[role]))

    assert (answer.status_code == 201) is allowed
    if not allowed:
        assert (answer.status_code, problem_type(answer)) == (409, "role-not-allowed")
        assert f"« {organisation['name']} » est : " in answer.json()["detail"]
        assert "Donnez un autre rôle, ou demandez au pilotage de changer les rôles" in answer.json()["detail"]


async def test_the_kind_is_asked_again_when_a_membership_becomes_active(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    someone = await member(client, await an_organisation(steering))
    membership = await invited(steering, hospital)
    body = {"organisation_id": hospital["id"], "roles": ["employer"]}
    asked = ok(await someone.client.post(f"{MEMBERSHIPS}/requests", json=body))
    hospital = ok(await steering.get(f"/access/v1/organisations/{hospital['id']}"))
    ok(await steering.patch(f"/access/v1/organisations/{hospital['id']}", json={"roles": ["institute"]}, headers=at(hospital)))

    answers = [
        await move(client(Role.reader, person=UUID(membership["person_id"])), "memberships", membership, "accept"),
        await move(steering, "memberships", asked, "approve"),
        await someone.client.post(f"{MEMBERSHIPS}/requests", json={**body, "organisation_id": (await an_organisation(steering))["id"]}),
    ]

    assert [problem_type(answer) for answer in answers[:2]] == ["role-not-allowed"] * 2
    assert answers[2].status_code == 201
    given = ok(await change(steering, membership, roles=["institute"]))
    assert ok(await move(client(Role.reader, person=UUID(membership["person_id"])), "memberships", given, "accept"))["status"] == "active"


async def test_a_request_of_a_role_that_the_kind_does_not_allow_is_refused_at_once(client: Client, steering: httpx.AsyncClient) -> None:
    someone, institute = await member(client, await an_organisation(steering)), await an_organisation(steering, roles=["institute"])

    answer = await someone.client.post(f"{MEMBERSHIPS}/requests", json={"organisation_id": institute["id"], "roles": ["employer"]})

    assert (answer.status_code, problem_type(answer)) == (409, "role-not-allowed")


@pytest.mark.parametrize("role", ["steering", "committee", "hr_partner", "finance"])
async def test_some_roles_are_steering_s_to_give_even_for_who_has_them(client: Client, steering: httpx.AsyncClient, role: str) -> None:
    organisation = await an_organisation(steering, roles=["employer", "funder"])
    manager = await member(client, organisation, roles=["employer", *([] if role == "steering" else [role])], manager=True)

    answer = await manager.client.post(MEMBERSHIPS, json=invitation(organisation, roles=[role]))

    assert (answer.status_code, problem_type(answer)) == (403, "grant-too-wide")
    assert "le pilotage seul le donne. Donnez moins, ou demandez-le-lui" in answer.json()["detail"]


async def test_nobody_gives_a_role_that_they_have_not_but_to_read(client: Client, steering: httpx.AsyncClient) -> None:
    both = await an_organisation(steering, roles=["employer", "institute"])
    manager = await member(client, both, roles=["employer"], manager=True)

    refused = await manager.client.post(MEMBERSHIPS, json=invitation(both, roles=["employer", "institute"]))

    assert (refused.status_code, problem_type(refused)) == (403, "grant-too-wide")
    assert "« Institut de formation », que vous n'avez pas" in refused.json()["detail"]
    assert (await invited(manager.client, both, roles=["employer", "reader"], manager=True))["manager"] is True


@pytest.mark.parametrize("departments", [[], ["85"], ["44", "85"]])
async def test_nobody_gives_more_departments_than_they_have(client: Client, steering: httpx.AsyncClient, departments: list[str]) -> None:
    hospital = await an_organisation(steering)
    manager = await member(client, hospital, departments=["44"], manager=True)
    someone = await member(client, hospital, departments=["44"])

    asked = await manager.client.post(MEMBERSHIPS, json=invitation(hospital, departments=departments))
    widened = await change(manager.client, someone.membership, departments=departments)
    own = await change(manager.client, manager.membership, departments=departments)

    for answer in (asked, widened, own):
        assert (answer.status_code, problem_type(answer)) == (403, "grant-too-wide")
        assert "vous avez : Loire-Atlantique. Donnez moins, ou demandez-le à un gestionnaire qui les a" in answer.json()["detail"]


async def test_a_role_is_given_in_all_the_departments_of_a_membership(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    manager = await member(client, hospital, departments=["44"], manager=True)
    wide = await member(client, hospital, roles=["reader"])

    for given in ({"roles": ["reader", "employer"]}, {"manager": True}):
        answer = await change(manager.client, wide.membership, **given)
        assert (answer.status_code, problem_type(answer)) == (403, "grant-too-wide")
    narrowed = ok(await change(manager.client, wide.membership, departments=["44"]))
    assert ok(await change(manager.client, narrowed, roles=["employer"], manager=True))["manager"] is True


@pytest.mark.parametrize(("role", "said"), [("hr_partner", "le pilotage seul le donne"), ("institute", "que vous n'avez pas")])
@pytest.mark.parametrize("departments", [[], ["85"], ["44", "85"]])
async def test_a_department_is_given_with_all_the_roles_of_a_membership(
    client: Client, steering: httpx.AsyncClient, departments: list[str], role: str, said: str
) -> None:
    both = await an_organisation(steering, roles=["employer", "institute"])
    manager = await member(client, both, manager=True)
    someone = await member(client, both, roles=["employer", role], departments=["44", "49"])

    answer = await change(manager.client, someone.membership, departments=departments)

    assert (answer.status_code, problem_type(answer)) == (403, "grant-too-wide")
    assert said in answer.json()["detail"]
    narrowed = ok(await change(manager.client, someone.membership, departments=["44"]))
    widened = await change(manager.client, narrowed, roles=["employer"], departments=departments)
    assert ok(widened)["departments"] == departments
    assert ok(await change(steering, widened.json(), roles=["employer", role], departments=departments))["departments"] == departments


async def test_what_somebody_wider_gave_stays_when_less_is_changed(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    manager = await member(client, hospital, manager=True)
    someone = await member(client, hospital, roles=["employer", "committee"])

    changed = ok(await change(manager.client, someone.membership, roles=["committee", "reader"]))

    assert changed["roles"] == ["committee", "reader"]
    assert ok(await change(manager.client, changed, roles=["reader"]))["roles"] == ["reader"]


async def test_what_is_approved_is_given_as_much_as_what_is_proposed(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    manager = await member(client, hospital, departments=["44"], manager=True)
    someone = await member(client, await an_organisation(steering))
    body = {"organisation_id": hospital["id"], "roles": ["committee", "employer"]}
    asked = ok(await someone.client.post(f"{MEMBERSHIPS}/requests", json=body))

    refused = await move(manager.client, "memberships", asked, "approve")
    reduced = ok(await change(manager.client, asked, roles=["employer"], departments=["44"]))

    assert (refused.status_code, problem_type(refused)) == (403, "grant-too-wide")
    assert ok(await move(manager.client, "memberships", reduced, "approve"))["roles"] == ["employer"]


async def test_what_is_resumed_is_given_as_much_as_what_is_approved(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    manager = await member(client, hospital, manager=True)
    someone = await member(client, hospital, roles=["employer", "hr_partner"])
    suspended = ok(await move(steering, "memberships", someone.membership, "suspend", reason="Contrôle"))

    refused = await move(manager.client, "memberships", suspended, "resume")

    assert (refused.status_code, problem_type(refused)) == (403, "grant-too-wide")
    reduced = ok(await change(manager.client, suspended, roles=["employer"]))
    assert ok(await move(manager.client, "memberships", reduced, "resume"))["roles"] == ["employer"]


async def test_a_manager_runs_no_other_organisation_and_a_member_none(client: Client, steering: httpx.AsyncClient) -> None:
    hospital, clinic = await an_organisation(steering), await an_organisation(steering)
    manager, someone, other = await member(client, hospital, manager=True), await member(client, hospital), await member(client, clinic)

    assert (await manager.client.post(MEMBERSHIPS, json=invitation(clinic))).status_code == 403
    assert (await someone.client.post(MEMBERSHIPS, json=invitation(hospital))).status_code == 403
    assert (await change(manager.client, other.membership, roles=["reader"])).status_code == 404
    assert (await change(someone.client, someone.membership, manager=True)).status_code == 403
    nobody = await client(Role.employer, departments=frozenset({Department.mayenne})).post(MEMBERSHIPS, json=invitation(hospital))
    assert (nobody.status_code, "Votre jeton ne nomme aucune organisation" in nobody.json()["detail"]) == (403, True)
