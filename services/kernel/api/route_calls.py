"""How a route's function is called: its arguments are read from the request by a plan made once, from FastAPI's declaration.

FastAPI's own way serves every kind of parameter there is, and takes longer than the rest of a request together. This one
serves the kinds that our routes have; what is declared, documented and validated stays FastAPI's.
"""

from collections.abc import Callable, Coroutine, Iterator
from datetime import date, datetime
from enum import Enum
from inspect import iscoroutinefunction
from types import UnionType
from typing import Annotated, Any, Literal, TypeGuard, Union, get_args, get_origin
from uuid import UUID

from fastapi import Request
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.params import Body
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from services.kernel.api.strict_json import strict_json
from services.kernel.api.validation import problem_of
from services.kernel.base.declarations import file_of
from services.kernel.base.problems import TooLarge

Errors = list[dict[str, Any]]


class Call:
    """A function, and where each of its arguments comes from: other functions, the path, the query, headers, the body."""

    def __init__(self, dependant: Dependant) -> None:
        _refuse_other_kinds(dependant)
        assert dependant.call is not None
        self.function: Callable[..., Coroutine[Any, Any, Any]] = dependant.call
        self._request_name = dependant.request_param_name
        self._dependencies = [(dependency.name or "", Call(dependency)) for dependency in dependant.dependencies]
        self._parameters = [
            *(_Parameter("path", field) for field in dependant.path_params),
            *(_Parameter("query", field) for field in dependant.query_params),
            *(_Parameter("header", field) for field in dependant.header_params),
        ]
        self._body = _Parameter("body", dependant.body_params[0]) if dependant.body_params else None

    async def run(self, request: "StrictRequest") -> Any:
        """Calls the function. Raises what its dependencies raise, and the problem that names every argument at fault."""
        errors: Errors = []
        arguments = await self.arguments(request, errors)
        if errors:
            raise problem_of(errors, dict(self.annotations()))
        return await self.function(**arguments)

    def annotations(self) -> Iterator[tuple[str, Any]]:
        """(location, or `location/name` of a single parameter; its type, or its declaration): what a request is held against."""
        for _, dependency in self._dependencies:
            yield from dependency.annotations()
        for parameter in (*self._parameters, *([self._body] if self._body else [])):
            info = parameter.field.field_info
            if parameter.location == "body" or parameter.whole_query:
                yield parameter.location, info.annotation
            else:
                yield f"{parameter.location}/{parameter.field.alias}", info

    async def arguments(self, request: "StrictRequest", errors: Errors) -> dict[str, Any]:
        """The arguments of the function; what is wrong with them is added to the errors."""
        arguments: dict[str, Any] = {self._request_name: request} if self._request_name else {}
        for name, dependency in self._dependencies:
            before = len(errors)
            inner = await dependency.arguments(request, errors)
            if len(errors) == before:
                arguments[name] = await dependency.function(**inner)
        for parameter in self._parameters:
            arguments[parameter.name] = parameter.read(request, errors)
        if self._body is not None:
            content = await request.body()
            arguments[self._body.name] = self._body.checked(strict_json(content) if content else None, ("body",), errors)
        return arguments


class _Parameter:
    """One argument: a single value under its alias, or a model of the whole query."""

    def __init__(self, location: str, field: ModelField) -> None:
        annotation = field.field_info.annotation
        self.name = field.name
        self.field = field
        self.location = location
        self.alias = field.alias.lower() if location == "header" else field.alias
        self.whole_query = location == "query" and isinstance(annotation, type) and issubclass(annotation, BaseModel)
        self.required = field.field_info.is_required()

    def read(self, request: Request, errors: Errors) -> Any:
        """The argument from the request's head; faults are added to the errors."""
        if self.whole_query:
            return self.checked(dict(request.query_params) if request.scope["query_string"] else {}, ("query",), errors)
        if self.location == "path":
            value = request.scope["path_params"].get(self.alias)
        else:
            value = (request.headers if self.location == "header" else request.query_params).get(self.alias)
        return self.checked(value, (self.location, self.field.alias), errors)

    def checked(self, value: Any, place: tuple[str, ...], errors: Errors) -> Any:
        """The value as the declaration types it, its default when there is none."""
        if value is None:
            if self.required:
                errors.append({"type": "missing", "loc": place, "msg": "Field required", "input": None})
                return None
            return self.field.get_default()
        checked, found = self.field.validate(value, loc=place)
        errors += found
        return checked


