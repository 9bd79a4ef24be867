"""Organisations are created, changed, closed and opened again; their identifiers are theirs alone."""

import asyncio

import httpx
import pytest
from sqlmodel import select

from services.access_api.organisations.schemas import OrganisationRead
from services.access_api.organisations.tables import Organisation
from services.contracts.codes import Role
from services.kernel.base.folding import fold
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import a_site, an_organisation, finess, move, organisation_body, siren

URL = "/access/v1/organisations"


async def test_an_organisation_is_created_and_read(steering: httpx.AsyncClient, client: Client) -> None:
    made = await an_organisation(steering, name="Hôpital Saint-Antoine", finess_ej=finess(1), siren=siren(1), uai="0440001M")
    answer = await client(Role.reader).get(f"{URL}/{made['id']}")
    assert answer.json() == made
    assert made["status"] == "active"
    assert [step["status"] for step in made["history"]] == ["active"]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.steering])
async def test_only_steering_writes(client: Client, role: Role) -> None:
    assert (await client(role).post(URL, json=organisation_body())).status_code == 403
    assert (await client(role).get(URL)).status_code == 200


async def test_a_stranger_reads_nothing(client: Client) -> None:
    assert (await client().get(URL)).status_code == 401


@pytest.mark.parametrize(
    ("field", "value"),
    [("finess_ej", "440000017"), ("siren", "264400269"), ("uai", "0440001A"), ("roles", []), ("name", "\u202eabc"), ("department", "75")],
)
async def test_a_wrong_field_is_named(steering: httpx.AsyncClient, field: str, value: object) -> None:
    answer = await steering.post(URL, json=organisation_body(**{field: value}))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"#/{field}")


async def test_a_field_that_nobody_may_set_is_refused(steering: httpx.AsyncClient) -> None:
    answer = await steering.post(URL, json=organisation_body(status="closed"))
    assert answer.status_code == 422


