"""Memberships: asked for, invited, approved, declined, accepted, suspended, resumed, left and ended."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import time_machine

from services.contracts.codes import Department, Role
from services.kernel.api import revocations
from services.kernel.api.auth import Tokens
from services.kernel.base import clock
from services.kernel.base.principals import PERSON, Principal
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import Member, an_organisation, invitation, invited, member, move
from tests.support.http import at, ok, pointers, problem_type

MEMBERSHIPS, ME = "/access/v1/memberships", "/access/v1/me"
Json = dict[str, Any]


async def requested(by: httpx.AsyncClient, organisation: Json, **given: Any) -> Json:
    """What somebody asks for."""
    return ok(await by.post(f"{MEMBERSHIPS}/requests", json={"organisation_id": organisation["id"], "roles": ["employer"], **given}))


async def seen(by: httpx.AsyncClient, **query: str) -> set[str]:
    return {row["id"] for row in ok(await by.get(MEMBERSHIPS, params=query))["items"]}


async def again(by: httpx.AsyncClient, row: Json) -> Json:
    return ok(await by.get(f"{MEMBERSHIPS}/{row['id']}"))


async def test_an_invitation_makes_the_person_known_and_is_accepted_by_them_alone(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    manager = await member(client, hospital, manager=True)
    membership = await invited(manager.client, hospital, address="Luc@example.org", given_name="Luc", departments=["44"])
    person = client(Role.reader, person=UUID(membership["person_id"]))

    assert (membership["status"], membership["since"], membership["organisation_name"]) == ("invited", None, hospital["name"])
    assert (await move(manager.client, "memberships", membership, "accept")).status_code == 403
    assert (await move(client(Role.reader, person=uuid4()), "memberships", membership, "accept")).status_code == 404
    refused = await move(manager.client, "memberships", membership, "approve")
    assert (refused.status_code, refused.json()["allowed_operations"]) == (409, ["changeMembership", "endMembership"])
    accepted = ok(await move(person, "memberships", membership, "accept"))

    assert (accepted["status"], accepted["since"]) == ("active", clock.today().isoformat())
    assert (accepted["roles"], accepted["departments"], accepted["manager"]) == (["employer"], ["44"], False)
    assert (await move(person, "memberships", accepted, "accept")).status_code == 409


async def test_a_request_is_approved_by_a_manager(client: Client, steering: httpx.AsyncClient) -> None:
    hospital, clinic = await an_organisation(steering), await an_organisation(steering)
    manager, someone, stranger = await member(client, hospital, manager=True), await member(client, clinic), await member(client, clinic)
    asked = await requested(someone.client, hospital, asked_message="Je remplace la responsable des stages.")

    answer = await someone.client.post(f"{MEMBERSHIPS}/requests", json={"organisation_id": hospital["id"], "roles": ["reader"]})
    assert (answer.status_code, problem_type(answer), answer.json()["existing_id"]) == (409, "already-exists", asked["id"])
    assert (await move(someone.client, "memberships", asked, "approve")).status_code == 403
    assert (await move(stranger.client, "memberships", asked, "approve")).status_code == 404
    assert (await move(someone.client, "memberships", asked, "accept")).status_code == 409
    approved = ok(await move(manager.client, "memberships", asked, "approve"))

    assert (approved["status"], approved["since"], approved["manager"]) == ("active", clock.today().isoformat(), False)
    assert asked["asked_message"] == "Je remplace la responsable des stages."


async def test_a_request_is_declined_and_may_be_made_again(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    manager, someone = await member(client, hospital, manager=True), await member(client, await an_organisation(steering))
    asked = await requested(someone.client, hospital)

    declined = ok(await move(manager.client, "memberships", asked, "decline", reason="Inconnu du service"))

    assert (declined["status"], declined["status_reason"], declined["until"]) == ("declined", "Inconnu du service", None)
    assert (await move(manager.client, "memberships", declined, "approve")).status_code == 409
    assert (await requested(someone.client, hospital))["id"] != asked["id"]


async def test_where_a_request_is_made_says_where_it_is(client: Client, steering: httpx.AsyncClient) -> None:
    someone = await member(client, await an_organisation(steering))
    body = {"organisation_id": (await an_organisation(steering))["id"], "roles": ["reader"]}

    answer = await someone.client.post(f"{MEMBERSHIPS}/requests", json=body)

    assert ok(await someone.client.get(answer.headers["location"])) == answer.json()
    assert (await client(Role.reader).post(f"{MEMBERSHIPS}/requests", json=body)).status_code == 404


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"roles": []}, "#/roles"),
        ({"roles": ["reader", "reader"]}, "#/roles"),
        ({"roles": ["learner"]}, "#/roles/0"),
        ({"departments": ["75"]}, "#/departments/0"),
        ({"address": "personne"}, "#/address"),
        ({"organisation_id": str(uuid4())}, "#/organisation_id"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(steering: httpx.AsyncClient, given: Json, pointer: str) -> None:
    answer = await steering.post(MEMBERSHIPS, json=invitation(await an_organisation(steering), **given))

    assert (answer.status_code, pointers(answer)) == (422, [pointer])


async def test_nobody_begins_to_act_for_an_organisation_that_is_closed(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    someone, suspended = await member(client, await an_organisation(steering)), await member(client, hospital)
    membership = await invited(steering, hospital)
    asked = await requested(someone.client, hospital)
    suspended_membership = ok(await move(steering, "memberships", suspended.membership, "suspend", reason="Absence"))
    hospital = ok(await steering.get(f"/access/v1/organisations/{hospital['id']}"))
    ok(await move(steering, "organisations", hospital, "close", reason="Fusion"))
    person = client(Role.reader, person=UUID(membership["person_id"]))

    body = {"organisation_id": hospital["id"], "roles": ["reader"]}
    for answer in (
        await steering.post(MEMBERSHIPS, json=invitation(hospital)),
        await someone.client.post(f"{MEMBERSHIPS}/requests", json=body),
    ):
        assert (answer.status_code, pointers(answer)) == (422, ["#/organisation_id"])
    for by, row, verb in ((person, membership, "accept"), (steering, asked, "approve"), (steering, suspended_membership, "resume")):
        refused = await move(by, "memberships", row, verb)
        assert (refused.status_code, problem_type(refused)) == (409, "organisation-not-active")
    ok(await move(steering, "memberships", membership, "end", reason="Fusion"))


async def test_a_person_has_one_open_membership_in_an_organisation(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    first = await member(client, hospital, address="luc@example.org")

    twice = await steering.post(MEMBERSHIPS, json=invitation(hospital, address="LUC@example.org"))
    ended = ok(await move(steering, "memberships", first.membership, "end", reason="Mutation"))
    second = await invited(steering, hospital, address="luc@example.org")

    assert (twice.status_code, problem_type(twice), twice.json()["existing_id"]) == (409, "already-exists", first.membership["id"])
    assert "changez son appartenance" in twice.json()["detail"]
    assert (ended["until"], ended["status_reason"]) == (clock.today().isoformat(), "Mutation")
    assert second["person_id"] == first.membership["person_id"]
    assert await seen(steering, person_id=second["person_id"]) == {first.membership["id"], second["id"]}


async def test_a_membership_is_suspended_and_resumed(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    manager, someone = await member(client, hospital, manager=True), await member(client, hospital)

    assert (await move(someone.client, "memberships", someone.membership, "suspend", reason="Essai")).status_code == 403
    suspended = ok(await move(manager.client, "memberships", someone.membership, "suspend", reason="Congé"))
    assert (await move(manager.client, "memberships", someone.membership, "resume")).status_code == 412
    resumed = ok(await move(manager.client, "memberships", suspended, "resume"))

    assert (suspended["status"], suspended["status_reason"], resumed["status_reason"]) == ("suspended", "Congé", None)
    assert resumed["since"] == suspended["since"]
    assert (await move(manager.client, "memberships", resumed, "resume")).status_code == 409


async def test_who_is_invited_or_asks_or_acts_may_leave(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    acting, asking = await member(client, hospital), await member(client, await an_organisation(steering))
    membership = await invited(steering, hospital)
    rows = {
        acting.client: acting.membership,
        asking.client: await requested(asking.client, hospital),
        client(Role.reader, person=UUID(membership["person_id"])): membership,
    }

    assert (await move(steering, "memberships", acting.membership, "leave")).status_code == 403
    for by, row in rows.items():
        left = ok(await move(by, "memberships", row, "leave"))
        assert (left["status"], left["until"], left["status_reason"]) == ("ended", clock.today().isoformat(), "À la demande de la personne")
        refused = await move(by, "memberships", left, "leave")
        assert (refused.status_code, refused.json()["allowed_operations"]) == (409, [])


async def test_who_sees_a_membership(client: Client, steering: httpx.AsyncClient) -> None:
    hospital, clinic = await an_organisation(steering), await an_organisation(steering)
    manager, someone, other = await member(client, hospital, manager=True), await member(client, hospital), await member(client, clinic)
    elsewhere = await member(client, clinic, manager=True)
    here = {manager.membership["id"], someone.membership["id"]}

    assert await seen(steering) == here | {other.membership["id"], elsewhere.membership["id"]}
    assert await seen(steering, organisation_id=hospital["id"]) == await seen(manager.client) == here
    assert await seen(manager.client, manager="true") == {manager.membership["id"]}
    assert await seen(manager.client, manager="false", status="active") == {someone.membership["id"]}
    assert await seen(someone.client) == {someone.membership["id"]}
    assert await seen(client(Role.employer, organisation=UUID(hospital["id"]))) == set()
    for by, status in ((someone.client, 404), (elsewhere.client, 404), (manager.client, 200)):
        assert (await by.get(f"{MEMBERSHIPS}/{manager.membership['id']}")).status_code == status
    for by, status in ((someone.client, 403), (elsewhere.client, 404), (manager.client, 200)):
        assert (await by.get(f"{MEMBERSHIPS}/{someone.membership['id']}/history")).status_code == status


async def test_steering_of_some_departments_runs_the_memberships_of_these(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    ours, theirs = client(Role.steering, departments=frozenset({Department.loire_atlantique})), await member(client, hospital)

    assert (await move(ours, "memberships", theirs.membership, "suspend", reason="Essai")).status_code == 403
    assert (await ours.post(MEMBERSHIPS, json=invitation(hospital, roles=["steering"]))).status_code == 403
    assert (await invited(ours, hospital, departments=["44"]))["departments"] == ["44"]


async def test_a_membership_bears_the_name_of_its_organisation(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    someone = await member(client, hospital)

    hospital = ok(await steering.get(f"/access/v1/organisations/{hospital['id']}"))
    ok(await steering.patch(f"/access/v1/organisations/{hospital['id']}", json={"name": "CH de l'Estuaire"}, headers=at(hospital)))

    assert (await again(steering, someone.membership))["organisation_name"] == "CH de l'Estuaire"


async def test_events_say_what_a_person_may_do_and_not_who_they_are(
    client: Client, steering: httpx.AsyncClient, databases: Databases
) -> None:
    someone = await member(client, await an_organisation(steering), address="luc.petit@example.org", given_name="Luc")

    async with databases.borrowed("access", "worker") as connection:
        rows = await connection.fetch(
            "SELECT o.event, d.consumer FROM outbox o JOIN delivery d ON d.event_id = o.id WHERE kind = 'membership'"
        )
    assert {row["consumer"] for row in rows} == {"actions", "internships", "recruitment"}
    assert all(f'"person_id":"{someone.membership["person_id"]}"' in row["event"] for row in rows)
    assert not [row for row in rows if "Luc" in row["event"] or "example.org" in row["event"]]


async def test_a_person_acts_for_several_organisations(client: Client, steering: httpx.AsyncClient) -> None:
    hospital, clinic = await an_organisation(steering), await an_organisation(steering)
    first = await member(client, hospital, address="luc@example.org", manager=True)
    second = await Member.accepting(client, await invited(steering, clinic, address="luc@example.org"))

    assert await seen(first.client) >= {first.membership["id"], second.membership["id"]}
    assert (await move(second.client, "memberships", first.membership, "suspend", reason="Essai")).status_code == 403


@pytest.mark.parametrize("verb", ["change", "suspend", "end", "leave"])
async def test_tokens_of_a_membership_that_has_changed_are_refused(
    client: Client, tokens: Tokens, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr(revocations, "FRESH", 0.0)
    steering = client(Role.steering)
    someone = await member(client, await an_organisation(steering))
    row = someone.membership
    caller = Principal(f"{PERSON}{row['person_id']}", frozenset({Role.employer}), membership=UUID(row["id"]))
    issued = {"Authorization": f"Bearer {tokens.issue(caller, timedelta(minutes=5))}"}
    assert (await client().get(ME, headers=issued)).status_code == 200

    if verb == "change":
        ok(await steering.patch(f"{MEMBERSHIPS}/{row['id']}", json={"roles": ["reader"]}, headers=at(row)))
    elif verb == "leave":
        ok(await move(someone.client, "memberships", row, "leave"))
    else:
        ok(await move(steering, "memberships", row, verb, reason="Mutation"))

    refused = await client().get(ME, headers=issued)
    assert (refused.status_code, problem_type(refused)) == (401, "revoked")


async def member_spells(databases: Databases, organisation: Json) -> list[Any]:
    async with databases.borrowed("access", "worker") as connection:
        told = await connection.fetchval("SELECT event FROM outbox WHERE subject = $1 ORDER BY version DESC LIMIT 1", organisation["id"])
    spells: list[Any] = json.loads(told)["data"]["member_spells"]
    return spells


async def test_an_organisation_says_since_when_somebody_acts_for_it(
    client: Client, steering: httpx.AsyncClient, databases: Databases
) -> None:
    hospital = await an_organisation(steering)
    with time_machine.travel(datetime(2026, 11, 20, 10, tzinfo=UTC)):
        waiting = await invited(steering, hospital)
        assert await member_spells(databases, hospital) == []
        one, other = [await member(client, hospital) for _ in range(2)]
    with time_machine.travel(datetime(2026, 11, 23, 10, tzinfo=UTC)):
        suspended = ok(await move(steering, "memberships", one.membership, "suspend", reason="Absence"))
        assert await member_spells(databases, hospital) == [{"since": "2026-11-20", "until": None}]
        ok(await move(other.client, "memberships", other.membership, "leave"))
        ok(await move(steering, "memberships", waiting, "end", reason="Par erreur"))
        assert await member_spells(databases, hospital) == [{"since": "2026-11-20", "until": "2026-11-23"}]
    with time_machine.travel(datetime(2026, 11, 24, 10, tzinfo=UTC)):
        ok(await move(steering, "memberships", suspended, "resume"))

    assert (await member_spells(databases, hospital))[1:] == [{"since": "2026-11-24", "until": None}]


async def test_of_the_last_two_who_leave_at_once_the_second_ends_the_spell(
    client: Client, steering: httpx.AsyncClient, databases: Databases
) -> None:
    hospital = await an_organisation(steering)
    with time_machine.travel(clock.real_now() - timedelta(days=3), tick=True):
        both = [await member(client, hospital) for _ in range(2)]

    answers = await asyncio.gather(*(move(each.client, "memberships", each.membership, "leave") for each in both))

    assert [answer.status_code for answer in answers] == [200, 200]
    [spell] = await member_spells(databases, hospital)
    assert spell["until"] == clock.today().isoformat()
