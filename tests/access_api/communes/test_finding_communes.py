"""Communes are public, found by name as people type it, and former codes lead to those of today."""

import pytest

from tests.conftest import Client

pytestmark = pytest.mark.usefixtures("communes")


@pytest.mark.parametrize("typed", ["saint-nazaire", "SAINT NAZ", "Saint  Nazaire"])
async def test_a_name_is_found_without_accents_case_or_hyphens(client: Client, typed: str) -> None:
    answer = await client().get("/access/v1/communes", params={"q": typed, "department": "44"})
    assert [commune["name"] for commune in answer.json()["items"]] == ["Saint-Nazaire"]


async def test_an_accent_typed_or_not_finds_the_same(client: Client) -> None:
    found = [(await client().get("/access/v1/communes", params={"q": typed})).json()["items"] for typed in ("Évron", "evron")]
    assert found[0] == found[1] != []


async def test_pages_follow_one_another_to_the_end(client: Client) -> None:
    codes: list[str] = []
    url: str | None = "/access/v1/communes?limit=200&department=44"
    while url:
        answer = await client().get(url)
        codes += [commune["code"] for commune in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else None
        assert (url is None) == (answer.json()["next"] is None)
    assert codes == sorted({*codes})
    assert len(codes) == 207


async def test_a_cursor_of_another_list_is_refused(client: Client) -> None:
    answer = await client().get("/access/v1/communes", params={"after": "AZq7w0CTdVeqJ5cKd0oXIQ"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "after"


async def test_one_commune_is_read_by_its_code(client: Client) -> None:
    answer = await client().get("/access/v1/communes/44184")
    assert answer.status_code == 200
    assert answer.json()["postal_codes"] == ["44600"]
    again = await client().get("/access/v1/communes/44184", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


async def test_a_former_code_leads_to_the_commune_of_today(client: Client) -> None:
    answer = await client().get("/access/v1/communes/44004")
    assert answer.json()["code"] == "44163"


async def test_an_unknown_code_is_not_found(client: Client) -> None:
    assert (await client().get("/access/v1/communes/75056")).status_code == 404