@pytest.mark.parametrize(("field", "value"), [("finess_ej", finess(2)), ("uai", "0440001M")])
async def test_of_two_creations_at_once_with_one_identifier_one_is_refused(steering: httpx.AsyncClient, field: str, value: str) -> None:
    answers = await asyncio.gather(*(steering.post(URL, json=organisation_body(**{field: value})) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["errors"][0]["pointer"] == f"#/{field}"
    assert refused.json()["type"] == "urn:plam:problem:already-exists"


async def test_a_change_needs_the_version_that_was_read(steering: httpx.AsyncClient) -> None:
    made = await an_organisation(steering)
    url = f"{URL}/{made['id']}"
    changed = await steering.patch(url, json={"name": "CHU"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["version"], changed.json()["name"]) == (200, 2, "CHU")
    assert (await steering.patch(url, json={"name": "CH"}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await steering.patch(url, json={"name": "CH"})).status_code == 428


async def test_a_change_to_the_identifier_of_another_is_refused(steering: httpx.AsyncClient) -> None:
    await an_organisation(steering, uai="0440001M")
    made = await an_organisation(steering)
    answer = await steering.patch(f"{URL}/{made['id']}", json={"uai": "0440001M"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "#/uai"


async def test_f1_of_two_creations_at_once_with_one_siren_the_second_looks_twice_unless_forced(steering: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(steering.post(URL, json=organisation_body(siren=siren(2))) for _ in range(2)))
    made, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (made.status_code, refused.status_code, refused.json()["type"]) == (201, 409, "urn:plam:problem:looks-twice")
    assert refused.json()["existing_id"] == made.json()["id"]
    forced = await steering.post(f"{URL}?force=true", json=organisation_body(siren=siren(2)))
    assert forced.status_code == 201
    assert len((await steering.get(f"{URL}?siren={siren(2)}")).json()["items"]) == 2


async def test_f1_a_change_to_the_siren_of_another_looks_twice_unless_forced(steering: httpx.AsyncClient) -> None:
    first = await an_organisation(steering, siren=siren(3))
    made = await an_organisation(steering)
    url, version = f"{URL}/{made['id']}", {"If-Match": '"1"'}
    refused = await steering.patch(url, json={"siren": siren(3)}, headers=version)
    assert (refused.status_code, refused.json()["existing_id"]) == (409, first["id"])
    assert (await steering.patch(f"{url}?force=true", json={"siren": siren(3)}, headers=version)).json()["siren"] == siren(3)
    again = await steering.patch(url, json={"siren": siren(3), "name": "CH"}, headers={"If-Match": '"2"'})
    assert again.status_code == 200  # the SIREN was not changed


async def test_f1_the_siren_of_a_closed_organisation_may_be_typed_again(steering: httpx.AsyncClient) -> None:
    await move(steering, "organisations", await an_organisation(steering, siren=siren(4)), "close", reason="Fusion")
    assert (await steering.post(URL, json=organisation_body(siren=siren(4)))).status_code == 201


@pytest.mark.usefixtures("communes")
async def test_closing_an_organisation_closes_its_sites(steering: httpx.AsyncClient) -> None:
    made = await an_organisation(steering)
    sites = [await a_site(steering, made) for _ in range(3)]
    closed = await move(steering, "organisations", made, "close", reason="Fusion")
    assert (closed.json()["status"], closed.json()["status_reason"]) == ("closed", "Fusion")
    for site in sites:
        found = (await steering.get(f"/access/v1/sites/{site['id']}")).json()
        assert (found["status"], found["version"]) == ("closed", 2)


@pytest.mark.usefixtures("communes")
async def test_opening_an_organisation_again_leaves_its_sites_closed(steering: httpx.AsyncClient) -> None:
    made = await an_organisation(steering)
    site = await a_site(steering, made)
    closed = (await move(steering, "organisations", made, "close", reason="Fusion")).json()
    again = await move(steering, "organisations", closed, "reopen")
    assert (again.json()["status"], again.json()["status_reason"]) == ("active", None)
    assert [step["status"] for step in again.json()["history"]] == ["active", "closed", "active"]
    assert (await steering.get(f"/access/v1/sites/{site['id']}")).json()["status"] == "closed"


async def test_lists_are_filtered(steering: httpx.AsyncClient) -> None:
    one = await an_organisation(steering, name="CH de Saint-Nazaire", finess_ej=finess(4), siren=siren(4), roles=["employer"])
    two = await an_organisation(steering, name="IFSI d'Angers", uai="0440001M", department="49", roles=["institute"])
    await move(steering, "organisations", two, "close", reason="Fermeture")
    expected = {
        "role=employer": one,
        "department=49": two,
        "status=active": one,
        f"finess_ej={finess(4)}": one,
        f"siren={siren(4)}": one,
        "uai=0440001M": two,
        "q=nazaire saint": one,
        "q=ÂNGERS": two,
    }
    for query, organisation in expected.items():
        items = (await steering.get(f"{URL}?{query}")).json()["items"]
        assert [item["id"] for item in items] == [organisation["id"]], query
    assert (await steering.get(f"{URL}?q=%26%7C%21")).json()["items"] == []


@pytest.mark.usefixtures("communes")
async def test_e11_an_organisation_that_is_found_says_by_what(steering: httpx.AsyncClient) -> None:
    named = await an_organisation(steering, name="Mutuelle de Nantes")
    sited = await an_organisation(steering, name="Fondation")
    for name in ("Clinique du Parc", "Résidence de Nantes", "Nantes sud"):
        await a_site(steering, sited, name=name, commune_code="44184")
    placed = await an_organisation(steering, name="Association")
    for name in ("Clinique du Parc", "Résidence"):
        await a_site(steering, placed, name=name, commune_code="44109")
    items = (await steering.get(URL, params={"q": "nantes"})).json()["items"]
    assert [(item["id"], item["matched"]) for item in items] == [
        (placed["id"], {"kind": "commune", "name": "Nantes", "code": "44109"}),
        (sited["id"], {"kind": "site", "name": "Résidence de Nantes", "code": None}),
        (named["id"], {"kind": "name", "name": "Mutuelle de Nantes", "code": None}),
    ]
    assert "matched" not in (await steering.get(URL)).json()["items"][0]


async def test_history_shows_each_version_to_steering(steering: httpx.AsyncClient, client: Client) -> None:
    made = await an_organisation(steering, name="CH")
    await move(steering, "organisations", made, "close", reason="Fusion")
    items = (await steering.get(f"{URL}/{made['id']}/history")).json()["items"]
    assert [(item["version"], item["document"]["status"]) for item in items] == [(2, "closed"), (1, "active")]
    assert (await client(Role.reader).get(f"{URL}/{made['id']}/history")).status_code == 403


async def test_what_is_stored_is_what_the_schema_says(steering: httpx.AsyncClient, databases: Databases) -> None:
    made = await an_organisation(steering, name="Hôpital n° 1", finess_ej=finess(5))
    await steering.patch(f"{URL}/{made['id']}", json={"name": "Œuvre d'Évron"}, headers={"If-Match": '"1"'})
    async with databases.open("access") as db:
        rows = await db.fetch(select(Organisation))
    for row in rows:
        assert row.document == OrganisationRead.model_validate(row).model_dump_json()
        assert row.folded == fold(row.name) == "oeuvre d evron"
