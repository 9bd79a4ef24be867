"""The problems of the OpenAPI document: for each status the members that its problems may have, and an example of each type."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, create_model

from services.kernel.api.allowed_operations import declared
from services.kernel.api.openapi_examples import Examples
from services.kernel.api.openapi_schemas import PREFIX
from services.kernel.base.problems import (
    BY_STATUS,
    HELP,
    TYPE_PREFIX,
    AlreadyExists,
    Conflict,
    IdempotencyKeyMissing,
    Invalid,
    LooksTwice,
    Members,
    MoveRefused,
    NotFound,
    Problem,
    ProblemRead,
    every_problem,
)

ALWAYS = ["type", "title", "status"]
REQUEST_ID = "0199a1b2c3d47e5f8a9b0c1d2e3f4a5b"
KERNEL = "services.kernel"
TEMPLATE = PREFIX + "{model}"


class ProblemShapes:
    """The shapes of what a service may refuse. `packages` are those whose problems it raises, beside the kernel's."""

    def __init__(self, service: str, packages: Collection[str]) -> None:
        self._service = service
        self._problems = [each for each in every_problem() if _package(each) in {KERNEL, *packages}]
        self._models: dict[int, type[BaseModel]] = {}

    def reference(self, status: int) -> dict[str, str]:
        """The reference to the shape of a status, which is then among the `components`."""
        if status not in self._models:
            self._models[status] = self._model(status)
        return {"$ref": PREFIX + self._models[status].__name__}

    def components(self) -> dict[str, Any]:
        """The shapes that were referred to, and those inside them. A member that a problem has not is absent, never null."""
        found: dict[str, Any] = {}
        for model in self._models.values():
            schema = model.model_json_schema(ref_template=TEMPLATE)
            found |= schema.pop("$defs", {}) | {model.__name__: {**schema, "required": ALWAYS}}
        return found

    def show(self, schemas: Mapping[str, Any], examples: Examples) -> None:
        """Gives each of the shapes, once they are among the components, an example of every type that has it."""
        for status, model in self._models.items():
            shown = [NotFound] if model is ProblemRead else self._of(status)
            schemas[model.__name__]["examples"] = [example_of(each, schemas[model.__name__], examples) for each in shown]

    def example(self, status: int, named: str | None, operation: Mapping[str, Any], examples: Examples) -> dict[str, Any]:
        """What the refusal of an operation looks like: a problem of the type that its route names, or of the likeliest."""
        of_status = self._of(status)
        problem = next((each for each in of_status if each.type == named), None) or _likeliest(status, operation)
        shape = examples.schemas[self._models[status].__name__]
        shown = example_of(problem, shape, examples)
        return {**shown, **_at_fault(operation, examples)} if problem is Invalid else shown

    def _model(self, status: int) -> type[BaseModel]:
        members = self._members(status)
        if not members:
            return ProblemRead
        own = any(_package(each) != KERNEL for each in self._of(status))
        name = f"{self._service.capitalize() if own else ''}{BY_STATUS[status].__name__}Problem"
        said = f"Un refus {status} : `type` dit lequel. Un membre n'est là que pour les types qui l'ont."
        fields: dict[str, Any] = members
        return create_model(name, __base__=ProblemRead, __doc__=said, **fields)

    def _members(self, status: int) -> Members:
        return {name: member for each in self._of(status) for name, member in each.all_members().items()}

    def _of(self, status: int) -> list[type[Problem]]:
        """The classes of a status that a client can tell from each other."""
        return [each for each in self._problems if each.status == status and "type" in vars(each)]


def _likeliest(status: int, operation: Mapping[str, Any]) -> type[Problem]:
    given = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    if status == 400 and given.get("Idempotency-Key", {}).get("required"):
        return IdempotencyKeyMissing
    if status != 409:
        return BY_STATUS[status]
    if "force" in given:
        return LooksTwice
    return MoveRefused if operation["operationId"] in declared() else AlreadyExists if "201" in operation["responses"] else Conflict


def _at_fault(operation: Mapping[str, Any], examples: Examples) -> dict[str, Any]:
    """A field of the operation at fault: the first that a body must have, or else one that it does not take."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is None:
        fault = {"pointer": "couleur", "location": "query", "code": "unknown", "detail": "Ce paramètre n'existe pas ici."}
    elif required := examples.resolved(body).get("required"):
        fault = {"pointer": f"#/{required[0]}", "location": "body", "code": "missing", "detail": "Champ requis."}
    else:
        fault = {"pointer": "#/couleur", "location": "body", "code": "extra_forbidden", "detail": "Champ inconnu."}
    name, detail = fault["pointer"].removeprefix("#/"), fault["detail"]
    return {"detail": f"{name} : {detail[0].lower()}{detail[1:]}", "errors": [fault]}


def example_of(problem: type[Problem], shape: Mapping[str, Any], examples: Examples) -> dict[str, Any]:
    """What a problem of a class looks like: what all of them have, and the members that are its own."""
    own = vars(problem).get("members", {})
    return {
        "type": TYPE_PREFIX + problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.advice or problem.told or problem.title,
        "help": HELP + problem.type,
        "request_id": REQUEST_ID,
        **{name: examples.of(shape["properties"][name], name) for name in own},
    }


def _package(problem: type[Problem]) -> str:
    return ".".join(problem.__module__.split(".")[:2])
