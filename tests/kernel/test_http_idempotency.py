"""`Idempotency-Key`: a request repeated has one effect, and its first answer again; kept 24 hours, for its caller alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from services.contracts.codes import Role
from services.kernel.api.auth import Tokens
from services.kernel.base import ids
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import PoolSizes, Settings
from services.kernel.data import kept_answers
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.kernel.http_world import World, look, tables
from tests.support.actions import action_body, an_action
from tests.support.api import Answer, call
from tests.support.callers import Bearer

ACTIONS = "/actions/v1/actions"
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}


async def count(databases: Databases, table: str) -> int:
    async with look(databases.settings) as connection:
        found: int = await connection.fetchval(f"SELECT count(*) FROM actions.{table}")  # noqa: S608  a table of ours
        return found


async def test_the_same_request_again_has_one_effect_and_the_same_answer(steering: httpx.AsyncClient, databases: Databases) -> None:
    body = action_body()
    first = await steering.post(ACTIONS, json=body, headers=KEY)
    again = await steering.post(ACTIONS, json=body, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    for header in ("etag", "location", "content-type"):
        assert first.headers[header] == again.headers[header]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await count(databases, "action") == await count(databases, "outbox") == 1


async def test_another_body_under_the_key_is_refused(steering: httpx.AsyncClient, databases: Databases) -> None:
    body = action_body()
    await steering.post(ACTIONS, json=body, headers=KEY)
    other = await steering.post(ACTIONS, json={**body, "title": "Autre chose"}, headers=KEY)
    assert other.status_code == 422
    assert other.json()["type"] == "urn:plam:problem:idempotency-key-reused"
    assert await count(databases, "action") == 1


async def test_another_path_under_the_key_is_refused(steering: httpx.AsyncClient) -> None:
    one, two = await an_action(steering), await an_action(steering)
    headers = {**KEY, "If-Match": '"1"'}
    assert (await steering.post(f"{ACTIONS}/{one['id']}/submit", headers=headers)).status_code == 200
    assert (await steering.post(f"{ACTIONS}/{two['id']}/submit", headers=headers)).status_code == 422


async def test_a_move_repeated_is_answered_though_the_version_has_moved(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)
    headers = {**KEY, "If-Match": '"1"'}
    first = await steering.post(f"{ACTIONS}/{action['id']}/submit", headers=headers)
    again = await steering.post(f"{ACTIONS}/{action['id']}/submit", headers=headers)
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert again.json()["version"] == 2


async def test_a_refusal_is_not_kept(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering)
    refused = await steering.post(ACTIONS, json={**action_body(), "ref": action["ref"]}, headers=KEY)
    assert refused.status_code == 409
    assert (await steering.post(ACTIONS, json={"title": 1}, headers=KEY)).status_code == 422
    assert (await steering.post(ACTIONS, json=action_body(), headers=KEY)).status_code == 201


async def test_a_key_belongs_to_its_caller(client: Client, tokens: Tokens, databases: Databases) -> None:
    theirs = client(Role.steering)
    theirs.auth = Bearer(tokens, Principal(somebody("somebody else"), frozenset({Role.steering})))
    mine = await client(Role.steering).post(ACTIONS, json=action_body(), headers=KEY)
    other = await theirs.post(ACTIONS, json=action_body(), headers=KEY)
    assert (mine.status_code, other.status_code) == (201, 201)
    assert mine.json()["id"] != other.json()["id"]
    assert await count(databases, "action") == 2


async def test_an_answer_is_kept_for_the_rights_that_it_was_given_to(client: Client, databases: Databases) -> None:
    body = action_body()
    assert (await client(Role.committee, manager=True).post(ACTIONS, json=body, headers=KEY)).status_code == 201
    for lesser in (client(Role.reader, manager=True), client(Role.committee, organisation=ids.new(), manager=True), client(Role.committee)):
        answer = await lesser.post(ACTIONS, json=body, headers=KEY)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:plam:problem:idempotency-key-reused")
    assert await count(databases, "action") == 1


async def test_a_key_of_yesterday_is_free_again(steering: httpx.AsyncClient, databases: Databases) -> None:
    await steering.post(ACTIONS, json=action_body(), headers=KEY)
    async with look(databases.settings) as connection:
        await connection.execute("UPDATE actions.idempotency SET created_at = created_at - interval '24 hours 1 second'")
    other = await steering.post(ACTIONS, json=action_body(), headers=KEY)
    assert other.status_code == 201
    assert "idempotency-replayed" not in other.headers
    again = await steering.post(ACTIONS, json=json.loads(other.request.content), headers=KEY)
    assert again.headers["idempotency-replayed"] == "true"


async def test_what_is_older_than_a_day_is_purged(steering: httpx.AsyncClient, databases: Databases) -> None:
    await steering.post(ACTIONS, json=action_body(), headers=KEY)
    await steering.post(ACTIONS, json=action_body(), headers={"Idempotency-Key": "today"})
    async with look(databases.settings) as connection:
        await connection.execute("UPDATE actions.idempotency SET created_at = now() - interval '25 hours' WHERE key <> 'today'")
    async with databases.open("actions") as db:
        await kept_answers.purge(db)
    async with look(databases.settings) as connection:
        assert [row["key"] for row in await connection.fetch("SELECT key FROM actions.idempotency")] == ["today"]


async def test_an_anonymous_request_keeps_nothing(client: Client, databases: Databases) -> None:
    assert (await client().post(ACTIONS, json=action_body(), headers=KEY)).status_code == 401
    assert await count(databases, "idempotency") == 0


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[tuple[World, Databases]]:
    """The world of the tests' own routes."""
    made = World()
    databases = Databases(
        settings.model_copy(update={"pools": PoolSizes(api=24), "acquire_timeout": 5.0, "lock_timeout": 5.0, "request_timeout": 6.0})
    )
    async with tables(settings):
        async with look(settings) as connection:
            await connection.execute("DELETE FROM actions.idempotency")
        yield made, databases
        await databases.close()


