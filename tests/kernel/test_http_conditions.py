"""Versions over HTTP: `ETag`, `If-None-Match`, `If-Match`; what PATCH changes; the history, and what was known at an instant."""

import asyncio
from datetime import datetime, timedelta

import httpx
import pytest

from services.contracts.codes import Role
from services.kernel.base.principals import somebody
from tests.conftest import Client
from tests.support.actions import an_action, an_approved_action, move

ACTIONS = "/actions/v1/actions"


async def test_the_etag_is_the_version(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)
    answer = await steering.get(f"{ACTIONS}/{action['id']}")
    assert answer.headers["etag"] == '"1"'
    assert answer.json() == action
    changed = await steering.patch(f"{ACTIONS}/{action['id']}", json={"title": "Autre"}, headers={"If-Match": '"1"'})
    assert (changed.headers["etag"], changed.json()["version"]) == ('"2"', 2)


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"7", "1"', "*"])
async def test_what_the_caller_has_already_is_not_sent_again(steering: httpx.AsyncClient, tag: str) -> None:
    action = await an_action(steering)
    answer = await steering.get(f"{ACTIONS}/{action['id']}", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", '"1"')


@pytest.mark.parametrize("tag", ['"2"', '"11"', "1", '"01"', ""])
async def test_another_version_is_sent(steering: httpx.AsyncClient, tag: str) -> None:
    action = await an_action(steering)
    answer = await steering.get(f"{ACTIONS}/{action['id']}", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()) == (200, action)


async def test_a_304_tells_nothing_of_what_a_caller_may_not_see(client: Client, steering: httpx.AsyncClient) -> None:
    draft = await an_action(steering)
    answer = await client(Role.reader).get(f"{ACTIONS}/{draft['id']}", headers={"If-None-Match": '"1"'})
    assert answer.status_code == 404


async def test_a_change_needs_the_version_that_was_read(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)
    path = f"{ACTIONS}/{action['id']}"
    without = await steering.patch(path, json={"title": "Autre"})
    assert (without.status_code, without.json()["type"]) == (428, "urn:plam:problem:precondition-required")
    stale = await steering.patch(path, json={"title": "Autre"}, headers={"If-Match": '"2"'})
    assert (stale.status_code, stale.json()["version"]) == (412, 1)
    assert (await steering.post(f"{path}/submit")).status_code == 428
    assert (await steering.post(f"{path}/submit", headers={"If-Match": '"9"'})).status_code == 412
    assert (await steering.get(path)).json() == action


async def test_of_two_changes_at_once_one_wins(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)
    path = f"{ACTIONS}/{action['id']}"
    answers = await asyncio.gather(
        *(steering.patch(path, json={"title": f"Titre {number}"}, headers={"If-Match": '"1"'}) for number in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert (await steering.get(path)).json() == winner.json()
    assert winner.json()["version"] == 2


async def test_patch_changes_the_fields_that_were_sent_and_no_other(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering, description="Contexte", weight=7, flagship=True)
    path = f"{ACTIONS}/{action['id']}"
    changed = (await steering.patch(path, json={"description": None, "weight": 8}, headers={"If-Match": '"1"'})).json()
    moved = {"version", "updated_at", "description", "weight"}
    assert {name for name in action if action[name] != changed[name]} == moved
    assert (changed["description"], changed["weight"]) == (None, 8)


@pytest.mark.parametrize("field", ["title", "axis", "objectives", "weight", "flagship"])
async def test_patch_refuses_null_where_none_is_allowed(steering: httpx.AsyncClient, field: str) -> None:
    action = await an_action(steering)
    answer = await steering.patch(f"{ACTIONS}/{action['id']}", json={field: None}, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{field}"]
    assert (await steering.get(f"{ACTIONS}/{action['id']}")).json() == action


async def test_patch_of_nothing_changes_nothing(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)
    for body in ({}, {"title": action["title"]}):
        answer = await steering.patch(f"{ACTIONS}/{action['id']}", json=body, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()) == (200, action)


async def test_patch_checks_the_whole_again(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering, starts_on="2027-01-01", ends_on="2027-02-01")
    answer = await steering.patch(f"{ACTIONS}/{action['id']}", json={"ends_on": "2026-12-01"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 422
    assert (await steering.get(f"{ACTIONS}/{action['id']}")).json() == action


async def test_errors_point_into_the_body(steering: httpx.AsyncClient) -> None:
    body = {"ref": "T1", "title": "x", "axis": "A9", "objectives": ["O1", "O9"], "departments": ["44", "44"], "weight": "1", "a/b~c": 1}
    answer = await steering.post(ACTIONS, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    found = {error["pointer"]: error for error in answer.json()["errors"]}
    assert set(found) == {"#/axis", "#/objectives/1", "#/departments", "#/weight", "#/a~1b~0c"}
    assert all(error["location"] == "body" and error["code"] and error["detail"] for error in found.values())


# ── History ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_history_holds_every_version_as_it_was(steering: httpx.AsyncClient) -> None:
    first = await an_action(steering)
    second = await move(steering, first, "submit")
    third = await move(steering, second, "approve", decision_ref="COPIL-1")
    items = (await steering.get(f"{ACTIONS}/{first['id']}/history")).json()["items"]
    assert [item["document"] for item in items] == [third, second, first]
    assert [item["version"] for item in items] == [3, 2, 1]
    assert {item["by"] for item in items} == {somebody("tests")}
    recorded = [datetime.fromisoformat(item["recorded_at"]) for item in items]
    assert recorded == sorted(recorded, reverse=True)


async def test_what_was_known_at_an_instant(steering: httpx.AsyncClient) -> None:
    third = await an_approved_action(steering)
    path = f"{ACTIONS}/{third['id']}/history"
    versions = (await steering.get(path)).json()["items"]
    for item in versions:
        known = (await steering.get(path, params={"known_at": item["recorded_at"], "limit": 1})).json()["items"]
        assert known == [item]
    before = datetime.fromisoformat(versions[-1]["recorded_at"]) - timedelta(microseconds=1)
    assert (await steering.get(path, params={"known_at": before.isoformat()})).status_code == 404


async def test_the_history_is_paged_by_version(steering: httpx.AsyncClient) -> None:
    action = await an_approved_action(steering)
    path = f"{ACTIONS}/{action['id']}/history"
    assert [item["version"] for item in (await steering.get(path, params={"limit": 2})).json()["items"]] == [3, 2]
    assert [item["version"] for item in (await steering.get(path, params={"before": 2})).json()["items"]] == [1]


@pytest.mark.parametrize(
    "query", ["known_at=2026-11-22T09:30:00", "known_at=hier", "known_at=1764000000", "before=1", "limit=0", "as_of=2026-01-01"]
)
async def test_a_history_is_asked_for_exactly(steering: httpx.AsyncClient, query: str) -> None:
    action = await an_action(steering)
    answer = await steering.get(f"{ACTIONS}/{action['id']}/history?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == query.partition("=")[0]


async def test_a_history_of_nothing_is_unknown(steering: httpx.AsyncClient) -> None:
    answer = await steering.get(f"{ACTIONS}/0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/history")
    assert answer.status_code == 404
