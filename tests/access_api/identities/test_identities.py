"""Identities: each lists and removes their own, but for the last one."""

import asyncio
from typing import Any
from uuid import UUID

import httpx

from services.access_api.identities.tables import Identity
from services.contracts.codes import Role
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import an_organisation, member
from tests.support.http import at, ok, problem_type

MINE = "/access/v1/me/identities"


async def linked(databases: Databases, person_id: str, *subjects: str) -> None:
    """Identities of a person, which signing in makes."""
    async with databases.open("access", "worker") as db:
        for subject in subjects:
            identity = Identity(person_id=UUID(person_id), issuer="https://connexion.example.org", subject=subject, acr="eidas1")
            await db.save(identity, by=SYSTEM)


async def remove(by: httpx.AsyncClient, identity: dict[str, Any]) -> httpx.Response:
    return await by.post(f"{MINE}/{identity['id']}/remove", headers=at(identity))


async def test_each_lists_and_removes_their_own(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    hospital = await an_organisation(steering)
    someone, other = await member(client, hospital), await member(client, hospital)
    await linked(databases, someone.membership["person_id"], "a", "b")
    await linked(databases, other.membership["person_id"], "c")
    second, first = ok(await someone.client.get(MINE))["items"]

    removed = ok(await remove(someone.client, first))

    assert (first["subject"], second["subject"], removed["status"]) == ("a", "b", "removed")
    assert [each["subject"] for each in ok(await someone.client.get(MINE))["items"]] == ["b"]
    assert (await remove(other.client, second)).status_code == 404
    assert (await remove(someone.client, second | {"version": 7})).status_code == 412
    again = await remove(someone.client, removed)
    assert (again.status_code, problem_type(again), again.json()["allowed_operations"]) == (409, "move-refused", [])
    await linked(databases, other.membership["person_id"], "a")  # what is removed names nobody any more


async def test_the_last_one_stays_of_two_that_are_removed_at_once_too(
    client: Client, steering: httpx.AsyncClient, databases: Databases
) -> None:
    someone = await member(client, await an_organisation(steering))
    await linked(databases, someone.membership["person_id"], "a", "b")
    both = ok(await someone.client.get(MINE))["items"]

    answers = await asyncio.gather(*(remove(someone.client, each) for each in both))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [problem_type(answer) for answer in answers if answer.status_code == 409] == ["last-identity"]
    assert len(ok(await someone.client.get(MINE))["items"]) == 1


async def test_who_is_not_known_has_none(client: Client) -> None:
    assert ok(await client(Role.reader).get(MINE))["items"] == []
    assert (await remove(client(Role.reader), {"id": UUID(int=0), "version": 1})).status_code == 404
