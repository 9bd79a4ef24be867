"""What every operation owes its readers and its callers: a policy, a name, a description, answers with a shape, bounds on what it takes."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from openapi_spec_validator import validate
from starlette.routing import Route as PlainRoute

from services.kernel.api.auth import Policy, PublicPolicy
from services.kernel.api.routing import Route
from tests.golden.snapshots import openapi_path, openapi_text
from tests.support.api import Operation, apps, documents, operations

SERVICES = sorted(apps())
VERB_NOUN = re.compile(r"[a-z]+([A-Z][a-z0-9]*)+")
ENGLISH = re.compile(r"\b(the|of|and|with|this|that|which|from|is|are|by|to|must|not|when)\b", re.IGNORECASE)
BOUNDED_FORMATS = {"uuid", "date", "date-time"}
PLAIN_TEXT = {"readMetrics"}

OPERATIONS = operations()


def routes() -> list[tuple[str, APIRoute]]:
    return [(service, route) for service, app in apps().items() for route in app.routes if isinstance(route, APIRoute)]


def policies(dependant: Dependant) -> list[Any]:
    own = [dependant.call] if isinstance(dependant.call, (Policy, PublicPolicy)) else []
    return own + [found for dependency in dependant.dependencies for found in policies(dependency)]


def test_a_route_has_one_policy() -> None:
    assert [f"{service}{route.path}" for service, route in routes() if len(policies(route.dependant)) != 1] == []


def test_a_route_is_the_kernel_s_but_for_health() -> None:
    health = {"/livez", "/readyz", "/metrics"}
    assert [f"{service}{route.path}" for service, route in routes() if isinstance(route, Route) == (route.path in health)] == []


def test_every_other_route_is_the_framework_s_own() -> None:
    others = {
        route.path for app in apps().values() for route in app.routes if not isinstance(route, APIRoute) and isinstance(route, PlainRoute)
    }
    assert others <= {"/openapi.json"}


@pytest.mark.parametrize("service", SERVICES)
def test_operation_ids_are_unique(service: str) -> None:
    counted = Counter(operation.id for operation in OPERATIONS if operation.service == service)
    assert [name for name, count in counted.items() if count > 1] == []


def test_an_operation_is_named_by_a_verb_and_a_noun() -> None:
    assert [operation.id for operation in OPERATIONS if not VERB_NOUN.fullmatch(operation.id)] == []


def is_french(text: str) -> bool:
    """Whether a text has none of the words that no French sentence has, but between backticks."""
    return not ENGLISH.search(re.sub(r"`[^`]*`", "", text))


def test_an_operation_is_described_in_french() -> None:
    bare = [op.id for op in OPERATIONS if not op.spec.get("description", "").strip().endswith((".", "?", "!", "»"))]
    assert bare == [], "a French sentence, in the route's docstring"
    described = [(op.id, op.spec["description"]) for op in OPERATIONS]
    described += [(f"{op.id} {each['name']}", each.get("description", "")) for op in OPERATIONS for each in op.spec.get("parameters", ())]
    assert [where for where, text in described if not text] == []
    assert [text for _, text in described if not is_french(text)] == []


def silences(operation: Operation) -> Iterator[str]:
    """What an operation does not say of its answers."""
    answers = operation.spec["responses"]
    good = [status for status in answers if status.startswith("2")]
    if not good or not {"422", "503"} <= answers.keys():
        yield f"{operation.id}: {sorted(answers)}"
    for status in good:
        content = answers[status].get("content", {})
        if not (status == "204" or operation.id in PLAIN_TEXT or content.get("application/json", {}).get("schema")):
            yield f"{operation.id}: {status} has no shape"
    for status in answers:
        if status.startswith(("4", "5")) and "application/problem+json" not in answers[status].get("content", {}):
            yield f"{operation.id}: {status} is no problem"


def test_an_operation_says_what_it_answers() -> None:
    assert [found for operation in OPERATIONS for found in silences(operation)] == []


def has_example(operation: Operation) -> bool:
    """Whether a body has an example, or else each of its required fields."""
    body = operation.body
    if body is None or body.get("examples"):
        return True
    fields = [body["properties"][name] for name in body.get("required", ())]
    return all(field.get("examples") or "enum" in operation.resolved(field) for field in fields)


def test_a_body_has_an_example() -> None:
    assert [operation.id for operation in OPERATIONS if not has_example(operation)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_shape_is_described_in_french(service: str) -> None:
    schemas: Mapping[str, Any] = documents()[service]["components"]["schemas"]
    texts = [schema.get("description", "") for schema in schemas.values()]
    texts += [field.get("description", "") for schema in schemas.values() for field in schema.get("properties", {}).values()]
    assert [text for text in texts if not is_french(text)] == []


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


def all_unbounded(operation: Operation) -> Iterator[str]:
    """Where an operation lets any amount of something in; a parameter's pattern is a bound of its own."""
    if operation.body is not None:
        yield from unbounded(operation, operation.spec["requestBody"]["content"]["application/json"]["schema"], "body")
    for parameter in operation.spec.get("parameters", ()):
        if "pattern" not in operation.resolved(parameter["schema"]):
            yield from unbounded(operation, parameter["schema"], f"{parameter['in']} {parameter['name']}")


def test_whatever_comes_in_is_bounded() -> None:
    assert [f"{operation.id} {found}" for operation in OPERATIONS for found in all_unbounded(operation)] == []


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
    assert any(fault in found for found in unbounded(OPERATIONS[0], schema, "body"))


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
