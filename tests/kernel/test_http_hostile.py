"""Whatever a client sends, it gets an answer of 4xx that names what is wrong, and nothing is stored: every field of every operation."""

import json
import unicodedata
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import islice
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.types import ASGIApp

from services.contracts.codes import STAFF
from services.kernel.api.auth import Tokens
from services.kernel.base import ids
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from services.plam import ROUTING, SERVICES
from tests.support import hostile
from tests.support.api import BY_STANDARD, Answer, Operation, call, operations, pieces
from tests.support.database import SECRET, UNHURRIED, empty, row_counts

JSON_OPERATIONS = [operation for operation in operations() if operation.id not in BY_STANDARD]
LONGEST_MESSAGE = 8
TAKEN_AT_MOST = 2 * hostile.MIB


class System:
    """The whole system, one for all the tests here, and a caller that may do everything."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.databases = Databases(settings, ROUTING)
        self.app: ASGIApp = system_app(SERVICES, self.databases)
        caller = Principal(somebody("hostile"), frozenset(STAFF), ids.new(), manager=True)
        self.authorization = ("authorization", f"Bearer {Tokens(settings).issue(caller, timedelta(hours=1))}")

    async def send(self, operation: Operation, case: hostile.Case) -> Answer:
        """One hostile request, by a caller that may do everything."""
        body: Any = case.body
        if case.chunked and case.body is not None:
            body = pieces(case.body)
        return await call(self.app, operation.method.upper(), case.target, (self.authorization, *case.headers), body)


@pytest.fixture(scope="module")
def system(migrated: str, tmp_path_factory: pytest.TempPathFactory) -> System:
    """The system of this module."""
    settings = Settings(home=tmp_path_factory.mktemp("hostile"), database_url=migrated, secret=SECRET)
    return System(settings.model_copy(update=UNHURRIED))


@pytest.fixture
async def connection(system: System) -> AsyncIterator[asyncpg.Connection]:
    """A look behind the system, which has no rows yet."""
    await empty(system.settings)
    assert system.settings.database_url is not None
    opened = await asyncpg.connect(system.settings.database_url.get_secret_value())
    yield opened
    await opened.close()
    await system.databases.close()


def wrong(case: hostile.Case, answer: Answer) -> str | None:
    """What is wrong with an answer, if anything is."""
    if answer.status >= 500 or (not case.tolerated and answer.status not in case.statuses):
        return f"answered {answer.status}: {answer.body[:200]!r}"
    if answer.status < 400:
        return changed(case, answer)
    if answer.headers.get("content-type") != "application/problem+json":
        return f"{answer.status} is no problem: {answer.headers}"
    if answer.problem["status"] != answer.status or not answer.problem["request_id"] or len(answer.body) > 20_000:
        return f"no good problem: {answer.body[:200]!r}"
    if case.names is not None and not case.tolerated and not any(pointer.startswith(case.names) for pointer in answer.pointers):
        return f"{answer.status} does not name {case.names}: {answer.body[:300]!r}"
    return f"32 MiB were read: {answer.taken}" if answer.taken > TAKEN_AT_MOST else None


def changed(case: hostile.Case, answer: Answer) -> str | None:
    """What became of a value that was accepted: it comes back as it was sent, its accents composed."""
    field = case.label.partition(":")[0]
    if case.body is None or case.names is None or answer.status not in (200, 201):
        return None
    sent, got = json.loads(case.body).get(field), answer.problem.get(field)
    if isinstance(sent, str) and got != unicodedata.normalize("NFC", sent):
        return f"{sent!a} became {got!a}"
    return None


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: f"{operation.service}-{operation.id}")
async def test_hostile_requests_are_refused(operation: Operation, system: System, connection: asyncpg.Connection) -> None:
    failures, tolerated = [], []
    before = await row_counts(connection)
    for case in hostile.cases(operation):
        answer = await system.send(operation, case)
        if (found := wrong(case, answer)) is not None:
            failures.append(f"{case.label}: {found}")
        elif case.tolerated and answer.status < 300:
            tolerated.append(case.label)
    assert not failures, "\n".join([f"{len(failures)} of {operation.id}:", *islice(failures, LONGEST_MESSAGE)])
    if not tolerated:
        assert await row_counts(connection) == before


@pytest.mark.parametrize("operation", JSON_OPERATIONS, ids=lambda operation: f"{operation.service}-{operation.id}")
async def test_a_sound_request_is_read(operation: Operation, system: System, connection: asyncpg.Connection) -> None:
    target, given, body = hostile.sound(operation)
    headers = (system.authorization, *given.items(), *((("content-type", "application/json"),) if body is not None else ()))
    answer = await call(system.app, operation.method.upper(), target, headers, None if body is None else json.dumps(body).encode())
    assert answer.status in (200, 201, 202, 204, 404, 409, 412, 422), answer.body
    if answer.status == 422:  # a rule of the operation, such as an unknown reference: never one that the document should have told
        codes = {error["code"] for error in answer.problem["errors"]}
        assert not codes & {"missing", "extra_forbidden", "string_type", "int_type", "enum", "string_pattern_mismatch"}, answer.body


class NaivePlace(BaseModel):
    """Places, as one declares them without a thought."""

    title: str
    places: int


async def test_the_corpus_finds_what_is_wrong_with_the_usual_way(system: System) -> None:
    """The same requests to a plain FastAPI route: what is accepted there, or breaks it, is refused by every operation of ours."""
    naive = FastAPI()

    @naive.post("/v1/places", status_code=201)
    async def create(body: NaivePlace) -> NaivePlace:
        return body

    ours = next(operation for operation in operations() if operation.id == "createAction")
    schemas = {"title": {"type": "string", "maxLength": 200}, "places": {"type": "integer", "minimum": 0, "maximum": 100}}
    body = {"type": "object", "properties": schemas, "required": ["title", "places"], "examples": [{"title": "Nantes", "places": 3}]}
    spec = {**ours.spec, "parameters": [], "requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}
    operation = Operation(ours.service, "post", "/v1/places", spec)
    accepted, broken = set(), set()
    for case in hostile.of_body(operation):
        if case.tolerated or "32 MiB" in case.label:
            continue
        try:
            answer = await call(naive, "POST", case.target, case.headers, pieces(case.body or b"") if case.chunked else case.body)
        except Exception:  # noqa: BLE001  the server's 500
            broken.add(case.label)
        else:
            accepted |= {case.label} if answer.status < 300 else set()
            broken |= {case.label} if answer.status >= 500 else set()
    assert {"title: NUL", "title: bidi override", "title: too long", "title: twice", "places: text", "id: not the client's"} <= accepted
    assert {"places: over the maximum", "places: over int64", "body: UTF-16"} <= accepted
    assert len(accepted | broken) > 40
