"""An address leads straight to the route that the routers would have chosen, and whatever they do not know is theirs to refuse."""

import asyncio
from collections.abc import Iterator

import pytest
from fastapi import Depends, FastAPI
from starlette.routing import Match

from services.kernel.api.auth import Public
from services.kernel.api.route_table import RouteTable
from services.kernel.api.routing import Route, router
from services.kernel.base import ids
from tests.support.api import apps


def addresses() -> Iterator[tuple[str, str, FastAPI, str]]:
    """Every method and path of every route of ours, below its service."""
    for name, app in apps().items():
        for route in app.routes:
            if isinstance(route, Route):
                values = {parameter: str(ids.new()) for parameter in route.param_convertors}
                path = route.path_format.format(**values)
                yield from ((method, name, app, path) for method in route.methods or ())


def first_match(app: FastAPI, method: str, path: str) -> object:
    """The route that Starlette's router takes: the first in order that matches."""
    scope = {"type": "http", "method": method, "path": path, "root_path": ""}
    return next(route for route in app.router.routes if route.matches(dict(scope))[0] is Match.FULL)


async def _elsewhere(*_request: object) -> None:
    raise AssertionError("not called")


def test_an_address_leads_where_the_routers_would_have_led() -> None:
    table = RouteTable(_elsewhere, apps())
    asked = list(addresses())
    assert len(asked) > 50
    for method, service, app, path in asked:
        found = table._find(method, f"/{service}{path}")
        assert found is not None, (method, service, path)
        assert found[0].route is first_match(app, method, path), (method, service, path)
        assert found[0].service == service


@pytest.mark.parametrize(
    "path", ["/actions/v1/axes/", "/actions//v1/axes", "/v1/axes", "/actions/v1/actions/", "/actions/v1/actions//live", "/axes"]
)
def test_an_address_that_is_nearly_one_of_ours_is_left_to_the_routers(path: str) -> None:
    assert RouteTable(_elsewhere, apps())._find("GET", path) is None


def test_a_route_cannot_declare_what_its_call_does_not_serve() -> None:
    def waits_for_nobody() -> int:
        return 1

    async def endpoint(_caller: Public, one: int = Depends(waits_for_nobody)) -> None:
        await asyncio.sleep(one)

    with pytest.raises(TypeError, match="waits_for_nobody"):
        router("/v1", "trials", "Essais", "Des essais.").get("/never", operation_id="readNever")(endpoint)
