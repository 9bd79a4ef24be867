"""A request answered twice without a database, by our plan and by FastAPI's own, up to the arguments of the route's function."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from copy import copy
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import get_request_handler
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Message, Scope

from services.contracts.codes import STAFF
from services.kernel.api.route_calls import StrictRequest
from services.kernel.api.routing import Route
from services.kernel.api.validation import problem_of
from services.kernel.base.principals import Principal, somebody
from services.kernel.base.problems import Problem, Unauthenticated
from services.kernel.data.database import Database

GOOD_TOKEN = "good"
CALLER = Principal(somebody("tests"), frozenset(STAFF))
LONGEST_BODY = 1_048_576
Fault = tuple[str, str, str]
"""Where it is (body, query, path, header), its pointer or its name, its code."""


@dataclass(frozen=True)
class Outcome:
    """What became of a request: the arguments that the function would have had, or a refusal's status and faults."""

    arguments: Mapping[str, Any] | None = None
    status: int = 0
    faults: frozenset[Fault] = frozenset()

    @property
    def codes(self) -> set[str]:
        return {code for _, _, code in self.faults}


class ReachedError(Exception):
    """The function would have been called."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        super().__init__()
        self.arguments = arguments


async def reach(**arguments: Any) -> Response:
    """Stands for the function of a route."""
    raise ReachedError(arguments)


# ── What dependencies find in place of a database and of signed tokens ────────────────────────────────────────────────────────────


class _Tokens:
    def verify(self, token: str) -> Principal:
        if token != GOOD_TOKEN:
            raise Unauthenticated("Jeton invalide ou expiré.")
        return CALLER


class _Connection:
    """Takes every Idempotency-Key, and does nothing else."""

    async def execute(self, _sql: str) -> None: ...

    def is_closed(self) -> bool:
        return False

    async def fetchval(self, *_sql: Any) -> int:
        return 1


class _Pool:
    """A service's connections, and the pool behind them."""

    generation = 0

    @property
    def pool(self) -> "_Pool":
        return self

    async def take(self) -> _Connection:
        return _Connection()

    async def release(self, _connection: _Connection) -> None: ...

    async def behind_now(self, tidying: Coroutine[Any, Any, None]) -> None:
        await tidying

    def in_background(self, tidying: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None]:
        return self.behind_now(tidying)


class _Databases:
    settings = SimpleNamespace(request_timeout=30.0, max_body=LONGEST_BODY)

    async def connections(self, _service: str) -> _Pool:
        return _Pool()


class _Revocations:
    async def check(self, _caller: Principal) -> None:
        """Nobody's is."""


APPLICATION = SimpleNamespace(
    state=SimpleNamespace(databases=_Databases(), tokens=_Tokens(), revocations=_Revocations(), service=SimpleNamespace(name="tests"))
)
"""What a request finds in its scope as its application."""

# ── The two ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class TwoPlans:
    """A route, and how each of the two would answer its requests, but that its function is not called."""

    def __init__(self, route: Route) -> None:
        twin = copy(route)
        twin.dependant = replace(route.dependant, call=reach)
        self._ours: Handler = Route.get_route_handler(twin)
        self._fastapis: Handler = get_request_handler(dependant=twin.dependant, body_field=route.body_field)

    async def ours(self, scope: Scope, body: bytes | None) -> Outcome:
        """The outcome by our plan."""
        request = StrictRequest({**scope, "app": APPLICATION}, _received(body), longest_body=LONGEST_BODY)
        return await _outcome(self._ours(request))

    async def fastapis(self, scope: Scope, body: bytes | None) -> Outcome:
        """The outcome by FastAPI's solver."""
        async with AsyncExitStack() as stack:
            stacks = dict.fromkeys(("fastapi_middleware_astack", "fastapi_inner_astack", "fastapi_function_astack"), stack)
            given = {**scope, **stacks, "app": APPLICATION, "plam.database": object.__new__(Database)}
            return await _outcome(self._fastapis(Request(given, _received(body))))


async def _outcome(answering: Coroutine[Any, Any, Response]) -> Outcome:
    try:
        await answering
    except ReachedError as reached:
        return Outcome(shown(reached.arguments))
    except Problem as problem:
        return _refusal(problem)
    except RequestValidationError as error:
        return _refusal(problem_of(error.errors()))
    except HTTPException as error:
        return Outcome(status=error.status_code)
    raise AssertionError("the function was not called, and nothing refused the request")


def _refusal(problem: Problem) -> Outcome:
    faults = frozenset((error.location, error.pointer, error.code) for error in problem.errors or ())
    return Outcome(status=problem.status, faults=faults)


def _received(body: bytes | None) -> Callable[[], Coroutine[Any, Any, Message]]:
    async def receive() -> Message:
        return {"type": "http.request", "body": body or b"", "more_body": False}

    return receive


def shown(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as they are compared: by type and value, models by what was sent too, the request and the database by their kind."""
    return {name: _shown(value) for name, value in arguments.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, BaseModel):
        fields = {name: _shown(getattr(value, name)) for name in type(value).model_fields}
        return type(value), fields, frozenset(value.model_fields_set), value.model_extra
    for kind in (Request, Database):
        if isinstance(value, kind):
            return kind
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return type(value), value
