"""The route table leads a method and a path to the route that the routers would have taken, and leaves them what is not one of ours."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fastapi import Request
from sqlalchemy import MetaData
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.kernel.api.compression import Compression
from services.kernel.api.middleware import RequestMiddleware
from services.kernel.api.route_table import RouteTable
from services.kernel.api.routing import Route, router
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.data.service import Service
from services.kernel.process.app import system_app
from tests.support.api import Answer, call
from tests.support.database import SECRET


class Named:
    """A route's application, which answers with what it was given to know."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = scope["route"].operation_id, scope["plam.service"], scope["app"].state.service.name
        assert known in ((self.name, "first", "first"), (self.name, "second", "second"))
        await JSONResponse({"route": self.name, "service": known[1], **scope["path_params"]})(scope, receive, send)


async def endpoint(_request: Request) -> Response:
    """Never called: what matters is which route is found."""
    raise AssertionError("not called")


def service(name: str, *routes: tuple[str, str, str]) -> Service:
    """A service of routes, in this order: method, path, name."""
    made = router("", "trials", "Essais", "Des essais.")
    for method, path, operation in routes:
        made.add_api_route(path, endpoint, methods=[method], operation_id=operation)
    for route in made.routes:
        assert isinstance(route, Route)
        route.app = Named(str(route.operation_id))
    return Service(name, name, "", MetaData(), routers=(made,))


FIRST = service(
    "first",
    ("GET", "/v1/things", "list"),
    ("POST", "/v1/things", "create"),
    ("GET", "/v1/things/newest", "newest"),
    ("GET", "/v1/things/{thing}", "read"),
    ("PATCH", "/v1/things/oldest", "change the oldest"),
    ("PATCH", "/v1/things/{thing}", "change"),
    ("GET", "/v1/things/{thing}/parts/{part}", "part"),
    ("GET", "/v1/{kind}/{thing}/parts", "parts of any kind"),
    ("GET", "/v1/a.b", "with a dot"),
    ("GET", "/v1/a.b/{name}.json", "with an ending"),
    ("GET", "/v1/é/{name}", "with an accent"),
)
SECOND = service("second", ("DELETE", "/v1/things/{thing}", "remove"), ("GET", "/v1/things/newest", "the second's newest"))


class Apps(NamedTuple):
    """The whole system, its route table, and the same system without the table."""

    ours: ASGIApp
    table: RouteTable
    routers: ASGIApp


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Apps:
    """The two services behind one port, and no database."""
    settings = Settings(home=Path(tmp_path_factory.mktemp("home")), secret=SECRET)
    ours = system_app([FIRST, SECOND], Databases(settings))
    assert isinstance(ours, RequestMiddleware)
    assert isinstance(ours.app, Compression)
    table = ours.app.app
    assert isinstance(table, RouteTable)
    return Apps(ours, table, RequestMiddleware(Compression(table.app)))


async def answered(apps: Apps, method: str, target: str) -> Answer:
    """The answer, which is the same with the table and without."""
    ours, routers = await call(apps.ours, method, target), await call(apps.routers, method, target)
    assert (ours.status, _lasting(ours)) == (routers.status, _lasting(routers)), (method, target)
    return ours


