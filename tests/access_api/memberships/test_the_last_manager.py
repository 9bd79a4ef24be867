"""An organisation keeps somebody who runs its memberships, whoever goes, and two at once."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.conftest import Client
from tests.support.access import an_organisation, member, move
from tests.support.http import at, ok, problem_type

MEMBERSHIPS = "/access/v1/memberships"
Json = dict[str, Any]


async def no_more(by: httpx.AsyncClient, membership: Json) -> httpx.Response:
    """Runs the memberships no more."""
    return await by.patch(f"{MEMBERSHIPS}/{membership['id']}", json={"manager": False}, headers=at(membership))


async def leave(by: httpx.AsyncClient, membership: Json) -> httpx.Response:
    return await move(by, "memberships", membership, "leave")


async def suspend(by: httpx.AsyncClient, membership: Json) -> httpx.Response:
    return await move(by, "memberships", membership, "suspend", reason="Essai")


async def end(by: httpx.AsyncClient, membership: Json) -> httpx.Response:
    return await move(by, "memberships", membership, "end", reason="Essai")


GOING = {"leave": leave, "suspend": suspend, "end": end, "change": no_more}


@pytest.mark.parametrize("way", GOING)
async def test_the_last_manager_stays_until_there_is_another(client: Client, steering: httpx.AsyncClient, way: str) -> None:
    hospital = await an_organisation(steering)
    manager, someone = await member(client, hospital, manager=True), await member(client, hospital)

    refused = await GOING[way](manager.client, manager.membership)

    assert (refused.status_code, problem_type(refused)) == (409, "last-manager")
    assert "nommez-en d'abord un autre (changeMembership" in refused.json()["detail"]
    assert "leaveMembership" in refused.json()["allowed_operations"]
    promoted = await manager.client.patch(
        f"{MEMBERSHIPS}/{someone.membership['id']}", json={"manager": True}, headers=at(someone.membership)
    )
    assert ok(promoted)["manager"] is True
    assert (await GOING[way](manager.client, manager.membership)).status_code == 200


async def test_who_is_suspended_or_only_invited_or_elsewhere_runs_nothing(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    manager, second, third = [await member(client, hospital, manager=True) for _ in range(3)]
    await member(client, await an_organisation(steering), manager=True)
    await member(client, hospital)
    ok(await suspend(manager.client, second.membership))
    person = ok(await steering.get(f"/access/v1/persons/{third.membership['person_id']}"))
    ok(await move(steering, "persons", person, "suspend", reason="Adresse compromise"))

    assert problem_type(await leave(manager.client, manager.membership)) == "last-manager"


async def test_steering_suspends_no_last_manager_and_ends_one(client: Client, steering: httpx.AsyncClient) -> None:
    manager = await member(client, await an_organisation(steering), manager=True)

    assert problem_type(await suspend(steering, manager.membership)) == "last-manager"
    assert problem_type(await no_more(steering, manager.membership)) == "last-manager"
    assert ok(await end(steering, manager.membership))["status"] == "ended"


@pytest.mark.parametrize("way", GOING)
async def test_of_all_who_go_at_once_one_stays(client: Client, steering: httpx.AsyncClient, way: str) -> None:
    """Each waits for the one before: none finds another who is going too."""
    hospital = await an_organisation(steering)
    managers = [await member(client, hospital, manager=True) for _ in range(5)]

    answers = await asyncio.gather(*(GOING[way](each.client, each.membership) for each in managers))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 409]
    assert [problem_type(answer) for answer in answers if answer.status_code == 409] == ["last-manager"]
    acting = ok(await steering.get(MEMBERSHIPS, params={"organisation_id": hospital["id"], "status": "active", "manager": "true"}))["items"]
    assert len(acting) == 1


async def test_two_who_end_each_other_leave_one(client: Client, steering: httpx.AsyncClient) -> None:
    hospital = await an_organisation(steering)
    one, other = await member(client, hospital, manager=True), await member(client, hospital, manager=True)

    answers = await asyncio.gather(end(one.client, other.membership), end(other.client, one.membership))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
