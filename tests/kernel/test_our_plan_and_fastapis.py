"""Our plan gives a route's function the arguments that FastAPI would have given it, or refuses for the same faults, but where listed."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl

import pytest
from fastapi.openapi.utils import get_openapi
from starlette.routing import Match
from starlette.types import Scope

from services.kernel.api.route_table import RouteTable
from services.kernel.api.routing import Route
from tests.kernel.call_requests import Asked, requests
from tests.kernel.two_ways_of_calling import Fault, Outcome, TwoPlans
from tests.support.api import Operation, apps, scope_of

LONGEST_MESSAGE = 10
NOT_READ_BY_FASTAPI = {422: {"json_invalid"}, 400: set[str]()}
"""How FastAPI refuses a body that is no JSON."""


# ── The routes ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Case:
    """An operation, its route, and whether it is the one on which the fields of its models are swept."""

    operation: Operation
    route: Route
    body_fields: bool
    query_fields: bool

    def requests(self) -> Iterator[Asked]:
        return requests(self.operation, body_fields=self.body_fields, query_fields=self.query_fields)


@cache
def cases() -> list[Case]:
    """Every route of ours, with those that no document shows."""
    found, swept = [], set()
    for service, app in apps().items():
        declared = [route for route in app.routes if isinstance(route, Route)]
        shown = [copy(route) for route in declared]
        for route in shown:
            route.include_in_schema = True
        paths = get_openapi(title=service, version="1", routes=shown)["paths"]
        for route in declared:
            models = [
                fields[0].field_info.annotation if fields else None
                for fields in (route.dependant.body_params, route.dependant.query_params)
            ]
            for method in sorted(route.methods or ()):
                operation = Operation(service, method.lower(), f"/{service}{route.path}", paths[route.path][method.lower()])
                found.append(Case(operation, route, models[0] not in swept, models[1] not in swept))
                swept |= set(models)
    return found


async def _elsewhere(*_request: object) -> None:
    raise AssertionError("not called")


@cache
def switch() -> RouteTable:
    """The services' route table."""
    return RouteTable(_elsewhere, apps())


def by_starlette(service: str, scope: Scope) -> tuple[object, Mapping[str, Any]] | None:
    """The route of a service, and its path's parameters, that Starlette's router would have found."""
    below = {**scope, "path": scope["path"].removeprefix(f"/{service}")}
    for route in apps()[service].router.routes:
        match, found = route.matches(dict(below))
        if match is Match.FULL:
            return route, found["path_params"]
    return None


# ── The differences that are meant ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Compared:
    """A request of an operation, and what became of it on each side."""

    operation: Operation
    asked: Asked
    ours: Outcome
    fastapis: Outcome

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.asked.target.partition("?")[2], keep_blank_values=True)

    def header(self, name: str) -> str:
        return next((value for given, value in self.asked.headers if given == name), "")

    @property
    def only_ours(self) -> frozenset[Fault]:
        return self.ours.faults - self.fastapis.faults

    @property
    def only_fastapis(self) -> frozenset[Fault]:
        return self.fastapis.faults - self.ours.faults

    @property
    def unread_by_fastapi(self) -> bool:
        return NOT_READ_BY_FASTAPI.get(self.fastapis.status) == self.fastapis.codes

    def refused_for(self, status: int, location: str, code: str) -> str | None:
        """The pointer of our only fault, when it is this one."""
        faults = [fault for fault in self.ours.faults if fault[0] == location and fault[2] == code]
        return faults[0][1] if self.ours.status == status and len(self.ours.faults) == len(faults) == 1 else None


def unknown_query_field(compared: Compared) -> bool:
    """422: a mistyped filter would give the unfiltered list. Said before anything else, dependencies included."""
    known = {parameter["name"] for parameter in compared.operation.parameters("query")}
    pointer = compared.refused_for(422, "query", "unknown")
    return pointer is not None and any(name[:100] == pointer and name not in known for name, _ in compared.query)


def query_field_twice(compared: Compared) -> bool:
    """422: a proxy may have read the other one."""
    pointer = compared.refused_for(422, "query", "duplicate")
    return pointer is not None and [name for name, _ in compared.query].count(pointer) > 1


def null_character_in_the_query(compared: Compared) -> bool:
    """422: PostgreSQL's text has none."""
    pointer = compared.refused_for(422, "query", "null_character")
    return pointer is not None and any(name == pointer and "\x00" in value for name, value in compared.query)


def media_type(compared: Compared) -> bool:
    """415: a body is JSON in UTF-8 and says so; FastAPI takes any `+json` and any charset, and reads the rest as bytes."""
    given = re.sub(r'[\s"]', "", compared.header("content-type").lower())
    return compared.ours == Outcome(status=415) and given not in ("application/json", "application/json;charset=utf-8")