def _refuse_other_kinds(dependant: Dependant) -> None:
    others = (
        dependant.cookie_params
        or dependant.websocket_param_name
        or dependant.http_connection_param_name
        or dependant.response_param_name
        or dependant.background_tasks_param_name
        or dependant.security_scopes_param_name
        or len(dependant.body_params) > 1
    )
    where = _where(dependant.call)
    if others:
        raise TypeError(f"{where} : une route reçoit son chemin, sa requête, ses en-têtes, un corps, et rien d'autre.")
    called = list(_called(dependant))
    if len(set(called)) < len(called):
        raise TypeError(f"{where} : une dépendance est demandée deux fois, et serait appelée deux fois.")
    if any(dependency.name is None for dependency in dependant.dependencies):
        raise TypeError(f"{where} : une dépendance sans nom (dependencies=[…]) ne serait pas appelée : déclarez-la comme argument.")
    for location, fields in _FIELDS.items():
        declared = getattr(dependant, f"{location}_params")
        refused = [field for field in declared if not _is_served(location, field, alone=len(declared) == 1)]
        if refused:  # a model of the whole query may be refused for what stands beside it alone: that is named first
            field = min(refused, key=lambda each: _is_model(each.field_info.annotation))
            raise TypeError(f"{where} : « {field.name} » ({location}) : {fields}.")
    if not iscoroutinefunction(dependant.call) and not iscoroutinefunction(type(dependant.call).__call__):
        raise TypeError(f"{where} : une route et ses dépendances sont des fonctions asynchrones.")


def _called(dependant: Dependant) -> Iterator[Any]:
    """The functions of all dependencies, those of dependencies too."""
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _called(dependency)


_FIELDS = {
    "path": "un chemin donne des valeurs simples, sans validation_alias",
    "query": "une requête donne des valeurs simples, sans validation_alias, ou un seul modèle de telles valeurs pour la requête entière",
    "header": "un en-tête donne une valeur simple, sans validation_alias",
    "body": "un corps est un modèle, en JSON, sans embed",
}
"""Where an argument may come from, and what is served there."""


def _is_served(location: str, field: ModelField, *, alone: bool) -> bool:
    info = field.field_info
    if location == "body":
        return _is_model(info.annotation) and type(info) is Body and not info.embed
    if location == "query" and alone and _is_model(info.annotation):
        return all(_is_plain(inner) for inner in info.annotation.model_fields.values())
    return _is_plain(info)


def _is_plain(info: FieldInfo) -> bool:
    """Whether a field takes one word of text, under the name by which it is documented."""
    return _is_single(info.annotation) and info.validation_alias in (None, info.alias)


def _is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_single(annotation: Any) -> bool:
    """Whether a type takes one word of text: neither a collection nor a model, alone or as a part of a union."""
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return all(_is_single(part) for part in get_args(annotation))
    if origin is Annotated:
        return _is_single(get_args(annotation)[0])
    if origin is Literal:
        return True
    return origin is None and isinstance(annotation, type) and issubclass(annotation, _SINGLE)


_SINGLE = (str, int, float, bool, UUID, date, datetime, Enum, type(None))


def _where(function: Any) -> str:
    """The source file and the name of a function, or of the class of a callable object."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{file_of(named)} : {named.__qualname__}"


class StrictRequest(Request):
    """A request whose body is read up to a limit."""

    def __init__(self, scope: Scope, receive: Receive, *, longest_body: int) -> None:
        super().__init__(scope, receive)
        self.longest_body = longest_body
        self.incomplete = False
        """Whether a part of the body is being waited for."""

    async def body(self) -> bytes:
        """The body. Raises `TooLarge`."""
        if not hasattr(self, "_body"):
            body, more = bytearray(), True
            self.incomplete = True
            while more:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                body += message.get("body", b"")
                if len(body) > self.longest_body:
                    raise TooLarge("Le corps dépasse la taille permise.")
                more = message.get("more_body", False)
            self.incomplete = False
            self._body = bytes(body)
        return self._body
