"""What every operation owes its readers and its callers: a policy, a name, a description, answers with a shape, bounds on what it takes."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from openapi_spec_validator import validate
from starlette.routing import Route as PlainRoute

from services.kernel.auth import Policy, PublicPolicy
from tests.golden.snapshots import openapi_path, openapi_text
from tests.support.api import Operation, apps, documents, operations

SERVICES = sorted(apps())
VERB_NOUN = re.compile(r"[a-z]+([A-Z][a-z0-9]*)+")
ENGLISH = re.compile(r"\b(the|of|and|with|this|that|which|from|is|are|by|to|must|not|when)\b", re.IGNORECASE)
BOUNDED_FORMATS = {"uuid", "date", "date-time"}
PLAIN_TEXT = {"readMetrics"}

each_operation = pytest.mark.parametrize("operation", operations(), ids=lambda operation: f"{operation.service}-{operation.id}")


def routes() -> list[tuple[str, APIRoute]]:
    return [(service, route) for service, app in apps().items() for route in app.routes if isinstance(route, APIRoute)]


def policies(dependant: Dependant) -> list[Any]:
    own = [dependant.call] if isinstance(dependant.call, (Policy, PublicPolicy)) else []
    return own + [found for dependency in dependant.dependencies for found in policies(dependency)]


@pytest.mark.parametrize(("service", "route"), routes(), ids=lambda value: getattr(value, "operation_id", value))
def test_a_route_has_one_policy(service: str, route: APIRoute) -> None:
    assert len(policies(route.dependant)) == 1, f"{service} {route.path}: declare who may call, or Public"


def test_every_other_route_is_the_framework_s_own() -> None:
    others = {
        route.path
        for app in apps().values()
        for route in app.routes
        if not isinstance(route, APIRoute) and isinstance(route, PlainRoute) and not route.path.startswith("/static")
    }
    assert others <= {"/openapi.json"}


@pytest.mark.parametrize("service", SERVICES)
def test_operation_ids_are_unique(service: str) -> None:
    counted = Counter(operation.id for operation in operations() if operation.service == service)
    assert [name for name, count in counted.items() if count > 1] == []


@each_operation
def test_an_operation_is_named_by_a_verb_and_a_noun(operation: Operation) -> None:
    assert VERB_NOUN.fullmatch(operation.id)


@each_operation
def test_an_operation_is_described_in_french(operation: Operation) -> None:
    description = operation.spec.get("description", "")
    assert description.strip().endswith((".", "?", "!", "»")), "a French sentence, in the route's docstring"
    assert not ENGLISH.search(description), description
    for parameter in operation.spec.get("parameters", ()):
        assert parameter.get("description"), parameter["name"]
        assert not ENGLISH.search(parameter["description"]), parameter["description"]


@each_operation
def test_an_operation_says_what_it_answers(operation: Operation) -> None:
    answers = operation.spec["responses"]
    good = [status for status in answers if status.startswith("2")]
    assert good
    for status in good:
        content = answers[status].get("content", {})
        assert status == "204" or operation.id in PLAIN_TEXT or content["application/json"]["schema"], status
    for status in answers:
        if status.startswith(("4", "5")):
            assert "application/problem+json" in answers[status]["content"], status
    assert {"422", "503"} <= answers.keys()


@each_operation
def test_a_body_has_an_example(operation: Operation) -> None:
    if operation.body is not None:
        properties = operation.body.get("properties", {})
        needed = [name for name in operation.body.get("required", ())]
        told = bool(operation.body.get("examples")) or all(
            properties[name].get("examples") or "enum" in operation.resolved(properties[name]) for name in needed
        )
        assert told, "give the schema, or each of its required fields, an example"


@pytest.mark.parametrize("service", SERVICES)
def test_every_field_is_described(service: str) -> None:
    schemas: Mapping[str, Any] = documents()[service]["components"]["schemas"]
    bare = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, its in schema.get("properties", {}).items()
        if not _told(its, schemas)
    ]
    assert bare == []


def _told(field: Mapping[str, Any], schemas: Mapping[str, Any]) -> bool:
    if field.get("description"):
        return True
    reference = field.get("$ref") or (field.get("items") or {}).get("$ref")
    return bool(reference and schemas[reference.rpartition("/")[2]].get("description"))


# ── Bounds ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def unbounded(operation: Operation, given: Mapping[str, Any], where: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Where a schema lets any amount of something in."""
    if given.get("$ref") in seen:
        return
    seen |= {given["$ref"]} if "$ref" in given else set()
    schema = operation.resolved(given)
    for option in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from unbounded(operation, option, where, seen)
    kind = schema.get("type")
    if kind == "string" and not ({"enum", "const", "maxLength"} & schema.keys() or schema.get("format") in BOUNDED_FORMATS):
        yield f"{where}: text without maxLength"
    elif kind in ("integer", "number") and not ("enum" in schema or {"minimum", "maximum"} <= schema.keys()):
        yield f"{where}: number without minimum and maximum"
    elif kind == "array":
        if "maxItems" not in schema:
            yield f"{where}: list without maxItems"
        yield from unbounded(operation, schema.get("items", {}), f"{where}[]", seen)
    elif kind == "object":
        if schema.get("additionalProperties", True) is not False:
            yield f"{where}: unknown fields are let in"
        for name, its in schema.get("properties", {}).items():
            yield from unbounded(operation, its, f"{where}.{name}", seen)


@each_operation
def test_whatever_comes_in_is_bounded(operation: Operation) -> None:
    found: list[str] = []
    if operation.body is not None:
        found += unbounded(operation, operation.spec["requestBody"]["content"]["application/json"]["schema"], "body")
    for parameter in operation.spec.get("parameters", ()):
        if not {"pattern"} & operation.resolved(parameter["schema"]).keys():
            found += unbounded(operation, parameter["schema"], f"{parameter['in']} {parameter['name']}")
    assert found == []


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"type": "string"}, "maxLength"),
        ({"type": "integer", "minimum": 0}, "maximum"),
        ({"type": "array", "items": {"type": "boolean"}}, "maxItems"),
        ({"type": "object", "properties": {}}, "unknown"),
        ({"type": "array", "maxItems": 2, "items": {"type": "string"}}, "maxLength"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "maxLength"),
        ({"type": "object", "additionalProperties": False, "properties": {"x": {"type": "string"}}}, "body.x"),
    ],
)
def test_the_rule_sees_what_is_unbounded(schema: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in unbounded(operations()[0], schema, "body"))


# ── The documents ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("service", SERVICES)
def test_the_document_is_valid(service: str) -> None:
    validate(json.loads(openapi_text(service)))


@pytest.mark.parametrize("service", SERVICES)
def test_the_committed_document_is_the_one_that_is_served(service: str) -> None:
    committed = openapi_path(service)
    assert committed.exists(), "python -m tests.golden"
    assert committed.read_text("utf-8") == openapi_text(service), "the API has changed: python -m tests.golden, and read the difference"


def test_nothing_is_left_of_a_service_that_is_gone() -> None:
    assert sorted(path.stem for path in openapi_path("x").parent.glob("*.json")) == SERVICES


def _document(make: Callable[[str], str]) -> str:
    return make(SERVICES[0])


def test_a_document_is_the_same_each_time_it_is_made() -> None:
    assert _document(openapi_text) == _document(openapi_text)
