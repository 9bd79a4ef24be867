"""Every kind of argument that a route may declare reaches its function, from where it was declared, as FastAPI would have given it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from fastapi import Body, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect

from services.kernel.api.route_calls import Call, StrictRequest
from services.kernel.api.routing import Db, Route, router
from services.kernel.base.problems import Conflict, TooLarge
from tests.kernel.two_ways_of_calling import Fault, Outcome, TwoPlans, shown
from tests.support.api import scope_of

ONE = UUID("0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
JSON = ("content-type", "application/json")


def route(endpoint: Callable[..., Any], path: str = "/things", method: str = "POST") -> Route:
    """A route that calls a function."""
    routes = router("/v1", "things", "Choses", "Des choses.")
    routes.add_api_route(path, endpoint, methods=[method], operation_id="x")
    made = routes.routes[0]
    assert isinstance(made, Route)
    return made


async def outcome(
    endpoint: Callable[..., Any],
    query: str = "",
    *headers: tuple[str, str],
    path: dict[str, str] | None = None,
    body: Any = None,
) -> Outcome:
    """What becomes of a request of a function, which is the same on both sides."""
    content = None if body is None else json.dumps(body).encode()
    given = (*headers, *([JSON] if body is not None else []))
    scope = scope_of("POST", f"/v1/things?{query}", given, content)
    scope["path_params"] = path or {}
    two = TwoPlans(route(endpoint, "/things" + "".join(f"/{{{name}}}" for name in path or ())))
    ours, fastapis = await two.ours(scope, content), await two.fastapis(scope, content)
    assert ours == fastapis
    return ours


def taken(**arguments: Any) -> Outcome:
    """The function has these arguments."""
    return Outcome(shown(arguments))


def refused(*faults: Fault, status: int = 422) -> Outcome:
    """The request is refused for these faults."""
    return Outcome(status=status, faults=frozenset(faults))


class Size(StrEnum):
    """An enum."""

    small = "S"
    large = "L"


class Item(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid")

    name: str
    sizes: list[Size] = Field(default_factory=list)
    maker: str | None = Field(None, alias="madeBy")


class Filter(BaseModel):
    """A whole query."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1)
    start: date | None = Field(None, alias="from")
    size: Size | None = None


# ── Single values ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def of_path(thing: UUID, number: Annotated[int, Path(ge=1)], size: Size, kind: Literal["a", "b"]) -> Response:
    """Values of the path."""
    return Response(f"{thing} {number} {size} {kind}")


async def test_values_of_the_path_are_typed() -> None:
    path = {"thing": str(ONE), "number": "3", "size": "S", "kind": "b"}
    assert await outcome(of_path, path=path) == taken(thing=ONE, number=3, size=Size.small, kind="b")
    wrong = {"thing": "x", "number": "0", "size": "M", "kind": "c"}
    codes = {"thing": "uuid_parsing", "number": "greater_than_equal", "size": "enum", "kind": "literal_error"}
    assert await outcome(of_path, path=wrong) == refused(*(("path", name, code) for name, code in codes.items()))


async def of_query(
    number: int, day: date | None = None, at: datetime | None = None, yes: bool = False, word: Annotated[str, Query(alias="q")] = "w"
) -> Response:
    """Values of the query."""
    return Response(f"{number} {day} {at} {yes} {word}")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("number=3", taken(number=3, day=None, at=None, yes=False, word="w")),
        ("number=3&q=%C3%A9+%2B&yes=true", taken(number=3, day=None, at=None, yes=True, word="é +")),
        ("q=&number=-0", taken(number=0, day=None, at=None, yes=False, word="")),
        ("number=3&day=2026-11-22", taken(number=3, day=date(2026, 11, 22), at=None, yes=False, word="w")),
        ("", refused(("query", "number", "missing"))),
        ("number=", refused(("query", "number", "int_parsing"))),
        ("number=1.5&yes=2", refused(("query", "number", "int_parsing"), ("query", "yes", "bool_parsing"))),
        ("day=x", refused(("query", "number", "missing"), ("query", "day", "date_from_datetime_parsing"))),
    ],
)
async def test_values_of_the_query_have_their_alias_their_type_and_their_default(query: str, expected: Outcome) -> None:
    assert await outcome(of_query, query) == expected


async def of_header(
    x_colour: Annotated[str | None, Header()] = None,
    match: Annotated[str, Header(alias="If-Match", max_length=5)] = "none",
    number: Annotated[int, Header()] = 7,
) -> Response:
    """Values of headers."""
    return Response(f"{x_colour} {match} {number}")


