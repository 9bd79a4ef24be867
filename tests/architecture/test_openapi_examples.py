"""Every body, answer and refusal of the documents has an example, and each is what its shape and our own models take."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator

from services.kernel.api.openapi_examples import Examples
from services.kernel.base.problems import TYPE_PREFIX
from tests.support.api import BY_STANDARD, Operation, apps, documents, operations

OPERATIONS = operations()
SERVICES = sorted(apps())
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Said:
    """One body or answer of an operation. `content` is what the document says of it."""

    operation: Operation
    place: str
    media: str
    content: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.operation.id} {self.place}"


def all_said() -> Iterator[Said]:
    for operation in OPERATIONS:
        contents = {"body": operation.spec["requestBody"]["content"]} if "requestBody" in operation.spec else {}
        contents |= {status: response.get("content", {}) for status, response in operation.spec["responses"].items()}
        for place, content in contents.items():
            for media, said in content.items():
                yield Said(operation, place, media, said)


SAID = list(all_said())


def faults(service: str, schema: Mapping[str, Any], value: Any) -> list[str]:
    """What a shape of a service's document refuses of a value."""
    validator = Draft202012Validator(
        {**schema, "components": documents()[service]["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def test_every_body_every_answer_and_every_refusal_has_an_example() -> None:
    assert len(SAID) > 1_000
    assert [str(said) for said in SAID if "example" not in said.content] == []


def test_every_example_is_what_its_shape_says() -> None:
    wrong = [(str(said), faults(said.operation.service, said.content["schema"], said.content["example"])) for said in SAID]
    assert [(name, found) for name, found in wrong if found] == []


@pytest.mark.parametrize(
    ("value", "fault"),
    [({"status": "fine"}, "$.status"), ({}, "'status' is a required property")],
)
def test_the_check_sees_what_is_wrong(value: Any, fault: str) -> None:
    assert any(fault in found for found in faults("access", {"$ref": "#/components/schemas/ServiceHealth"}, value))


@pytest.mark.parametrize("service", SERVICES)
def test_every_example_of_a_shape_and_of_a_field_is_one(service: str) -> None:
    schemas: Mapping[str, Any] = documents()[service]["components"]["schemas"]
    wrong = [(name, faults(service, schema, example)) for name, schema in schemas.items() for example in schema.get("examples", ())]
    for name, schema in schemas.items():
        for field, its in schema.get("properties", {}).items():
            wrong += [(f"{name}.{field}", faults(service, its, example)) for example in its.get("examples", ())]
    assert [(name, found) for name, found in wrong if found] == []


def test_a_body_s_example_is_accepted_by_our_own_schema() -> None:
    """Their rules between fields are in no document."""
    models: dict[str | None, Any] = {
        route.operation_id: route.body_field.field_info.annotation
        for app in apps().values()
        for route in app.routes
        if isinstance(route, APIRoute) and route.body_field
    }
    bodies = [said for said in SAID if said.place == "body" and said.operation.id not in BY_STANDARD]
    assert bodies
    for said in bodies:
        models[said.operation.id].model_validate_json(json.dumps(said.content["example"]))


def test_a_refusal_s_example_is_of_its_status() -> None:
    refusals = [said for said in SAID if said.media == PROBLEM]
    assert [str(said) for said in refusals if str(said.content["example"]["status"]) != said.place] == []
    assert [str(said) for said in refusals if not said.content["example"]["type"].startswith(TYPE_PREFIX)] == []


def test_an_example_of_what_may_be_done_names_operations_of_its_service() -> None:
    names = {service: {op.id for op in OPERATIONS if op.service == service} for service in SERVICES}
    for said in SAID:
        shown = said.content["example"]
        allowed = shown.get("allowed_operations", ()) if isinstance(shown, dict) else ()
        assert set(allowed) <= names[said.operation.service], str(said)


# ── Making them ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

SCHEMAS = {
    "Colour": {"type": "string", "enum": ["red", "blue"]},
    "Thing": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "examples": [{"name": "Une chose"}]},
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "examples": ["a", "b"]}, "a"),
        ({"$ref": "#/components/schemas/Colour"}, "red"),
        ({"$ref": "#/components/schemas/Colour", "examples": ["blue"]}, "blue"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}, [{"name": "Une chose"}]),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "2026-11-22"),
        ({"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"type": "boolean"}}, "required": ["b"]}, {"b": False}),
        ({"type": "object", "properties": {"allowed_operations": {"type": "array"}}, "required": ["allowed_operations"]}, None),
    ],
)
def test_an_example_is_made_of_those_of_its_parts(schema: dict[str, Any], value: Any) -> None:
    expected = {"allowed_operations": ["readThing"]} if value is None else value
    assert Examples(SCHEMAS, ["readThing"]).of(schema, "x") == expected


def test_what_nobody_shows_is_named() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}, "required": ["a"]}
    with pytest.raises(LookupError, match=r"readThing 200\.a\[\]"):
        Examples({}, []).of(schema, "readThing 200")
