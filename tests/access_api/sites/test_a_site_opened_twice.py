"""A site of the same name and commune as one that is open is opened when somebody insists, and only then."""

from pathlib import Path

import httpx
import pytest

from services.access_api.imports.establishments import import_establishments
from services.kernel.data.database import Databases
from tests.support.access import a_site, an_organisation, establishment, move, site_body, write_csv
from tests.support.http import ok, problem_type
from tests.support.lookalikes import check_one_effect, twelve

pytestmark = pytest.mark.usefixtures("communes")

URL = "/access/v1/sites"


async def test_e1_twelve_twins_of_a_site_have_one_effect(steering: httpx.AsyncClient) -> None:
    await check_one_effect(steering, URL, site_body(await an_organisation(steering)))


async def test_e1_twelve_clicks_under_one_key_make_one_site_and_all_are_told_so(steering: httpx.AsyncClient) -> None:
    answers = await twelve(steering, URL, site_body(await an_organisation(steering)), "one-and-the-same-key")

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.parametrize("name", ["EHPAD Saint-Joseph", "ehpad saint joseph", "ÉHPAD  Sâint-Joseph"])
async def test_e1_a_name_is_the_same_whatever_its_accents_case_and_spaces(steering: httpx.AsyncClient, name: str) -> None:
    organisation, other = await an_organisation(steering), await an_organisation(steering)
    first = await a_site(steering, organisation, name="EHPAD Saint-Joseph")

    answer = await steering.post(URL, json=site_body(other, name=name))

    assert (answer.status_code, problem_type(answer), answer.json()["existing_id"]) == (409, "looks-twice", first["id"])


async def test_e1_another_name_or_another_commune_is_another_site(steering: httpx.AsyncClient) -> None:
    organisation = await an_organisation(steering)
    await a_site(steering, organisation, name="EHPAD Saint-Joseph")
    await a_site(steering, organisation, name="EHPAD Saint-Joseph 2")
    await a_site(steering, organisation, name="EHPAD Saint-Joseph", commune_code="72181")


async def test_e1_a_closed_site_may_be_typed_again(steering: httpx.AsyncClient) -> None:
    organisation = await an_organisation(steering)
    site = await a_site(steering, organisation, name="Annexe")
    ok(await move(steering, "sites", site, "close", reason="Erreur de saisie"))

    await a_site(steering, organisation, name="Annexe")


async def test_e1_an_official_file_is_not_stopped_by_a_site_that_looks_the_same(
    steering: httpx.AsyncClient, databases: Databases, tmp_path: Path
) -> None:
    await a_site(steering, await an_organisation(steering), name="CH N° 1")

    async with databases.open("access", "worker") as db:
        report = await import_establishments(db, write_csv(tmp_path / "file.csv", [establishment(1)]))

    assert not report.refused
    assert len(ok(await steering.get(URL))["items"]) == 2
