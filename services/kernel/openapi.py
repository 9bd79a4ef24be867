"""The OpenAPI document: what every operation may answer besides its own, said once."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.kernel.problems import ProblemRead, problems

ALWAYS = (422, 503)
WITH_BODY = (400, 413, 415)
WITH_TOKEN = (401, 403)
UNUSED = ("HTTPValidationError", "ValidationError")


def document(app: FastAPI) -> dict[str, Any]:
    """A service's OpenAPI 3.1 document, with the problems that any operation may answer."""
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes, servers=app.servers)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    problem = ProblemRead.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"ProblemRead": problem}
    for unused in UNUSED:
        schemas.pop(unused, None)
    for path in made["paths"].values():
        for operation in path.values():
            _complete(operation)
    app.openapi_schema = made
    return made


def _complete(operation: dict[str, Any]) -> None:
    statuses = [*ALWAYS, 401]
    if "requestBody" in operation:
        statuses += WITH_BODY
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ())):
        statuses += [400, 409]
    if operation.get("security"):
        statuses += WITH_TOKEN
    responses = operation["responses"]
    responses.pop("422", None)
    for status, response in problems(*statuses).items():
        responses.setdefault(str(status), response)
    for status in list(responses):
        if status.startswith("2"):
            responses[status].setdefault("headers", {})["X-Request-Id"] = {
                "description": "Identifiant de la requête.",
                "schema": {"type": "string"},
            }
    operation["responses"] = dict(sorted(responses.items()))