async def test_headers_are_found_by_their_name_in_any_case_and_the_first_of_two_counts() -> None:
    assert await outcome(of_header) == taken(x_colour=None, match="none", number=7)
    assert await outcome(of_header, "", ("X-Colour", "red"), ("IF-MATCH", "")) == taken(x_colour="red", match="", number=7)
    assert await outcome(of_header, "", ("x-colour", "red"), ("x-colour", "blue")) == taken(x_colour="red", match="none", number=7)
    assert await outcome(of_header, "", ("x_colour", "red")) == taken(x_colour=None, match="none", number=7)
    assert await outcome(of_header, "", ("if-match", "123456"), ("number", "x")) == refused(
        ("header", "If-Match", "string_too_long"), ("header", "number", "int_parsing")
    )


# ── Models ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def of_whole_query(query: Annotated[Filter, Query()]) -> Response:
    """A whole query."""
    return Response(query.model_dump_json())


async def test_a_model_of_the_query_has_its_aliases_its_defaults_and_what_was_sent() -> None:
    assert await outcome(of_whole_query) == taken(query=Filter())
    assert await outcome(of_whole_query, "size=L&from=2026-11-22") == taken(
        query=Filter.model_validate({"size": "L", "from": date(2026, 11, 22)})
    )
    assert await outcome(of_whole_query, "limit=0&from=x") == refused(
        ("query", "limit", "greater_than_equal"), ("query", "from", "date_from_datetime_parsing")
    )
    two = TwoPlans(route(of_whole_query))
    scope = {**scope_of("POST", "/v1/things?start=2026-11-22"), "path_params": {}}
    assert await two.ours(scope, None) == refused(("query", "start", "unknown"))


async def of_body(item: Item) -> Response:
    """A body."""
    return Response(item.name)


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"name": "x", "sizes": ["S", "L"], "madeBy": "y"}, []),
        ({"name": "x"}, []),
        ({}, [("body", "#/name", "missing")]),
        ({"name": None, "sizes": ["S", "M"]}, [("body", "#/name", "string_type"), ("body", "#/sizes/1", "enum")]),
        ({"name": "x", "maker": "y", "a/b~": 1}, [("body", "#/maker", "extra_forbidden"), ("body", "#/a~1b~0", "extra_forbidden")]),
        ([], [("body", "#", "model_attributes_type")]),
        ("x", [("body", "#", "model_attributes_type")]),
        (None, [("body", "#", "missing")]),
    ],
)
async def test_a_body_is_a_model_and_its_faults_are_named_by_their_pointers(body: Any, faults: list[Fault]) -> None:
    found = await outcome(of_body, "", JSON, body=body)
    assert found == (refused(*faults) if faults else taken(item=Item.model_validate(body)))


async def test_everything_at_once_and_every_fault_named() -> None:
    async def all_of_it(request: Request, *, item: Item, thing: UUID, word: str, db: Db, tag: Annotated[str, Header()]) -> Response:
        return Response(f"{request.method} {item} {thing} {word} {db} {tag}")

    found = await outcome(all_of_it, "word=w", ("tag", "t"), path={"thing": str(ONE)}, body={"name": "n"})
    assert found.arguments is not None
    assert found.arguments.keys() == {"request", "item", "thing", "word", "db", "tag"}
    assert found.arguments["request"] is Request
    assert await outcome(all_of_it, path={"thing": "x"}, body={}) == refused(
        ("path", "thing", "uuid_parsing"), ("query", "word", "missing"), ("header", "tag", "missing"), ("body", "#/name", "missing")
    )


# ── Dependencies ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def doubled(number: int) -> int:
    """A dependency with an argument."""
    await asyncio.sleep(0)
    return 2 * number


async def quadrupled(twice: Annotated[int, Depends(doubled)], tag: Annotated[str, Header()] = "t") -> str:
    """A dependency of a dependency."""
    await asyncio.sleep(0)
    return f"{2 * twice}{tag}"


class Refusing:
    """A dependency that is an object, and refuses."""

    async def __call__(self, word: str = "") -> str:
        """The word."""
        if word == "no":
            raise Conflict
        return word


Word = Annotated[str, Depends(Refusing())]


async def depending(said: Annotated[str, Depends(quadrupled)], word: Word, number: int) -> Response:
    """What depends on others."""
    return Response(f"{said} {word} {number}")


