"""Lists: keyset-paged, complete and without repeats while rows come in, never by OFFSET."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.actions_api.actions.queries import ACTIONS as READING
from services.kernel.api.reading import REGION
from services.kernel.data.statements import DIALECT
from tests.support.actions import an_action

ACTIONS = "/actions/v1/actions"


async def pages(client: httpx.AsyncClient, path: str) -> AsyncIterator[list[str]]:
    """The ids of a list, a page at a time, by following `Link`."""
    following: str | None = path
    while following:
        answer = await client.get(following)
        assert answer.status_code == 200, answer.text
        yield [item["id"] for item in answer.json()["items"]]
        link = answer.links.get("next", {}).get("url")
        assert (link is None) == (answer.json()["next"] is None)
        if link:
            assert parse_qs(urlsplit(link).query)["after"] == [answer.json()["next"]]
        following = link


async def test_pages_are_complete_newest_first(steering: httpx.AsyncClient) -> None:
    made = [(await an_action(steering))["id"] for _ in range(11)]
    for limit in (1, 3, 11, 200):
        found = [id_ async for page in pages(steering, f"{ACTIONS}?limit={limit}") for id_ in page]
        assert found == made[::-1]


async def test_rows_that_come_in_meanwhile_repeat_nothing_and_hide_nothing(steering: httpx.AsyncClient) -> None:
    before = [(await an_action(steering))["id"] for _ in range(9)]
    found: list[str] = []
    async for page in pages(steering, f"{ACTIONS}?limit=2"):
        found += page
        await an_action(steering)
    assert found == before[::-1]


async def test_a_change_meanwhile_moves_nothing(steering: httpx.AsyncClient) -> None:
    made = [await an_action(steering) for _ in range(5)]
    found: list[str] = []
    async for page in pages(steering, f"{ACTIONS}?limit=2"):
        found += page
        action = made.pop(0)
        answer = await steering.patch(f"{ACTIONS}/{action['id']}", json={"title": "Changée"}, headers={"If-Match": '"1"'})
        assert answer.status_code == 200
    assert len(found) == len(set(found)) == 5


async def test_the_link_keeps_the_filters(steering: httpx.AsyncClient) -> None:
    for number in range(6):
        await an_action(steering, axis="A1" if number % 2 else "A2")
    answer = await steering.get(ACTIONS, params={"axis": "A1", "limit": 2, "live": "false"})
    asked = parse_qs(urlsplit(answer.links["next"]["url"]).query)
    assert (asked["axis"], asked["limit"], asked["live"]) == (["A1"], ["2"], ["false"])
    found = [id_ async for page in pages(steering, f"{ACTIONS}?axis=A1&limit=2") for id_ in page]
    assert len(found) == len(set(found)) == 3


async def test_an_empty_list_is_a_page(steering: httpx.AsyncClient) -> None:
    answer = await steering.get(ACTIONS)
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None})


async def test_the_last_page_says_so_even_when_it_is_full(steering: httpx.AsyncClient) -> None:
    for _ in range(4):
        await an_action(steering)
    answer = await steering.get(ACTIONS, params={"limit": 4})
    assert (len(answer.json()["items"]), answer.json()["next"]) == (4, None)
    assert "link" not in answer.headers


async def test_a_cursor_of_nothing_starts_where_it_points(steering: httpx.AsyncClient) -> None:
    await an_action(steering)
    assert (await steering.get(ACTIONS, params={"after": "A" * 22})).json()["items"] == []  # before every row
    assert len((await steering.get(ACTIONS, params={"after": "_" * 21 + "w"})).json()["items"]) == 1  # after every row


@pytest.mark.parametrize("after", ["", "x", "A" * 21, "A" * 23, "é" * 22, "A" * 21 + "=", "A" * 21 + "+"])
async def test_a_broken_cursor_is_refused(steering: httpx.AsyncClient, after: str) -> None:
    answer = await steering.get(ACTIONS, params={"after": after})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "after"


def test_no_list_counts_rows_to_skip() -> None:
    sql = str(READING._list(REGION, frozenset({*READING.filters, "after"})).compile(dialect=DIALECT)).upper()
    assert "OFFSET" not in sql
    assert sql.index("ORDER BY") < sql.index("LIMIT")
