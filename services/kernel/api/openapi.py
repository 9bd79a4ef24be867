"""The OpenAPI document: what every operation may answer besides its own, said once."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from services.kernel.api.allowed_operations import declared
from services.kernel.api.openapi_examples import Examples
from services.kernel.api.openapi_problems import ProblemShapes
from services.kernel.api.openapi_schemas import name_as_classes, sent_without_defaults, tidy, tidy_parameter
from services.kernel.base.problems import EXAMPLE_TYPE, PROBLEM, problems

ALWAYS = (406, 422, 503)
WITH_BODY = (400, 408, 413, 415)
WITH_TOKEN = (401, 403)
ANSWERED = {"201": ("ETag", "Location"), "401": ("WWW-Authenticate",), "503": ("Retry-After",)}
SUCCESS = {"200": "Fait.", "201": "Créé."}
HEADERS = {
    name: {"description": words, "required": True, "schema": {"type": "string"}}
    for name, words in (
        ("X-Request-Id", "Identifiant de la requête, à citer au support."),
        ("ETag", "Version de la ressource, à donner dans If-Match."),
        ("Location", "Adresse de la ressource."),
        ("Retry-After", "Secondes à attendre avant de réessayer."),
        ("WWW-Authenticate", "Façon de s'identifier."),
    )
}
UNUSED = ("HTTPValidationError", "ValidationError")
_END_OF_SUMMARY = re.compile(r"\s*(?:[;:]\s|\.(?:\s|$))")


def document(app: FastAPI) -> dict[str, Any]:
    """A service's OpenAPI 3.1 document, with the problems that any operation may answer."""
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        servers=app.servers,
        tags=app.openapi_tags,
        license_info=app.license_info,
    )
    made["info"]["contact"] = app.contact  # given to `get_openapi`, it asks for a library that checks mail addresses
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for unused in UNUSED:
        schemas.pop(unused, None)
    name_as_classes(made)
    shapes = ProblemShapes(app.state.service.name, _packages(app))
    for path in made["paths"].values():
        for operation in path.values():
            _complete(operation, shapes)
    schemas = made["components"]["schemas"]
    schemas |= shapes.components()
    tidy(schemas)
    sent_without_defaults(made)
    shapes.show(schemas, Examples(schemas, _allowed(made["paths"].values())))
    for address, path in made["paths"].items():
        collection = [each for other, each in made["paths"].items() if other.startswith(address.partition("/{")[0])]
        for operation in path.values():
            _show(operation, shapes, Examples(schemas, _allowed(collection)))
    app.openapi_schema = made
    return made


def _packages(app: FastAPI) -> set[str]:
    """The packages that a service's routes are of."""
    return {".".join(route.endpoint.__module__.split(".")[:2]) for route in app.routes if isinstance(route, APIRoute)}


def _allowed(paths: Iterable[Mapping[str, Any]]) -> list[str]:
    """The operations on rows that these paths have, as `allowed_operations` names them: two are enough for an example."""
    on_rows = declared()
    return [operation["operationId"] for path in paths for operation in path.values() if operation["operationId"] in on_rows][:2]


def _complete(operation: dict[str, Any], shapes: ProblemShapes) -> None:
    for parameter in operation.get("parameters", ()):
        _without_null(parameter)
        tidy_parameter(parameter)
        if parameter["in"] == "path":
            parameter.setdefault("description", "Identifiant de la ressource.")
    operation["summary"] = summary_of(operation["description"])
    operation.setdefault("security", [])  # everybody's, said aloud
    operation["responses"] = _responses(operation, shapes)


def _show(operation: dict[str, Any], shapes: ProblemShapes, examples: Examples) -> None:
    """Gives an operation's body, its answers and its refusals their examples."""
    contents = {"body": operation["requestBody"]["content"]} if "requestBody" in operation else {}
    contents |= {status: response["content"] for status, response in operation["responses"].items() if "content" in response}
    for place, content in contents.items():
        for media, said in content.items():
            if media == PROBLEM:
                said["example"] = shapes.example(int(place), said.pop(EXAMPLE_TYPE, None), operation, examples)
            elif "example" not in said:
                said["example"] = examples.of(said["schema"], f"{operation['operationId']} {place}")


def summary_of(description: str) -> str:
    """What an operation does, in the words before the first pause of its description."""
    return _END_OF_SUMMARY.split(" ".join(description.split()), maxsplit=1)[0]


def _responses(operation: Mapping[str, Any], shapes: ProblemShapes) -> dict[str, Any]:
    given = {parameter["name"] for parameter in operation.get("parameters", ())}
    statuses = [*ALWAYS, 401]
    if "requestBody" in operation:
        statuses += WITH_BODY
    if "Idempotency-Key" in given:
        statuses += [400, 409]
    if operation["security"]:
        statuses += WITH_TOKEN
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)
    for status, response in problems(*statuses).items():
        responses.setdefault(str(status), response)
    for status, response in responses.items():
        names = ["X-Request-Id", *ANSWERED.get(status, ()), *(("ETag",) if status == "200" and "If-Match" in given else ())]
        response["headers"] = {name: HEADERS[name] for name in names}
        response["description"] = SUCCESS.get(status, response["description"])
        if PROBLEM in response.get("content", {}):
            response["content"][PROBLEM]["schema"] = shapes.reference(int(status))
    return dict(sorted(responses.items()))


def _without_null(parameter: dict[str, Any]) -> None:
    """A parameter that may be absent cannot be null: no text stands for it."""
    schema = parameter["schema"]
    kept = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(kept) == 1:
        del schema["anyOf"]
        parameter["schema"] = kept[0] | schema
    if parameter["name"] == "If-Match":
        parameter["required"] = True  # its absence is answered 428, which FastAPI has no word for