async def shared(said: Annotated[str, Depends(quadrupled)], twice: Annotated[int, Depends(doubled)]) -> Response:
    """What asks for a dependency that another of its dependencies asks for."""
    return Response(f"{said} {twice}")


def test_a_dependency_that_two_ask_for_is_refused_since_it_would_be_called_twice() -> None:
    with pytest.raises(TypeError, match="demandée deux fois"):
        route(shared)


async def test_dependencies_have_arguments_of_their_own() -> None:
    assert await outcome(depending, "number=3", ("tag", "x")) == taken(said="12x", word="", number=3)


async def test_a_dependency_at_fault_is_not_called_and_those_beside_it_are() -> None:
    assert await outcome(depending, "number=x") == refused(("query", "number", "int_parsing"))
    assert await outcome(depending, "word=no") == Outcome(status=409), "the second refuses, whatever is wrong with the first"
    assert await outcome(depending, "word=no&number=1") == Outcome(status=409)


async def yielding() -> AsyncIterator[int]:
    """A dependency that would be closed."""
    yield 1


async def with_cleanup(_one: Annotated[int, Depends(yielding)]) -> Response:
    """What nobody would clean up after."""
    return Response("")


def test_a_dependency_that_yields_is_refused() -> None:
    with pytest.raises(TypeError, match=r"test_how_a_route_is_called.py : yielding : .* fonctions asynchrones"):
        route(with_cleanup)


# ── What FastAPI serves and the plan does not ─────────────────────────────────────────────────────────────────────────────────────


class Words(BaseModel):
    """A query of which one field is a list."""

    words: list[str] = Field(default_factory=list)


class Renamed(BaseModel):
    """A query of which one field is read under another name than it is documented."""

    word: str = Field("", validation_alias="w")


async def list_in_a_query(query: Annotated[Words, Query()]) -> Response:
    """A list in a model of the query, which would only ever hold its last word."""
    return Response(query.model_dump_json())


async def renamed_in_a_query(query: Annotated[Renamed, Query()]) -> Response:
    """A field of a query that would be unknown under its own name."""
    return Response(query.model_dump_json())


async def renamed_value(word: Annotated[str, Query(validation_alias="w")]) -> Response:
    """A value that would be looked for under its other name."""
    return Response(word)


async def optional_body(item: Annotated[Item | None, Body()] = None) -> Response:
    """A body that may be absent."""
    return Response(str(item))


async def header_model(given: Annotated[Filter, Header()]) -> Response:
    """A model of the headers."""
    return Response(given.model_dump_json())


async def two_bodies(one: Item, two: Item) -> Response:
    """Two bodies."""
    return Response(f"{one} {two}")


async def answering(word: str, response: Response) -> Response:
    """A function that would change an answer which is not its own."""
    return Response(word, headers=response.headers)


@pytest.mark.parametrize(
    "endpoint",
    [list_in_a_query, renamed_in_a_query, renamed_value, optional_body, header_model, two_bodies, answering],
    ids=lambda function: function.__name__,
)
def test_what_would_be_read_otherwise_than_documented_is_refused(endpoint: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=f"test_how_a_route_is_called.py : {endpoint.__name__} : "):
        route(endpoint)


# ── The body as it comes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def request_in(*messages: dict[str, Any], longest: int = 10) -> StrictRequest:
    """A request whose body comes in these messages."""
    coming = iter(messages)

    async def receive() -> Any:
        await asyncio.sleep(0)
        return next(coming)

    return StrictRequest(scope_of("POST", "/"), receive, longest_body=longest)


async def test_a_body_is_gathered_and_read_once() -> None:
    request = request_in({"type": "http.request", "body": b"12345", "more_body": True}, {"type": "http.request", "body": b"67890"})
    assert await request.body() == await request.body() == b"1234567890"
    assert await request_in({"type": "http.request"}).body() == b""


async def test_a_body_that_is_too_long_or_breaks_off_is_refused() -> None:
    piece = {"type": "http.request", "body": b"123456", "more_body": True}
    with pytest.raises(TooLarge):
        await request_in(piece, piece, piece).body()
    with pytest.raises(ClientDisconnect):
        await request_in(piece, {"type": "http.disconnect"}).body()


async def test_the_function_is_called_with_its_arguments_and_its_answer_is_given_back() -> None:
    request = StrictRequest({**scope_of("POST", "/v1/things?number=3&word=w"), "path_params": {}}, request_in()._receive, longest_body=10)
    answer = await Call(route(depending).dependant).run(request)
    assert answer.body == b"12t w 3"
