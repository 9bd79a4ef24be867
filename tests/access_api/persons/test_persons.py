"""Persons: who knows them, what they say of themselves, suspended, resumed, held and released."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.contracts.codes import Role
from services.kernel.api import revocations
from services.kernel.api.auth import Tokens
from services.kernel.base.principals import CREDENTIAL, PERSON, Principal
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import Member, an_organisation, invited, member, move
from tests.support.callers import Bearer
from tests.support.http import at, ok, pointers, problem_type

PERSONS, ME = "/access/v1/persons", "/access/v1/me"


async def a_person(steering: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    return ok(await steering.post(PERSONS, json=given))


async def seen(by: httpx.AsyncClient, **query: str) -> set[str]:
    return {row["id"] for row in ok(await by.get(PERSONS, params=query))["items"]}


async def test_an_address_is_one_person_s_however_it_is_written(steering: httpx.AsyncClient) -> None:
    person = await a_person(steering, email="Claire.Martin@Example.org", phone="+33 2 40.00-00 00", given_name="Claire")

    again = await steering.post(PERSONS, json={"email": "claire.martin@EXAMPLE.ORG"})

    assert (person["email"], person["phone"], person["locale"]) == ("claire.martin@example.org", "+33240000000", "fr")
    assert (again.status_code, problem_type(again), again.json()["existing_id"]) == (409, "already-exists", person["id"])
    assert await seen(steering, email="CLAIRE.martin@example.org") == {person["id"]}


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"email": "claire.martin"}, "#/email"),
        ({"email": "claire@@example.org"}, "#/email"),
        ({"email": "295109912611193@example.org"}, "#/email"),
        ({"phone": "02"}, "#/phone"),
        ({"phone": "255081416802538"}, "#/phone"),
        ({"self_roles": ["steering"]}, "#/self_roles/0"),
        ({"locale": "de"}, "#/locale"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(steering: httpx.AsyncClient, given: dict[str, Any], pointer: str) -> None:
    answer = await steering.post(PERSONS, json=given)

    assert (answer.status_code, pointers(answer)) == (422, [pointer])


async def test_steering_alone_makes_persons_known_and_suspends_them(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    manager = await member(client, hospital, manager=True)
    person = await a_person(steering, given_name="Claire")

    assert (await manager.client.post(PERSONS, json={})).status_code == 403
    own = ok(await manager.client.get(ME))
    assert (await move(manager.client, "persons", own, "suspend", reason="Essai")).status_code == 403
    assert (await manager.client.get(f"{PERSONS}/{person['id']}")).status_code == 404
    assert (await manager.client.get(f"{PERSONS}/{own['id']}/history")).status_code == 403


async def test_a_manager_sees_who_acts_or_asks_to_act_for_the_organisation(client: Client, steering: httpx.AsyncClient) -> None:
    hospital, clinic = await an_organisation(steering), await an_organisation(steering)
    manager, colleague = await member(client, hospital, manager=True), await member(client, hospital)
    elsewhere = await member(client, clinic)
    asking = await elsewhere.client.post("/access/v1/memberships/requests", json={"organisation_id": hospital["id"], "roles": ["reader"]})
    stranger = await member(client, clinic)
    left = await member(client, hospital)
    ok(await move(left.client, "memberships", left.membership, "leave"))

    us = {each.membership["person_id"] for each in (manager, colleague, elsewhere)}
    assert asking.status_code == 201
    assert await seen(manager.client) == us
    assert await seen(steering, organisation_id=hospital["id"]) == us
    assert await seen(steering) > us | {stranger.membership["person_id"]}
    assert await seen(colleague.client) == {colleague.membership["person_id"]}
    assert (await manager.client.get(f"{PERSONS}/{stranger.membership['person_id']}")).status_code == 404


async def test_an_address_that_is_invited_shows_no_name_that_others_know(client: Client, steering: httpx.AsyncClient) -> None:
    hospital, clinic = await an_organisation(steering), await an_organisation(steering)
    manager = await member(client, hospital, manager=True)
    await member(client, clinic, address="known@example.org", given_name="Claire")
    await a_person(steering, email="learner@example.org", self_roles=["learner"])

    new = await invited(manager.client, hospital, address="new@example.org", given_name="Luc", family_name="Petit")
    known = await invited(manager.client, hospital, address="KNOWN@example.org", given_name="Autre")
    learner = await invited(manager.client, hospital, address="learner@example.org")

    assert ok(await manager.client.get(f"{PERSONS}/{new['person_id']}"))["family_name"] == "Petit"
    for each in (known, learner):
        assert (await manager.client.get(f"{PERSONS}/{each['person_id']}")).status_code == 404
    assert ok(await steering.get(f"{PERSONS}/{known['person_id']}"))["given_name"] == "Claire"
    person = client(Role.employer, organisation=UUID(clinic["id"]), person=UUID(known["person_id"]))
    ok(await move(person, "memberships", known, "accept"))
    assert ok(await manager.client.get(f"{PERSONS}/{known['person_id']}"))["given_name"] == "Claire"


async def test_an_address_that_is_invited_shows_no_name_that_others_gave(client: Client, steering: httpx.AsyncClient) -> None:
    hospital, clinic = await an_organisation(steering), await an_organisation(steering)
    manager, other = await member(client, hospital, manager=True), await member(client, clinic, manager=True)
    created = ok(await steering.post(PERSONS, json={"email": "created@example.org", "given_name": "Luc", "phone": "+33612345678"}))
    first = await invited(other.client, clinic, address="invited@example.org", given_name="Luc", family_name="Petit")

    for address, person_id in (("created@example.org", created["id"]), ("invited@example.org", first["person_id"])):
        membership = await invited(manager.client, hospital, address=address)
        assert membership["person_id"] == person_id
        assert (await manager.client.get(f"{PERSONS}/{person_id}")).status_code == 404
        assert person_id not in await seen(manager.client)
        if address == "invited@example.org":
            assert ok(await other.client.get(f"{PERSONS}/{person_id}"))["family_name"] == "Petit", "who gave it sees it"
        await Member.accepting(client, membership)
        assert ok(await manager.client.get(f"{PERSONS}/{person_id}"))["given_name"] == "Luc"


async def test_each_changes_what_they_say_of_themself_and_nothing_else(client: Client, steering: httpx.AsyncClient) -> None:
    someone = await member(client, await an_organisation(steering))
    me = ok(await someone.client.get(ME))

    changed = ok(await someone.client.patch(ME, json={"family_name": "Durand", "phone": "0240000000"}, headers=at(me)))
    same = ok(await someone.client.patch(ME, json={"family_name": "Durand"}, headers=at(changed)))

    assert (changed["family_name"], changed["phone"], same["version"]) == ("Durand", "0240000000", changed["version"])
    assert (await someone.client.patch(ME, json={"given_name": "Luc"}, headers=at(me))).status_code == 412
    assert (await someone.client.patch(ME, json={"given_name": "Luc"})).status_code == 428
    assert pointers(await someone.client.patch(ME, json={"email": "x@example.org"}, headers=at(changed))) == ["#/email"]


async def test_a_token_of_nobody_is_told_so(client: Client, databases: Databases, app: Any, tokens: Tokens) -> None:
    caller = Principal(f"{CREDENTIAL}{uuid4()}", frozenset({Role.reader}))
    nobody = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://plam.test", auth=Bearer(tokens, caller))

    for answer in (await nobody.get(ME), await nobody.patch(ME, json={"given_name": "Luc"}, headers={"If-Match": '"1"'})):
        assert (answer.status_code, problem_type(answer)) == (403, "forbidden")
        assert "demandez-en un pour une de vos appartenances" in answer.json()["detail"]
    assert (await client(Role.reader, person=uuid4()).get(ME)).status_code == 404
    await nobody.aclose()


async def test_a_person_is_suspended_and_resumed(steering: httpx.AsyncClient) -> None:
    person = await a_person(steering, given_name="Claire")

    assert (await move(steering, "persons", person, "resume")).status_code == 409
    suspended = ok(await move(steering, "persons", person, "suspend", reason="Adresse compromise"))
    assert ok(await steering.get(f"{PERSONS}/{person['id']}/live"))["allowed_operations"] == ["resumePerson", "holdPerson", "releasePerson"]
    assert (await move(steering, "persons", person, "resume")).status_code == 412
    resumed = ok(await move(steering, "persons", suspended, "resume"))

    assert (suspended["status"], suspended["status_reason"]) == ("suspended", "Adresse compromise")
    assert (resumed["status"], resumed["status_reason"]) == ("active", None)
    versions = ok(await steering.get(f"{PERSONS}/{person['id']}/history"))["items"]
    assert [each["document"] for each in versions] == [resumed, suspended, person]


async def test_the_tokens_of_who_is_suspended_are_refused(
    client: Client, steering: httpx.AsyncClient, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "FRESH", 0.0)
    someone = await member(client, await an_organisation(steering))
    caller = Principal(f"{PERSON}{someone.membership['person_id']}", frozenset({Role.reader}))
    issued = {"Authorization": f"Bearer {tokens.issue(caller, timedelta(minutes=5))}"}
    me = ok(await client().get(ME, headers=issued))

    ok(await move(steering, "persons", me, "suspend", reason="Adresse compromise"))

    refused = await client().get(ME, headers=issued)
    assert (refused.status_code, problem_type(refused)) == (401, "revoked")


async def test_a_person_is_held_until_a_day_to_come_and_released(steering: httpx.AsyncClient) -> None:
    person = await a_person(steering)

    past = await move(steering, "persons", person, "hold", until="2020-01-01", reason="Réclamation")
    held = ok(await move(steering, "persons", person, "hold", until="2199-01-01", reason="Réclamation"))
    released = ok(await move(steering, "persons", held, "release"))

    assert (past.status_code, pointers(past)) == (422, ["#/until"])
    assert (held["held_until"], held["hold_reason"]) == ("2199-01-01", "Réclamation")
    assert (released["held_until"], released["hold_reason"]) == (None, None)
    assert ok(await move(steering, "persons", released, "release"))["version"] == released["version"]


async def test_what_is_said_of_a_person_is_kept_by_nobody_on_the_way(steering: httpx.AsyncClient) -> None:
    person = await a_person(steering, given_name="Claire")

    for path in (PERSONS, f"{PERSONS}/{person['id']}"):
        assert (await steering.get(path)).headers["cache-control"] == "no-store"


async def test_events_name_no_person(steering: httpx.AsyncClient, databases: Databases) -> None:
    person = await a_person(steering, given_name="Claire", family_name="Martin", email="claire.martin@example.org", phone="0240000000")

    async with databases.borrowed("access", "worker") as connection:
        rows = await connection.fetch("SELECT o.event, d.consumer FROM outbox o JOIN delivery d ON d.event_id = o.id")
    assert {row["consumer"] for row in rows} == {"actions", "internships", "recruitment"}
    for row in rows:
        assert f'"id":"{person["id"]}"' in row["event"]
        assert not [word for word in ("Claire", "Martin", "example.org", "0240000000") if word in row["event"]]
