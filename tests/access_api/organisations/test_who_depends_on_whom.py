"""An organisation may depend on another, one step deep: an institute on its legal entity."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import select

from services.access_api.organisations.tables import Organisation
from services.contracts.access import OrganisationState
from services.contracts.codes import Role
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import an_organisation, move, organisation_body, siren
from tests.support.http import ok, pointers, problem_type

URL = "/access/v1/organisations"


async def depends(client: httpx.AsyncClient, child: dict[str, Any], parent: str | None) -> httpx.Response:
    """Makes an organisation depend on another, at the version that the test holds."""
    return await client.patch(f"{URL}/{child['id']}", json={"parent_id": parent}, headers={"If-Match": f'"{child["version"]}"'})


async def test_f1_several_institutes_stand_under_one_legal_entity(steering: httpx.AsyncClient, databases: Databases) -> None:
    hospital = await an_organisation(steering, name="CHU de Nantes", siren=siren(11))
    of_hospital = [await an_organisation(steering, uai=uai, parent_id=hospital["id"]) for uai in ("0440105A", "0442658A")]
    await an_organisation(steering, uai="0440001M")

    listed = ok(await steering.get(f"{URL}?parent_id={hospital['id']}"))["items"]

    assert [each["id"] for each in listed] == [each["id"] for each in reversed(of_hospital)]
    async with databases.open("access") as db:
        row = await db.one(select(Organisation).where(Organisation.uai == "0440105A"))
    assert str(OrganisationState.model_validate(row, from_attributes=True).parent_id) == hospital["id"]


async def test_a_parent_is_set_changed_and_taken_away(steering: httpx.AsyncClient) -> None:
    one, two = await an_organisation(steering), await an_organisation(steering)
    child = await an_organisation(steering)
    for parent in (one["id"], two["id"], None):
        child = ok(await depends(steering, child, parent))
        assert child["parent_id"] == parent
    history = ok(await steering.get(f"{URL}/{child['id']}/history"))["items"]
    assert [item["document"]["parent_id"] for item in history] == [None, two["id"], one["id"], None]


async def test_only_steering_says_who_depends_on_whom(steering: httpx.AsyncClient, client: Client) -> None:
    parent, child = await an_organisation(steering), await an_organisation(steering)
    assert (await depends(client(Role.institute, organisation=child["id"]), child, parent["id"])).status_code == 403


async def test_an_unknown_parent_and_oneself_are_refused_by_name(steering: httpx.AsyncClient) -> None:
    child = await an_organisation(steering)
    unknown = await steering.post(URL, json=organisation_body(parent_id=str(uuid4())))
    oneself = await depends(steering, child, child["id"])
    for answer, code in ((unknown, "unknown_reference"), (oneself, "own_parent")):
        assert (answer.status_code, pointers(answer), answer.json()["errors"][0]["code"]) == (422, ["#/parent_id"], code)


async def test_a_child_is_no_parent(steering: httpx.AsyncClient) -> None:
    top = await an_organisation(steering, name="CHU de Nantes")
    child = await an_organisation(steering, name="IFSI du CHU", parent_id=top["id"])
    answer = await steering.post(URL, json=organisation_body(parent_id=child["id"]))
    assert (answer.status_code, pointers(answer)) == (422, ["#/parent_id"])
    assert all(word in answer.json()["detail"] for word in ("CHU de Nantes", "IFSI du CHU", top["id"]))


async def test_a_parent_does_not_become_a_child_while_it_has_children(steering: httpx.AsyncClient) -> None:
    top = await an_organisation(steering, name="CHU de Nantes")
    child = await an_organisation(steering, name="IFSI du CHU", parent_id=top["id"])
    other = await an_organisation(steering, name="GHT 44")
    refused = await depends(steering, top, other["id"])
    assert (refused.status_code, problem_type(refused)) == (409, "organisation-has-children")
    assert all(word in refused.json()["detail"] for word in ("CHU de Nantes", "IFSI du CHU", "GHT 44"))
    ok(await depends(steering, child, None))
    assert ok(await depends(steering, top, other["id"]))["parent_id"] == other["id"]


async def test_what_else_changes_of_a_child_does_not_ask_again(steering: httpx.AsyncClient) -> None:
    top = await an_organisation(steering)
    child = await an_organisation(steering, parent_id=top["id"])
    ok(await move(steering, "organisations", top, "close", reason="Fusion"))
    changed = ok(await steering.patch(f"{URL}/{child['id']}", json={"name": "IFSI", "parent_id": top["id"]}, headers={"If-Match": '"1"'}))
    assert (changed["name"], changed["parent_id"]) == ("IFSI", top["id"])


@pytest.mark.parametrize("turn", range(3))
async def test_two_organisations_do_not_become_each_others_parent_at_once(steering: httpx.AsyncClient, turn: int) -> None:
    one, two = await an_organisation(steering), await an_organisation(steering)
    answers = await asyncio.gather(depends(steering, one, two["id"]), depends(steering, two, one["id"]))
    assert min(answer.status_code for answer in answers) == 200
    found = [ok(await steering.get(f"{URL}/{each['id']}")) for each in (one, two)]
    assert [each["parent_id"] for each in found].count(None) == 1, f"turn {turn}"


async def test_a_chain_is_not_made_by_two_requests_at_once(steering: httpx.AsyncClient) -> None:
    top, middle, low = [await an_organisation(steering) for _ in range(3)]
    answers = await asyncio.gather(depends(steering, middle, top["id"]), depends(steering, low, middle["id"]))
    assert min(answer.status_code for answer in answers) == 200
    found = [ok(await steering.get(f"{URL}/{each['id']}")) for each in (middle, low)]
    assert [each["parent_id"] for each in found].count(None) == 1
