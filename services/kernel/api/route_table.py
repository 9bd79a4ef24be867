"""From a method and a path to a route in one look-up: the routers between the port and a route are for what it does not know."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.convertors import StringConvertor
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from services.kernel.api.routing import Route
from services.kernel.base.declarations import file_of


@dataclass(frozen=True)
class Target:
    """A route of a service, and the path that leads to it."""

    service: str
    app: FastAPI
    route: Route
    path: re.Pattern[str]


class RouteTable:
    """ASGI, around the mounted services: sends each request to its route directly, or else to them, for 404, 405 and the rest."""

    def __init__(self, app: ASGIApp, services: Mapping[str, FastAPI]) -> None:
        self.app = app
        self._fixed: dict[tuple[str, str], Target] = {}
        self._others: dict[tuple[str, int], list[Target]] = defaultdict(list)
        for name, service in services.items():
            for route in service.routes:
                if isinstance(route, Route):
                    self._learn(name, service, route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (found := self._find(scope["method"], scope["path"])) is None:
            await self.app(scope, receive, send)
            return
        target, parameters = found
        scope["plam.service"] = target.service
        scope["app"] = target.app
        scope["route"] = target.route
        scope["path_params"] = parameters
        await target.route.app(scope, receive, send)

    def _learn(self, service: str, app: FastAPI, route: Route) -> None:
        path = f"/{service}{route.path}"
        pattern, _, convertors = compile_path(path)
        if any(type(convertor) is not StringConvertor for convertor in convertors.values()):
            words = "un paramètre de chemin s'écrit sans convertisseur, {ainsi} : son type est celui de l'argument"
            raise TypeError(f"{file_of(route.endpoint)} : {path} : {words}.")
        target = Target(service, app, route, pattern)
        for method in route.methods or ():
            if taken := self._find(method, path):  # a path with parameters is matched by itself
                other = f"{file_of(taken[0].route.endpoint)} répond déjà à {method} {taken[0].route.path}"
                raise TypeError(f"{file_of(route.endpoint)} : {method} {path} ne serait jamais appelée : {other}.")
            if convertors:
                self._others[method, path.count("/")].append(target)
            else:
                self._fixed[method, path] = target

    def _find(self, method: str, path: str) -> tuple[Target, dict[str, str]] | None:
        if fixed := self._fixed.get((method, path)):
            return fixed, {}
        for target in self._others.get((method, path.count("/")), ()):
            if match := target.path.match(path):
                return target, match.groupdict()
        return None
