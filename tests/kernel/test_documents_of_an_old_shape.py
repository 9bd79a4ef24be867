"""A document stored in an old shape is served in the newest, rewritten by a job, and kept as it was in the history."""

from uuid import UUID

import httpx
import pytest

from services.kernel.data.database import Databases
from services.kernel.data.old_documents import rewrite_documents
from tests.support.actions import an_action
from tests.support.http import at, ok

ACTIONS = "/actions/v1/actions"
OLD = '{"title":"de l\'ancienne forme"}'

pytestmark = pytest.mark.tampers


async def grown_old(databases: Databases, identifier: str) -> None:
    """Leaves a row as an earlier release had stored it."""
    pool = await databases.pool("actions", "worker")
    await pool.execute("UPDATE action SET document = $2, document_schema = 0 WHERE id = $1", UUID(identifier), OLD)


async def stored(databases: Databases, identifier: str) -> tuple[int, int, str]:
    """Version, shape and document as they stand in the table."""
    pool = await databases.pool("actions", "worker")
    return tuple(await pool.fetchrow("SELECT version, document_schema, document FROM action WHERE id = $1", UUID(identifier)))


async def test_every_reader_is_served_the_newest_shape(steering: httpx.AsyncClient, databases: Databases) -> None:
    old, new = await an_action(steering), await an_action(steering)
    await grown_old(databases, old["id"])

    answer = await steering.get(f"{ACTIONS}/{old['id']}")
    assert ok(answer) == old
    assert answer.headers["etag"] == '"1"'
    assert ok(await steering.get(ACTIONS))["items"] == [new, old]
    assert [{**item, "live": None} for item in ok(await steering.get(ACTIONS, params={"live": "true"}))["items"]] == [
        {**item, "live": None} for item in (new, old)
    ]
    unchanged = ok(await steering.patch(f"{ACTIONS}/{old['id']}", json={"title": old["title"]}, headers=at(old)))
    assert unchanged == old


async def test_a_job_rewrites_them_and_nothing_else_has_happened(steering: httpx.AsyncClient, databases: Databases) -> None:
    made = [await an_action(steering) for _ in range(3)]
    whole = await stored(databases, made[0]["id"])
    for action in made:
        await grown_old(databases, action["id"])
    pool = await databases.pool("actions", "worker")
    await pool.execute("DELETE FROM outbox")

    async with databases.open("actions", "worker") as db:
        await rewrite_documents(db)

    assert await stored(databases, made[0]["id"]) == whole
    assert [shape for _, shape, _ in [await stored(databases, action["id"]) for action in made]] == [whole[1]] * 3
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_the_history_keeps_its_bytes(steering: httpx.AsyncClient, databases: Databases) -> None:
    action = await an_action(steering)
    await grown_old(databases, action["id"])
    before = (await steering.get(f"{ACTIONS}/{action['id']}/history")).content
    async with databases.open("actions", "worker") as db:
        await rewrite_documents(db)
    assert (await steering.get(f"{ACTIONS}/{action['id']}/history")).content == before
