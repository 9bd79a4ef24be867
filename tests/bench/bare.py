"""Yardstick: bare Starlette, asyncpg and orjson. No policy, no metric, no log; input is trusted; rows become JSON."""

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.kernel.base import ids

# identifiers as text: orjson would write the driver's own UUID class through a Python function, one by one
COLUMNS = (
    "id::text, version, created_at, updated_at, ref, title, description, expected_results, axis, objectives, departments, sectors, "
    "sides, horizon, flagship, cohort, weight, lead_organisation_id::text, starts_on, ends_on, status, status_reason, decision_ref, "
    "history, lead_organisation_name, ends_changes"
)
FIRST_PAGE = f"SELECT {COLUMNS} FROM bare.action AS a ORDER BY a.id DESC LIMIT $1"  # noqa: S608  # names of columns only
NEXT_PAGE = f"SELECT {COLUMNS} FROM bare.action AS a WHERE a.id < $2 ORDER BY a.id DESC LIMIT $1"  # noqa: S608  # names of columns only
ONE = f"SELECT {COLUMNS} FROM bare.action AS a WHERE a.id = $1"  # noqa: S608  # names of columns only
WRITE = """
WITH written AS (
    INSERT INTO bare.action (id, version, created_at, updated_at, ref, title, description, expected_results, axis, objectives, departments,
        sectors, sides, horizon, flagship, cohort, weight, lead_organisation_id, starts_on, ends_on, status, history)
    VALUES ($1, 1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 'draft', $19)
)
INSERT INTO bare.outbox (id, type, event) VALUES ($20, 'actions.action.created', $21)
"""
UTC_AS_Z = orjson.OPT_UTC_Z

pool: asyncpg.Pool


def as_json(row: asyncpg.Record) -> dict[str, Any]:
    """A row, ready for orjson; its lists of objects are JSON already."""
    made = dict(row)
    made["history"], made["ends_changes"] = orjson.Fragment(made["history"]), orjson.Fragment(made["ends_changes"])
    return made


async def list_actions(request: Request) -> Response:
    """A page."""
    query = request.query_params
    limit = int(query.get("limit", 50))
    after = query.get("after")
    if after:
        rows = await pool.fetch(NEXT_PAGE, limit + 1, UUID(bytes=base64.urlsafe_b64decode(after + "==")))
    else:
        rows = await pool.fetch(FIRST_PAGE, limit + 1)
    shown = rows[:limit]
    following = base64.urlsafe_b64encode(UUID(shown[-1]["id"]).bytes).rstrip(b"=").decode() if len(rows) > limit else None
    body = orjson.dumps({"items": [as_json(row) for row in shown], "next": following}, option=UTC_AS_Z)
    return Response(body, media_type="application/json")


async def read_action(request: Request) -> Response:
    """One row."""
    row = await pool.fetchrow(ONE, UUID(request.path_params["action_id"]))
    if row is None:
        return Response(status_code=404)
    return Response(orjson.dumps(as_json(row), option=UTC_AS_Z), media_type="application/json")


async def create_action(request: Request) -> Response:
    """A row and its event, in one statement."""
    given = orjson.loads(await request.body())
    now = datetime.now(UTC)
    history = [{"status": "draft", "at": now}]
    lead, starts, ends = given.get("lead_organisation_id"), given.get("starts_on"), given.get("ends_on")
    made = {
        "id": ids.new(),
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "ref": given["ref"],
        "title": given["title"],
        "description": given.get("description"),
        "expected_results": given.get("expected_results"),
        "axis": given["axis"],
        "objectives": given["objectives"],
        "departments": given.get("departments", []),
        "sectors": given.get("sectors", []),
        "sides": given.get("sides", []),
        "horizon": given.get("horizon", "medium"),
        "flagship": given.get("flagship", False),
        "cohort": given.get("cohort"),
        "weight": given.get("weight", 1),
        "lead_organisation_id": UUID(lead) if lead else None,
        "starts_on": date.fromisoformat(starts) if starts else None,
        "ends_on": date.fromisoformat(ends) if ends else None,
        "status": "draft",
        "status_reason": None,
        "decision_ref": None,
        "history": history,
        "lead_organisation_name": None,
        "ends_changes": [],
    }
    body = orjson.dumps(made, option=UTC_AS_Z)
    event_id = ids.new()
    event = f'{{"id":"{event_id}","type":"actions.action.created","data":{body.decode()}}}'
    columns = list(made.values())
    await pool.execute(WRITE, columns[0], now, *columns[4:20], orjson.dumps(history, option=UTC_AS_Z).decode(), event_id, event)
    return Response(body, 201, media_type="application/json")


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    """Opens the pool, without the reset that costs a round trip a request."""
    global pool  # noqa: PLW0603  # the yardstick saves even an attribute

    async def keep(_connection: asyncpg.Connection) -> None:
        return

    pool = await asyncpg.create_pool(os.environ["PLAM_DATABASE_URL"], min_size=8, max_size=8, reset=keep, server_settings={"jit": "off"})
    yield
    await pool.close()


app = Starlette(
    routes=[
        Route("/actions", list_actions, methods=["GET"]),
        Route("/actions/{action_id}", read_action, methods=["GET"]),
        Route("/actions", create_action, methods=["POST"]),
    ],
    lifespan=lifespan,
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PLAM_PORT"]), loop="uvloop", http="httptools", log_config=None, access_log=False)
