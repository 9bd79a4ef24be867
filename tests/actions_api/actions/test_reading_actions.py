"""Reading actions: one, a list, what depends on the day, who sees what."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import time_machine

from services.contracts.codes import Role
from tests.conftest import Client
from tests.support.actions import a_milestone, an_action, an_approved_action, move, move_milestone
from tests.support.http import ok

NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)


async def refs(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """The references that a list shows."""
    return [item["ref"] for item in ok(await client.get("/actions/v1/actions", params=query))["items"]]


async def test_a_draft_is_seen_by_those_who_prepare_the_plan(client: Client, steering: httpx.AsyncClient) -> None:
    draft = await an_action(steering, ref="draft")
    await move(steering, await an_action(steering, ref="shared"), "submit")

    reader, committee = client(Role.reader), client(Role.committee)

    assert await refs(reader) == ["shared"]
    assert await refs(committee) == ["shared", "draft"]
    hidden = await reader.get(f"/actions/v1/actions/{draft['id']}")
    unknown = await reader.get("/actions/v1/actions/0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
    assert {**hidden.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    assert hidden.status_code == 404
    assert (await reader.get(f"/actions/v1/actions/{draft['id']}/live")).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"axis": "A4"}, ["b", "a"]),
        ({"objective": "O1"}, ["c"]),
        ({"department": "85"}, ["c", "b"]),
        ({"flagship": "true"}, ["a"]),
        ({"status": "submitted"}, ["c"]),
        ({"axis": "A4", "flagship": "false"}, ["b"]),
        ({"overdue": "true"}, ["b"]),
        ({"overdue": "false", "axis": "A4"}, ["a"]),
    ],
)
async def test_filters_narrow_the_list(steering: httpx.AsyncClient, query: dict[str, str], found: list[str]) -> None:
    await an_action(steering, ref="a", flagship=True, departments=["44"])
    late = await an_approved_action(steering, ref="b", departments=[])
    await move(steering, await an_action(steering, ref="c", axis="A1", objectives=["O1"], departments=["44", "85"]), "submit")
    await a_milestone(steering, late, due="2026-01-31")

    assert await refs(steering, **query) == found


async def test_pages_follow_one_another(steering: httpx.AsyncClient) -> None:
    for number in range(5):
        await an_action(steering, ref=f"p{number}")
    pages, address = [], "/actions/v1/actions?limit=2&axis=A4"
    while address:
        answer = await steering.get(address)
        pages.append([item["ref"] for item in answer.json()["items"]])
        address = answer.links["next"]["url"] if "next" in answer.links else ""

    assert pages == [["p4", "p3"], ["p2", "p1"], ["p0"]]


async def test_what_is_known_is_not_sent_again(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)

    answer = await steering.get(f"/actions/v1/actions/{action['id']}", headers={"If-None-Match": '"1"'})

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"1"')


@time_machine.travel(NOON, tick=False)
async def test_health_and_progress_are_those_of_the_day(steering: httpx.AsyncClient) -> None:
    action = await an_approved_action(steering)
    await a_milestone(steering, action, title="Charte", due="2026-11-21", weight=3)
    done = await a_milestone(steering, action, title="Annuaire", due="2026-11-22", weight=1)
    await move_milestone(steering, done, "reach")

    live = ok(await steering.get(f"/actions/v1/actions/{action['id']}/live"))

    assert live == {
        "health": "late",
        "reasons": ["« Charte » est en retard de 1 j."],
        "progress": {"value_bp": 2500, "expected_bp": 10000, "counted": 2, "reached": 1},
        "allowed_operations": ["changeAction", "startAction", "abandonAction"],
    }
    listed = ok(await steering.get("/actions/v1/actions", params={"live": "true"}))["items"]
    assert listed[0]["live"] == live


async def test_without_milestones_progress_is_unknown_rather_than_nil(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)

    answer = await steering.get(f"/actions/v1/actions/{action['id']}/live")

    assert answer.json()["progress"]["value_bp"] is None
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
