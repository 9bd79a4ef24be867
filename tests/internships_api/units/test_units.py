"""Placement units: who opens them, where, for whom; suspended and resumed."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import update

from services.contracts.access import OrganisationStatus, SiteStatus
from services.contracts.codes import Department, OrganisationRole, Role
from services.internships_api.copies import ORGANISATIONS
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.http import ok, pointers, problem_type
from tests.support.internships import (
    API,
    a_place,
    a_site,
    a_unit,
    an_organisation,
    fresh,
    listed,
    made,
    move,
    names,
    patch,
    unit_body,
)


async def test_a_unit_has_the_department_of_its_site(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases, Department.vendee)

    answer = await steering.post(f"{API}/units", json=unit_body(place, code="MED-2", first_placement_suitable=True))

    assert answer.status_code == 201
    unit = answer.json()
    assert (unit["department"], unit["status"], unit["first_placement_suitable"]) == ("85", "active", True)
    assert (await steering.get(answer.headers["location"])).content == answer.content


async def test_a_code_is_taken_once_in_a_site(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    elsewhere = await a_site(databases, place.host)
    first = await made(steering, "units", unit_body(place, code="MED-2"))

    again = await steering.post(f"{API}/units", json=unit_body(place, code="MED-2"))
    other_site = await steering.post(f"{API}/units", json=unit_body(place, code="MED-2", site_id=str(elsewhere)))

    assert (again.status_code, problem_type(again), again.json()["existing_id"]) == (409, "already-exists", first["id"])
    assert other_site.status_code == 201


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"professions": []}, "#/professions"),
        ({"professions": ["ide", "ide"]}, "#/professions"),
        ({"professions": ["chef"]}, "#/professions/0"),
        ({"code": "MED 2"}, "#/code"),
        ({"name": "nul\x00"}, "#/name"),
        ({"first_placement_suitable": 1}, "#/first_placement_suitable"),
        ({"department": "44"}, "#/department"),
        ({"organisation_id": str(uuid4())}, "#/organisation_id"),
        ({"site_id": str(uuid4())}, "#/site_id"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    steering: httpx.AsyncClient, databases: Databases, given: dict[str, Any], pointer: str
) -> None:
    answer = await steering.post(f"{API}/units", json=unit_body(await a_place(databases), **given))

    assert answer.status_code == 422
    assert pointers(answer) == [pointer]
    assert await listed(steering, "units") == []


async def test_a_site_must_be_open_and_the_organisation_s_own(steering: httpx.AsyncClient, databases: Databases) -> None:
    place, neighbour = await a_place(databases), await a_place(databases)
    closed = await a_site(databases, place.host, status=SiteStatus.closed)
    gone = await an_organisation(databases, OrganisationRole.host, status=OrganisationStatus.closed)

    for given, pointer in (
        ({"site_id": str(closed)}, "#/site_id"),
        ({"site_id": str(neighbour.site)}, "#/site_id"),
        ({"organisation_id": str(gone), "site_id": str(await a_site(databases, gone))}, "#/organisation_id"),
    ):
        answer = await steering.post(f"{API}/units", json=unit_body(place, **given))
        assert (answer.status_code, pointers(answer)) == (422, [pointer])


async def test_an_organisation_opens_and_keeps_units_at_home_only(client: Client, databases: Databases) -> None:
    place, neighbour = await a_place(databases), await a_place(databases)
    host, other = client(Role.employer, organisation=place.host), client(Role.employer, organisation=neighbour.host)
    unit = await made(host, "units", unit_body(place))

    assert (await other.post(f"{API}/units", json=unit_body(place))).status_code == 403
    assert (await patch(other, "units", unit, name="La leur")).status_code == 403
    assert (await move(other, "units", unit, "suspend", reason="Travaux")).status_code == 403
    assert (await other.get(f"{API}/units/{unit['id']}/history")).status_code == 403
    assert (await client(Role.institute, organisation=place.institute).post(f"{API}/units", json=unit_body(place))).status_code == 403
    assert (await client().get(f"{API}/units")).status_code == 401
    assert await fresh(other, "units", unit) == unit


async def test_only_the_fields_sent_change(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=0)

    changed = ok(await patch(steering, "units", unit, name="Chirurgie"))
    stale = await patch(steering, "units", unit, name="Urgences")
    refused = await patch(steering, "units", changed, professions=[])

    assert {name for name in unit if unit[name] != changed[name]} == {"name", "version", "updated_at"}
    assert stale.status_code == 412
    assert (refused.status_code, pointers(refused)) == (422, ["#/professions"])
    history = ok(await steering.get(f"{API}/units/{unit['id']}/history"))["items"]
    assert [item["document"] for item in history] == [changed, unit]


async def test_a_unit_is_suspended_with_a_reason_and_resumed(steering: httpx.AsyncClient, databases: Databases) -> None:
    unit = await a_unit(steering, await a_place(databases), capacity=0)

    assert (await move(steering, "units", unit, "resume")).status_code == 409
    suspended = ok(await move(steering, "units", unit, "suspend", reason="Travaux"))
    assert (suspended["status"], suspended["status_reason"]) == ("suspended", "Travaux")
    assert ok(await steering.get(f"{API}/units/{unit['id']}/live")) == {"allowed_operations": ["changeUnit", "setCapacity", "resumeUnit"]}
    again = await move(steering, "units", suspended, "suspend", reason="Encore")
    assert (again.status_code, problem_type(again)) == (409, "move-refused")
    assert again.json()["allowed_operations"] == ["changeUnit", "setCapacity", "resumeUnit"]
    resumed = ok(await move(steering, "units", suspended, "resume"))
    assert (resumed["status"], resumed["status_reason"]) == ("active", None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"department": "85"}, ["b"]),
        ({"profession": "as"}, ["a"]),
        ({"status": "suspended"}, ["b"]),
        ({"profession": "ide"}, ["b", "a"]),
        ({"profession": "ide", "department": "44"}, ["a"]),
    ],
)
async def test_filters_narrow_the_list(steering: httpx.AsyncClient, databases: Databases, query: dict[str, str], found: list[str]) -> None:
    await a_unit(steering, await a_place(databases), capacity=0, code="a")
    south = await a_place(databases, Department.vendee)
    unit = await a_unit(steering, south, capacity=0, code="b", professions=["ide"])
    await move(steering, "units", unit, "suspend", reason="Travaux")

    assert [each["code"] for each in await listed(steering, "units", **query)] == found
    assert names(await listed(steering, "units", site_id=str(south.site))) == {unit["id"]}
    assert names(await listed(steering, "units", organisation_id=str(south.host))) == {unit["id"]}


async def test_only_a_host_opens_a_unit(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    async with databases.open("internships", "worker") as db:
        await db.fetch(update(ORGANISATIONS.table).where(ORGANISATIONS.table.c.id == place.host).values(roles=[OrganisationRole.employer]))
    answer = await steering.post(f"{API}/units", json=unit_body(place))
    assert (answer.status_code, pointers(answer)) == (422, ["#/organisation_id"])