def _lasting(answer: Answer) -> tuple[Mapping[str, str], Any]:
    """What two answers to one request have in common: all but the request's id."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    content = answer.problem if answer.body else {}
    return headers, {name: value for name, value in content.items() if name != "request_id"}


@pytest.mark.parametrize(
    ("method", "target", "route", "parameters"),
    [
        ("GET", "/first/v1/things", "list", {}),
        ("GET", "/first/v1/things?a=/b", "list", {}),
        ("POST", "/first/v1/things", "create", {}),
        ("GET", "/first/v1/things/newest", "newest", {}),
        ("GET", "/first/v1/things/x", "read", {"thing": "x"}),
        ("GET", "/first/v1/things/NEWEST", "read", {"thing": "NEWEST"}),
        ("GET", "/first/v1/things/oldest", "read", {"thing": "oldest"}),
        ("PATCH", "/first/v1/things/oldest", "change the oldest", {}),
        ("PATCH", "/first/v1/things/newest", "change", {"thing": "newest"}),
        ("GET", "/first/v1/things/a/parts/b", "part", {"thing": "a", "part": "b"}),
        ("GET", "/first/v1/things/a/parts", "parts of any kind", {"kind": "things", "thing": "a"}),
        ("GET", "/first/v1/a.b", "with a dot", {}),
        ("GET", "/first/v1/a.b/c.d.json", "with an ending", {"name": "c.d"}),
        ("GET", "/first/v1/%C3%A9/%C3%A9", "with an accent", {"name": "é"}),
        ("GET", "/first/v1/thing%73", "list", {}),
        ("GET", "/%66irst/v1/things/%6Eewest", "newest", {}),
        ("GET", "/first/v1/things/a%20b%3Fc%23d", "read", {"thing": "a b?c#d"}),
        ("GET", "/first/v1/things/%25", "read", {"thing": "%"}),
        ("GET", "/first/v1/things/%2525", "read", {"thing": "%25"}),
        ("GET", "/first/v1/things/..", "read", {"thing": ".."}),
        ("GET", "/first/v1/things/%00", "read", {"thing": "\x00"}),
        ("GET", "/first/v1/things/a;b=c", "read", {"thing": "a;b=c"}),
        ("GET", "/second/v1/things/newest", "the second's newest", {}),
        ("DELETE", "/second/v1/things/newest", "remove", {"thing": "newest"}),
    ],
)
async def test_an_address_leads_to_the_first_route_that_takes_it(
    apps: Apps, method: str, target: str, route: str, parameters: dict[str, str]
) -> None:
    answer = await answered(apps, method, target)
    assert answer.status == 200
    assert answer.problem == {"route": route, "service": target.replace("%66", "f").split("/")[1], **parameters}


def test_what_is_ours_is_found_without_the_routers(apps: Apps) -> None:
    for made in (FIRST, SECOND):
        for route in made.routers[0].routes:
            assert isinstance(route, Route)
            path = f"/{made.name}{route.path_format.format(thing='x', part='y', kind='z', name='n')}"
            assert all(apps.table._find(method, path) for method in route.methods or ()), path


@pytest.mark.parametrize(
    "target",
    [
        *("/", "//", "/first", "/first/", "/third/v1/things", "/firsts/v1/things", "/v1/things", "/First/v1/things"),
        *("/first/v1/things/", "/first/v1/things/newest/", "/first/v1/things/x/", "/first//v1/things", "/first/v1//things"),
        *("/first/v1/things//parts", "/first/v1/things/x/parts/", "/first/v1/things/a%2Fb", "/first/v1/things%2Fnewest/x"),
        *("/first/v1/things%00", "/first/v1/axb", "/first/v1/a.b/json", "/first/v1/e%CC%81/x", "/first/first/v1/things"),
        *("/first/v1/a/b/parts/c", "/first/v1/things/x/parts/y/z", "/second/v1/things/x/parts"),
    ],
)
async def test_an_address_that_nothing_takes_is_a_404(apps: Apps, target: str) -> None:
    answer = await answered(apps, "GET", target)
    assert (answer.status, answer.problem["type"]) == (404, "urn:plam:problem:not-found")


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("DELETE", "/first/v1/things", "GET, HEAD, POST"),
        ("OPTIONS", "/first/v1/things", "GET, HEAD, POST"),
        ("PUT", "/first/v1/things/newest", "GET, HEAD, PATCH"),
        ("POST", "/first/v1/things/x", "GET, HEAD, PATCH"),
        ("OPTIONS", "/first/v1/things/x", "GET, HEAD, PATCH"),
        ("TRACE", "/first/v1/things/x/parts", "GET, HEAD"),
        ("get", "/first/v1/things", "GET, HEAD, POST"),
        ("GET", "/second/v1/things/x", "DELETE"),
        ("HEAD", "/second/v1/things/x", "DELETE"),
        ("PATCH", "/second/v1/things/newest", "DELETE, GET, HEAD"),
    ],
)
async def test_another_method_is_a_405_that_says_which_are_taken(apps: Apps, method: str, target: str, allowed: str) -> None:
    answer = await answered(apps, method, target)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)


async def test_a_head_leads_where_a_get_does_and_has_no_body(apps: Apps) -> None:
    for target in ("/first/v1/things", "/first/v1/things/x", "/first/v1/things/newest"):
        head, get = await answered(apps, "HEAD", target), await answered(apps, "GET", target)
        assert (head.status, head.body, head.headers["content-length"]) == (200, b"", get.headers["content-length"])


@pytest.mark.parametrize("path", ["/v1/files/{path:path}", "/v1/numbers/{number:int}", "/v1/things/{thing:uuid}"])
def test_a_parameter_with_a_convertor_is_refused_since_the_order_of_routes_would_not_be_kept(path: str, tmp_path: Path) -> None:
    databases = Databases(Settings(home=tmp_path, secret=SECRET))
    with pytest.raises(TypeError, match="sans convertisseur"):
        system_app([service("first", ("GET", path, "x"))], databases)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("/v1/things/{thing}", "/v1/things/newest"),
        ("/v1/things/{thing}", "/v1/things/{again}"),
        ("/v1/{kind}/{thing}/parts", "/v1/things/{thing}/parts"),
        ("/v1/things", "/v1/things"),
    ],
)
def test_a_route_that_an_earlier_one_hides_is_refused(earlier: str, later: str, tmp_path: Path) -> None:
    databases = Databases(Settings(home=tmp_path, secret=SECRET))
    with pytest.raises(TypeError, match=f"^{__name__.replace('.', '/')}.py : GET /first{re.escape(later)} ne serait jamais appelée"):
        system_app([service("first", ("GET", earlier, "x"), ("GET", later, "y"))], databases)
