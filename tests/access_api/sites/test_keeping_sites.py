"""Sites are opened, changed, closed and opened again; a site is never open in a closed organisation."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlmodel import select

from services.access_api.sites.schemas import SiteRead
from services.access_api.sites.tables import Site
from services.contracts.codes import Role
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import a_site, an_organisation, finess, move, siren, siret, site_body

pytestmark = pytest.mark.usefixtures("communes")

URL = "/access/v1/sites"


async def test_a_site_takes_the_department_of_its_commune_and_the_sector_of_its_category(steering: httpx.AsyncClient) -> None:
    organisation = await an_organisation(steering)
    site = await a_site(steering, organisation, commune_code="49007", category_code="500")
    assert (site["department"], site["sector"]) == ("49", "medico_social")
    given = await a_site(steering, organisation, category_code="500", sector="social")
    assert given["sector"] == "social"


async def test_a_site_that_moves_changes_its_department(steering: httpx.AsyncClient) -> None:
    site = await a_site(steering, await an_organisation(steering))
    changed = await steering.patch(
        f"{URL}/{site['id']}", json={"commune_code": "53130", "category_code": "214"}, headers={"If-Match": '"1"'}
    )
    assert (changed.json()["department"], changed.json()["sector"]) == ("53", "social")


async def test_an_unknown_commune_is_refused_and_a_former_one_says_what_it_has_become(steering: httpx.AsyncClient) -> None:
    organisation = await an_organisation(steering)
    unknown = await steering.post(URL, json=site_body(organisation, commune_code="75056"))
    former = await steering.post(URL, json=site_body(organisation, commune_code="44004"))
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "#/commune_code")
    assert (former.status_code, "44163" in former.json()["detail"]) == (422, True)


async def test_an_unknown_organisation_is_refused(steering: httpx.AsyncClient) -> None:
    answer = await steering.post(URL, json=site_body({"id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/organisation_id")


async def test_a_closed_organisation_opens_no_site(steering: httpx.AsyncClient) -> None:
    organisation = await an_organisation(steering)
    site = await a_site(steering, organisation)
    await move(steering, "organisations", organisation, "close", reason="Fusion")
    opened = await steering.post(URL, json=site_body(organisation))
    reopened = await move(steering, "sites", {**site, "version": 2}, "reopen")
    assert (opened.status_code, opened.json()["type"]) == (409, "urn:plam:problem:organisation-closed")
    assert (reopened.status_code, reopened.json()["type"]) == (409, "urn:plam:problem:organisation-closed")


async def test_no_site_stays_open_when_its_organisation_closes_at_the_same_time(steering: httpx.AsyncClient) -> None:
    for _ in range(10):
        organisation = await an_organisation(steering)
        closing, *opening = await asyncio.gather(
            move(steering, "organisations", organisation, "close", reason="Fusion"),
            *(steering.post(URL, json=site_body(organisation)) for _ in range(3)),
        )
        assert closing.status_code == 200
        assert {answer.status_code for answer in opening} <= {201, 409}
        items = (await steering.get(URL, params={"organisation_id": organisation["id"]})).json()["items"]
        assert [item["status"] for item in items if item["status"] != "closed"] == []


async def test_a_site_closes_and_opens_again(steering: httpx.AsyncClient) -> None:
    site = await a_site(steering, await an_organisation(steering))
    closed = (await move(steering, "sites", site, "close", reason="Travaux")).json()
    assert (closed["status"], closed["status_reason"]) == ("closed", "Travaux")
    again = await move(steering, "sites", closed, "reopen")
    assert (again.json()["status"], again.json()["version"]) == ("active", 3)
    refused = await move(steering, "sites", again.json(), "reopen")
    assert (refused.status_code, refused.json()["allowed_operations"]) == (409, ["changeSite", "transferSite", "closeSite"])


async def test_several_sites_share_a_siret_but_never_a_finess(steering: httpx.AsyncClient) -> None:
    organisation = await an_organisation(steering)
    shared = siret(siren(7), 1)
    assert len({(await a_site(steering, organisation, siret=shared))["id"] for _ in range(2)}) == 2
    body = site_body(organisation, finess_et=finess(8))
    answers = await asyncio.gather(*(steering.post(URL, json=body | {"name": name}) for name in ("Site A", "Site B")))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["errors"][0]["pointer"] == "#/finess_et"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.steering])
async def test_only_steering_writes(client: Client, steering: httpx.AsyncClient, role: Role) -> None:
    organisation = await an_organisation(steering)
    assert (await client(role).post(URL, json=site_body(organisation))).status_code == 403
    assert (await client(role).get(URL)).status_code == 200


async def test_lists_are_filtered(steering: httpx.AsyncClient) -> None:
    organisation, other = await an_organisation(steering), await an_organisation(steering)
    number = siret(siren(9), 1)
    site = await a_site(steering, organisation, name="Cité sanitaire", finess_et=finess(9), siret=number, category_code="355")
    await a_site(steering, other, name="EHPAD", commune_code="72181", category_code="500")
    queries = [
        f"organisation_id={organisation['id']}",
        "department=44",
        "commune_code=44184",
        "category=355",
        f"finess_et={finess(9)}",
        f"siret={number}",
        "sector=sanitary",
        "q=sanit",
    ]
    for query in queries:
        items = (await steering.get(f"{URL}?{query}")).json()["items"]
        assert [item["id"] for item in items] == [site["id"]], query
    assert len((await steering.get(f"{URL}?status=active")).json()["items"]) == 2


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("St Nazaire", {"CH ST NAZAIRE HEINLEX", "Clinique de l’Estuaire"}),
        ("saint-nazaire", {"CH ST NAZAIRE HEINLEX", "Clinique de l’Estuaire"}),
        ("CH St Nazaire", {"CH ST NAZAIRE HEINLEX"}),
        ("estuaire nazaire", {"Clinique de l’Estuaire"}),
        ("l'estuaire", {"Clinique de l’Estuaire"}),
        ("roche-sur-yon", {"Centre médical"}),
        ("44600", {"CH ST NAZAIRE HEINLEX", "Clinique de l’Estuaire"}),
        ("44606", {"Clinique de l’Estuaire"}),
        ("Olonne sur mer", {"Résidence"}),
        ("85166", {"Résidence"}),
        ("nazaire yon", set()),
        ("insee", set()),
        ("st", {"CH ST NAZAIRE HEINLEX", "Clinique de l’Estuaire"}),
    ],
)
async def test_e11_a_site_is_found_by_its_name_and_its_commune_s_and_so_is_its_organisation(
    steering: httpx.AsyncClient, typed: str, found: set[str]
) -> None:
    places = {
        "CH ST NAZAIRE HEINLEX": {},
        "Clinique de l’Estuaire": {"postal_code": "44606"},
        "Centre médical": {"commune_code": "85191"},
        "Résidence": {"commune_code": "85194"},
    }
    sites: dict[str, Any] = {}
    for name, place in places.items():
        organisation = await an_organisation(steering, name=f"Groupe {len(sites)}")
        sites[name] = await a_site(steering, organisation, name=name, **place)
    listed = (await steering.get(URL, params={"q": typed})).json()["items"]
    assert [each["name"] for each in listed] == [name for name in reversed(places) if name in found]
    assert all(each["matched"]["name"] for each in listed)
    owners = (await steering.get("/access/v1/organisations", params={"q": typed})).json()["items"]
    assert [each["id"] for each in owners] == [each["organisation_id"] for each in listed]


@pytest.mark.parametrize(
    ("typed", "kind", "name", "code"),
    [
        ("résid", "name", "Résidence", None),
        ("residence d olonne", "commune", "Les Sables-d'Olonne", "85194"),
        ("olonne sur mer", "former_commune", "Olonne-sur-Mer", "85166"),
        ("85060", "former_commune", "Château-d'Olonne", "85060"),
        ("residence 85180", "postal_code", "Les Sables-d'Olonne", "85180"),
        ("85109", "postal_code", "Les Sables-d'Olonne", "85109"),
    ],
)
async def test_e11_a_site_that_is_found_says_by_what(
    steering: httpx.AsyncClient, typed: str, kind: str, name: str, code: str | None
) -> None:
    organisation = await an_organisation(steering)
    site = await a_site(steering, organisation, name="Résidence", commune_code="85194", postal_code="85109")
    listed = (await steering.get(URL, params={"q": typed})).json()["items"]
    assert listed == [{**site, "matched": {"kind": kind, "name": name, "code": code}}]
    owners = (await steering.get("/access/v1/organisations", params={"q": typed})).json()["items"]
    kind_of_owner = "site" if kind == "name" else kind
    assert owners == [{**organisation, "matched": {"kind": kind_of_owner, "name": name, "code": code}}]


PLACE = {"latitude": 47.275061, "longitude": -2.21793}


async def test_a_site_says_where_it_is_once_somebody_has(steering: httpx.AsyncClient) -> None:
    organisation = await an_organisation(steering)
    nowhere, placed = await a_site(steering, organisation), await a_site(steering, organisation, latitude=47.2750612, longitude=-2.21793)
    assert [(site["latitude"], site["longitude"]) for site in (nowhere, placed)] == [(None, None), (47.275061, -2.21793)]
    changed = await steering.patch(f"{URL}/{nowhere['id']}", json=PLACE, headers={"If-Match": '"1"'})
    assert {name: changed.json()[name] for name in PLACE} == PLACE
    same = await steering.patch(f"{URL}/{nowhere['id']}", json=PLACE, headers={"If-Match": '"2"'})
    assert (same.status_code, same.json()["version"]) == (200, 2)
    none = await steering.patch(f"{URL}/{nowhere['id']}", json={"latitude": None, "longitude": None}, headers={"If-Match": '"2"'})
    assert (none.json()["latitude"], none.json()["longitude"]) == (None, None)


@pytest.mark.parametrize(
    "place",
    [
        {"latitude": 47.2},
        {"longitude": -2.2},
        {"latitude": 47.2, "longitude": None},
        {"latitude": 90.1, "longitude": 0},
        {"latitude": 0, "longitude": -180.5},
        {"latitude": "47,2", "longitude": "-2,2"},
    ],
)
async def test_a_place_that_is_none_is_refused(steering: httpx.AsyncClient, place: dict[str, Any]) -> None:
    organisation = await an_organisation(steering)
    assert (await steering.post(URL, json=site_body(organisation, **place))).status_code == 422
    site = await a_site(steering, organisation)
    refused = await steering.patch(f"{URL}/{site['id']}", json=place, headers={"If-Match": '"1"'})
    assert refused.status_code == 422


async def test_the_database_takes_no_half_of_a_place(databases: Databases, steering: httpx.AsyncClient) -> None:
    site = await a_site(steering, await an_organisation(steering))
    pool = await databases.pool("access", "worker")
    for place in ((1, None), (None, 1), (90_000_001, 0), (0, -180_000_001)):
        with pytest.raises(asyncpg.CheckViolationError):
            await pool.execute("UPDATE site SET lat_e6 = $2, lon_e6 = $3 WHERE id = $1", UUID(site["id"]), *place)


async def test_history_shows_each_version(steering: httpx.AsyncClient) -> None:
    site = await a_site(steering, await an_organisation(steering))
    await move(steering, "sites", site, "close", reason="Travaux")
    items = (await steering.get(f"{URL}/{site['id']}/history")).json()["items"]
    assert [(item["version"], item["document"]["status"]) for item in items] == [(2, "closed"), (1, "active")]


async def test_what_is_stored_is_what_the_schema_says(steering: httpx.AsyncClient, databases: Databases) -> None:
    organisation = await an_organisation(steering)
    for number in range(3):
        await a_site(steering, organisation, name=f"Hôpital d'Évron {number}")
    await move(steering, "organisations", organisation, "close", reason="Fusion")
    async with databases.open("access") as db:
        rows = await db.fetch(select(Site))
    assert len(rows) == 3
    for row in rows:
        assert row.document == SiteRead.model_validate(row).model_dump_json()