def no_json(compared: Compared) -> bool:
    """400 that points at the place, where FastAPI says 422 with an offset, or 400 and no more."""
    return compared.ours.status == 400 and len(compared.ours.faults) == 1 and compared.unread_by_fastapi


def json_of_two_readings(compared: Compared) -> bool:
    """400: what two parsers could read in two ways is read by neither, where FastAPI takes Python's reading."""
    body = compared.asked.body or b""
    truths: Mapping[str, Callable[[], bool]] = {
        "duplicate": lambda: _has_twice(body),
        "not_a_number": lambda: b"NaN" in body,
        "too_big": lambda: b"1e400" in body,
        "too_deep": lambda: body.count(b"{") > 32,
        "encoding": lambda: not _is_utf8(body),
        "json_invalid": lambda: body.startswith(b"\xef\xbb\xbf"),
    }
    return any(compared.refused_for(400, "body", code) is not None and true() for code, true in truths.items())


def dependencies_before_the_body(compared: Compared) -> bool:
    """401 or 428 before the body is read, where FastAPI reads the body of whoever sends one before it asks who that is."""
    return compared.ours in (Outcome(status=401), Outcome(status=428)) and compared.unread_by_fastapi


def null_body(compared: Compared) -> bool:
    """A body of `null` is none, where FastAPI says that it is no object."""
    same = compared.asked.body == b"null" and compared.ours.status == compared.fastapis.status
    return same and (set(compared.only_ours), set(compared.only_fastapis)) == (
        {("body", "#", "missing")},
        {("body", "#", "model_attributes_type")},
    )


def whole_number_with_a_point(compared: Compared) -> bool:
    """`1.0` and `1e3` are integers, as in JSON Schema, where FastAPI's strict integers refuse Python's float."""
    fields = {pointer for _, pointer, _ in compared.only_fastapis}
    told = {pointer for _, pointer, _ in compared.only_ours} <= fields and {code for *_, code in compared.only_fastapis} == {"int_type"}
    return told and re.search(rb"[0-9](\.0|e[0-9])", compared.asked.body or b"") is not None


KINDS = (
    unknown_query_field,
    query_field_twice,
    null_character_in_the_query,
    media_type,
    no_json,
    json_of_two_readings,
    dependencies_before_the_body,
    null_body,
    whole_number_with_a_point,
)
"""Every difference that is meant, and why: any other is a fault of one of the two."""


def _has_twice(body: bytes) -> bool:
    found = []

    def pairs(given: list[tuple[str, Any]]) -> dict[str, Any]:
        found.append(len(dict(given)) < len(given))
        return dict(given)

    json.loads(body, object_pairs_hook=pairs)
    return any(found)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


# ── The comparison ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def compared_all(case: Case) -> list[Compared]:
    """What became of every request of a route on both sides; those that lead elsewhere lead there on both."""
    plans: dict[int, TwoPlans] = {}
    found = []
    for asked in case.requests():
        scope = scope_of(case.operation.method.upper(), asked.target, asked.headers, asked.body)
        led = switch()._find(scope["method"], scope["path"])
        assert (led and (led[0].route, led[1])) == by_starlette(case.operation.service, scope), asked
        if led is None:
            continue
        scope["path_params"] = led[1]
        route = led[0].route
        if id(route) not in plans:
            plans[id(route)] = TwoPlans(route)
        two = plans[id(route)]
        outcomes = await two.ours(scope, asked.body), await two.fastapis(scope, asked.body)
        found.append(Compared(case.operation, asked, *outcomes))
    return found


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.operation.service}-{case.operation.id}")
async def test_the_arguments_or_the_faults_are_the_same(case: Case) -> None:
    everything = await compared_all(case)
    assert everything[0].asked.label == "sound"
    assert everything[0].ours.arguments is not None, f"the sound request of {case.operation.id} is refused: {everything[0].ours}"
    differing = [each for each in everything if each.ours != each.fastapis and not any(covers(each) for covers in KINDS)]
    lines = [f"{each.asked}\n  ours:    {each.ours}\n  FastAPI: {each.fastapis}" for each in islice(differing, LONGEST_MESSAGE)]
    assert not differing, "\n".join([f"{len(differing)} of {len(everything)} requests of {case.operation.id} differ:", *lines])


async def test_every_difference_that_is_listed_exists() -> None:
    some = [case for case in cases() if case.operation.id in ("createAction", "changeAction", "listActions")]
    differing = [each for case in some for each in await compared_all(case) if each.ours != each.fastapis]
    assert [covers.__name__ for covers in KINDS if not any(covers(each) for each in differing)] == []
