"""The same thing asked for many times at once, as an impatient hand does it."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from tests.support.http import problem_type

TWINS = 12
TRIES = 40


async def sent(client: httpx.AsyncClient, address: str, body: Mapping[str, Any], key: str | None = None) -> httpx.Response:
    """A POST under a key of its own unless one is given, sent again while the server says that it is busy."""
    headers = {"Idempotency-Key": key or uuid4().hex}
    for _ in range(TRIES):
        answer = await client.post(address, json=body, headers=headers)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(f"still busy after {TRIES} tries")


async def twelve(client: httpx.AsyncClient, address: str, body: Mapping[str, Any], key: str | None = None) -> list[httpx.Response]:
    """The answers to twelve at once."""
    return await asyncio.gather(*(sent(client, address, body, key) for _ in range(TWINS)))


async def check_one_effect(client: httpx.AsyncClient, address: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Twelve at once make one row, and eleven are told which; forced, each makes its own, but under one key. Gives the first."""
    await asyncio.gather(*(client.get(address) for _ in range(TWINS)))  # the connections are made: nobody waits for one of the others
    answers = await twelve(client, address, body)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: TWINS - 1}, [answer.text for answer in answers]
    first: dict[str, Any] = next(answer.json() for answer in answers if answer.status_code == 201)
    refused = [answer for answer in answers if answer.status_code == 409]
    assert {problem_type(answer) for answer in refused} == {"looks-twice"}
    assert {answer.json()["existing_id"] for answer in refused} == {first["id"]}
    assert (await client.get(f"{address}/{first['id']}")).json() == first, "who is told of the first one may read it"

    unforced = await sent(client, f"{address}?force=false", body)
    assert (unforced.status_code, problem_type(unforced)) == (409, "looks-twice")
    key = uuid4().hex
    replayed = await twelve(client, f"{address}?force=true", body, key)
    assert {answer.status_code for answer in replayed} == {201}
    assert len({answer.json()["id"] for answer in replayed}) == 1
    forced = await twelve(client, f"{address}?force=true", body)
    assert {answer.status_code for answer in forced} == {201}
    made = {answer.json()["id"] for answer in (*replayed, *forced)}
    assert len(made | {first["id"]}) == TWINS + 2
    return first
