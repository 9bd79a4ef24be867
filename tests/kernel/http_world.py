"""A service of the tests: routes that write, wait, break and fail, in the schema of actions, on tables of their own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
from fastapi import Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response
from starlette.types import ASGIApp

from services.actions_api.base import METADATA
from services.kernel.api.auth import Public
from services.kernel.api.idempotency import OptionalKey
from services.kernel.api.routing import Db, router
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.database_roles import runtime_role
from services.kernel.data.service import Service
from services.kernel.process.app import system_app

SECRET = "canary-8e03978e-40d5"
TABLES = f"""
CREATE TABLE actions.scratch (
    id int PRIMARY KEY,
    parent int CONSTRAINT scratch_parent REFERENCES actions.scratch DEFERRABLE INITIALLY DEFERRED
);
GRANT ALL ON actions.scratch TO "{runtime_role("actions")}";
"""


class Scratch(BaseModel):
    """A row of the tests."""

    model_config = ConfigDict(extra="forbid")

    id: int
    parent: int | None = None


class Wait(BaseModel):
    """How long to wait."""

    seconds: float = 0


class World:
    """The service, and what its routes tell the tests."""

    def __init__(self) -> None:
        self.runs = 0
        self.entered = asyncio.Event()
        routes = router("/v1", "trials", "Essais", "Des essais.")

        @routes.post("/scratch", operation_id="createScratch", status_code=201)
        async def create(body: Scratch, _caller: Public, _key: OptionalKey, db: Db) -> Response:
            self.runs += 1
            connection = await db.connection()
            await connection.execute("INSERT INTO scratch VALUES ($1, $2)", body.id, body.parent)
            headers = {"ETag": '"1"', "Location": f"/scratch/{body.id}"}
            return Response(f'{{"run":{self.runs}}}', 201, headers=headers, media_type="application/json")

        @routes.post("/broken", operation_id="breakScratch")
        async def broken(body: Scratch, _caller: Public, _key: OptionalKey, db: Db) -> Response:
            self.runs += 1
            await (await db.connection()).execute("INSERT INTO scratch VALUES ($1)", body.id)
            raise RuntimeError(SECRET)

        @routes.post("/killed", operation_id="killScratch", status_code=201)
        async def killed(body: Scratch, _caller: Public, db: Db) -> Response:
            connection = await db.connection()
            await connection.execute("INSERT INTO scratch VALUES ($1)", body.id)
            settings = db.databases.settings
            await kill(settings, connection.get_server_pid())
            return Response(b"{}", 201, media_type="application/json")

        @routes.get("/slow", operation_id="readSlow")
        async def slow(query: Annotated[Wait, Query()], _caller: Public, db: Db) -> Response:
            connection = await db.connection()
            self.entered.set()
            await connection.execute("SELECT pg_sleep($1)", query.seconds)
            return Response(b"{}", media_type="application/json")

        @routes.post("/patient", operation_id="waitScratch", status_code=201)
        async def patient(body: Scratch, _caller: Public, _key: OptionalKey, db: Db) -> Response:
            self.runs += 1
            await (await db.connection()).execute("INSERT INTO scratch VALUES ($1)", body.id)
            self.entered.set()
            await asyncio.sleep(0.3)
            return Response(f'{{"run":{self.runs}}}', 201, media_type="application/json")

        self.service = Service("actions", "Essais", "", METADATA, routers=(routes,))

    def operation_ids(self) -> list[str]:
        """The operations of its routes."""
        return [str(getattr(route, "operation_id", "")) for router in self.service.routers for route in router.routes]

    def app(self, databases: Databases) -> ASGIApp:
        """The service behind a port."""
        return system_app([self.service], databases)


async def kill(settings: Settings, process: int) -> None:
    """Ends a connection from outside, as a restart of the server does."""
    async with look(settings) as connection:
        await connection.execute("SELECT pg_terminate_backend($1, 1000)", process)


@asynccontextmanager
async def look(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """A look behind the application."""
    assert settings.database_url is not None
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def tables(settings: Settings) -> AsyncIterator[None]:
    """The world's tables, while they are needed."""
    async with look(settings) as connection:
        await connection.execute("DROP TABLE IF EXISTS actions.scratch")
        await connection.execute(TABLES)
    try:
        yield
    finally:
        async with look(settings) as connection:
            await connection.execute("DROP TABLE actions.scratch")