def request(world: World, databases: Databases, path: str, key: str, **body: Any) -> Any:
    return call(
        world.app(databases),
        "POST",
        f"/actions/v1/{path}",
        [("content-type", "application/json"), ("idempotency-key", key)],
        json.dumps(body).encode(),
    )


async def test_twenty_at_once_have_one_effect(world: tuple[World, Databases]) -> None:
    made, databases = world
    answers: list[Answer] = await asyncio.gather(*(request(made, databases, "patient", "one", id=1) for _ in range(20)))
    assert {answer.status for answer in answers} == {201}
    assert {answer.body for answer in answers} == {b'{"run":1}'}
    assert made.runs == 1
    assert sum(answer.headers.get("idempotency-replayed") == "true" for answer in answers) == 19


async def test_one_whose_first_use_does_not_end_is_told_so(world: tuple[World, Databases], settings: Settings) -> None:
    made, databases = world
    impatient = Databases(settings.model_copy(update={"lock_timeout": 0.1}))
    first = asyncio.create_task(request(made, databases, "patient", "one", id=1))
    await made.entered.wait()
    second: Answer = await request(made, impatient, "patient", "one", id=1)
    await impatient.close()
    assert second.status == 409
    assert second.problem["type"] == "urn:plam:problem:request-in-flight"
    assert (await first).status == 201


async def test_a_first_use_that_broke_leaves_the_key_free(world: tuple[World, Databases]) -> None:
    made, databases = world
    assert (await request(made, databases, "broken", "one", id=1)).status == 500
    assert (await request(made, databases, "scratch", "one", id=2, parent=99)).status == 409  # its COMMIT failed
    answer: Answer = await request(made, databases, "scratch", "one", id=3)
    assert answer.status == 201
    assert "idempotency-replayed" not in answer.headers


async def test_the_naive_way_has_as_many_effects_as_requests(world: tuple[World, Databases], settings: Settings) -> None:
    """What the key is for: the same twenty without it."""
    made, databases = world
    answers = await asyncio.gather(
        *(
            call(made.app(databases), "POST", "/actions/v1/patient", [("content-type", "application/json")], f'{{"id": {number}}}'.encode())
            for number in range(20)
        )
    )
    assert {answer.status for answer in answers} == {201}
    assert made.runs == 20


async def test_two_keys_that_differ_by_case_are_two(steering: httpx.AsyncClient, databases: Databases) -> None:
    for key in ("Key", "key"):
        assert (await steering.post(ACTIONS, json=action_body(), headers={"Idempotency-Key": key})).status_code == 201
    assert await count(databases, "action") == 2


async def test_the_runtime_role_keeps_answers(databases: Databases) -> None:
    """The table is the one thing that the kernel writes for itself during a request: its rights are needed."""
    pool: asyncpg.Pool = await databases.pool("actions")
    await pool.execute("INSERT INTO idempotency (subject, key, request) VALUES ($1, 'x', '')", ids.new().hex)


async def test_a_key_without_a_caller_takes_nothing(client: Client, databases: Databases) -> None:
    answer = await client().post(ACTIONS, json=action_body(), headers=KEY)
    assert answer.status_code == 401
    assert await count(databases, "idempotency") == 0
