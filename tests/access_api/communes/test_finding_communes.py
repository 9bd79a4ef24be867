"""Communes are public, found by name as people type it, and former codes lead to those of today."""

from typing import Any

import pytest

from services.kernel.base.folding import fold
from tests.conftest import Client

pytestmark = pytest.mark.usefixtures("communes")


URL = "/access/v1/communes"


async def found(client: Client, typed: str, **more: str) -> list[dict[str, Any]]:
    answer = await client().get(URL, params={"q": typed, **more})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.parametrize("typed", ["saint-nazaire", "SAINT NAZ", "Saint  Nazaire"])
async def test_a_name_is_found_without_accents_case_or_hyphens(client: Client, typed: str) -> None:
    assert [commune["name"] for commune in await found(client, typed, department="44")] == ["Saint-Nazaire"]


async def test_an_accent_typed_or_not_finds_the_same(client: Client) -> None:
    assert await found(client, "Évron") == await found(client, "evron") == await found(client, "E\u0301vron") != []


@pytest.mark.parametrize(
    ("typed", "name", "matched"),
    [
        ("St Nazaire", "Saint-Nazaire", ("name", "Saint-Nazaire", "44184")),
        ("nazaire st", "Saint-Nazaire", ("name", "Saint-Nazaire", "44184")),
        ("roche-sur-yon", "La Roche-sur-Yon", ("name", "La Roche-sur-Yon", "85191")),
        ("STE GEMMES SUR LOIRE", "Sainte-Gemmes-sur-Loire", ("name", "Sainte-Gemmes-sur-Loire", "49278")),
        ("l’ile d’yeu", "L'Île-d'Yeu", ("name", "L'Île-d'Yeu", "85113")),
        ("44600", "Saint-Nazaire", ("postal_code", "Saint-Nazaire", "44600")),
        ("44600 saint", "Saint-Nazaire", ("name", "Saint-Nazaire", "44184")),
        ("44184", "Saint-Nazaire", ("code", "Saint-Nazaire", "44184")),
        ("Andrezé", "Beaupréau-en-Mauges", ("former_name", "Andrezé", "49006")),
        ("49006", "Beaupréau-en-Mauges", ("former_code", "Andrezé", "49006")),
        ("Bourgneuf en Retz", "Villeneuve-en-Retz", ("former_name", "Bourgneuf-en-Retz", "44021")),
        ("laigne en belin", "Laigné-Saint-Gervais", ("former_name", "Laigné-en-Belin", "72155")),
    ],
)
async def test_e11_a_commune_is_found_by_any_of_its_names_and_says_which(
    client: Client, typed: str, name: str, matched: tuple[str, str, str]
) -> None:
    first = (await found(client, typed))[0]
    assert (first["name"], first["matched"]) == (name, dict(zip(("kind", "name", "code"), matched, strict=True)))


@pytest.mark.parametrize(
    ("code", "name", "now"),
    [
        ("49006", "Andrezé", "49023"),
        ("72287", "Saint-Gervais-en-Belin", "72155"),
        ("85060", "Château-d'Olonne", "85194"),
        ("85166", "Olonne-sur-Mer", "85194"),
    ],
)
async def test_f7_a_former_commune_leads_to_the_one_of_today(client: Client, code: str, name: str, now: str) -> None:
    matched = {"kind": "former_code", "name": name, "code": code}
    answer = (await client().get(f"{URL}/{code}")).json()
    assert (answer["code"], answer["matched"]) == (now, matched)
    assert [(each["code"], each["matched"]) for each in await found(client, code)] == [(now, matched)]


async def test_e11_whoever_bears_the_name_comes_first(client: Client) -> None:
    names = [each["name"] for each in await found(client, "angers", limit="200")]
    assert names[0] == "Angers"
    saints = await found(client, "st", limit="200")
    assert all(" saint" in f" {fold(each['matched']['name'])}" for each in saints)
    assert [fold(each["name"]).startswith("saint") for each in saints] == sorted(
        (fold(each["name"]).startswith("saint") for each in saints), reverse=True
    )


async def test_e11_what_is_still_being_typed_is_no_abbreviation_yet(client: Client) -> None:
    assert {"Saint-Nazaire"} <= {each["name"] for each in await found(client, "s naz")}
    assert [each["name"] for each in await found(client, "st") if "st" in fold(each["name"]).split()] == []


@pytest.mark.parametrize("typed", ["&|!", "--", "😀", "saint & !nazaire:*|(", "'", "\\", "1e5", "2b033"])
async def test_e11_whatever_is_typed_is_words_and_nothing_else(client: Client, typed: str) -> None:
    words = fold(typed).split()
    assert all(words for _ in await found(client, typed))


async def test_e11_pages_of_a_search_follow_one_another_to_the_end(client: Client) -> None:
    whole = [each["code"] for each in await found(client, "sur loire", limit="200")]
    codes: list[str] = []
    url: str | None = f"{URL}?limit=7&q=sur+loire"
    while url:
        answer = await client().get(url)
        codes += [commune["code"] for commune in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else None
    assert codes == whole
    assert len(codes) == len({*codes}) > 14


async def test_e11_a_cursor_of_the_list_is_none_of_a_search(client: Client) -> None:
    by_code = (await client().get(URL, params={"limit": 1})).json()["next"]
    searched = (await client().get(URL, params={"limit": 1, "q": "saint"})).json()["next"]
    for params in ({"after": by_code, "q": "saint"}, {"after": searched}):
        assert (await client().get(URL, params=params)).status_code == 422


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


async def test_a_commune_says_where_its_centre_is_when_that_is_known(client: Client) -> None:
    places = [(await client().get(f"{URL}/{code}")).json() for code in ("44184", "85165")]
    assert [(place["latitude"], place["longitude"]) for place in places] == [(47.28029, -2.25101), (None, None)]


async def test_a_former_code_leads_to_the_commune_of_today(client: Client) -> None:
    answer = await client().get("/access/v1/communes/44004")
    assert answer.json()["code"] == "44163"
    assert "matched" not in (await client().get("/access/v1/communes/44163")).json()


async def test_an_unknown_code_is_not_found(client: Client) -> None:
    assert (await client().get("/access/v1/communes/75056")).status_code == 404
