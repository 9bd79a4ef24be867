"""Concurrent acceptances never fill more posts than a need has."""

import asyncio
from collections import Counter
from uuid import UUID

import asyncpg

from services.kernel.base.principals import SYSTEM
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.recruitment_api.applications import operations
from services.recruitment_api.applications.schemas import ApplicationCreate
from tests.support.http import ok
from tests.support.recruitment import HOME, Employer, again, an_open_need, at_once, events_of, with_key

AT_ONCE = 16
POSTS = 10
NAIVE = (
    "CREATE TABLE public.naive_assignment (need_id int NOT NULL); INSERT INTO public.naive_assignment SELECT 1 FROM generate_series(1, 9)"
)


async def test_200_acceptances_at_once_for_10_posts_are_exactly_10(employer: Employer, databases: Databases) -> None:
    need = await an_open_need(employer, headcount=POSTS)
    async with databases.open("recruitment", "worker") as db:
        bodies = [ApplicationCreate(need_id=UUID(need["id"]), candidate_ref=f"C{number:06}") for number in range(200)]
        applications = [await operations.submit(db, body, by=SYSTEM) for body in bodies]

    accept = [(f"{HOME}/applications/{row.id}/accept", {"legal_form": "cdi"}, with_key({"version": 1})) for row in applications]
    answers = await at_once([(employer.client, *request) for request in accept])

    given = Counter(answer.status_code for answer in answers)
    assert (given[200], given[409] + given[412]) == (POSTS, 200 - POSTS)  # 412: they ended while they were being accepted
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} <= {"urn:plam:problem:no-post-left"}
    need = await again(employer.client, "needs", need)
    assert (need["status"], need["filled_count"], need["version"]) == ("filled", POSTS, 2 + POSTS)
    assert len(ok(await employer.client.get(f"{HOME}/assignments", params={"limit": 200}))["items"]) == POSTS
    assert len(ok(await employer.client.get(f"{HOME}/applications", params={"limit": 200, "status": "accepted"}))["items"]) == POSTS
    ended = ok(await employer.client.get(f"{HOME}/applications", params={"limit": 200, "status": "need_closed"}))["items"]
    assert len(ended) == 200 - POSTS
    assert len(await events_of(databases, "assignment")) == POSTS


async def test_the_naive_way_fills_too_many_every_time(databases: Databases, settings: Settings) -> None:
    """COUNT, then INSERT, in READ COMMITTED, with one post left: why the need's own row is what is guarded."""
    connections = [await asyncpg.connect(settings.database_url_of("recruitment")) for _ in range(AT_ONCE)]
    begun, read = asyncio.Barrier(AT_ONCE), asyncio.Barrier(AT_ONCE)

    async def accept(connection: asyncpg.Connection) -> bool:
        async with connection.transaction():
            await begun.wait()
            filled = await connection.fetchval("SELECT count(*) FROM public.naive_assignment WHERE need_id = 1")
            await read.wait()
            if filled >= POSTS:
                return False
            await connection.execute("INSERT INTO public.naive_assignment VALUES (1)")
            return True

    try:
        await connections[0].execute(NAIVE)
        made = await asyncio.gather(*[accept(connection) for connection in connections])
        filled = await connections[0].fetchval("SELECT count(*) FROM public.naive_assignment")
    finally:
        await connections[0].execute("DROP TABLE IF EXISTS public.naive_assignment")
        for connection in connections:
            await connection.close()

    assert made.count(True) == AT_ONCE
    assert filled == 9 + AT_ONCE > POSTS
