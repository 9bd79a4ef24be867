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
from services.kernel.api.openapi import summary_of
from services.kernel.api.openapi_schemas import BOUNDS, each_schema
from services.kernel.api.routing import Route
from services.kernel.base.problems import TYPE_PREFIX, Problem, ProblemRead, every_problem
from tests.golden.snapshots import openapi_path, openapi_text
from tests.support.api import BY_STANDARD, Operation, apps, documents, operations

SERVICES = sorted(apps())
VERB_NOUN = re.compile(r"[a-z]+([A-Z][a-z0-9]*)+")
ENGLISH = re.compile(r"\b(the|of|and|with|this|that|which|from|is|are|by|to|must|not|when)\b", re.IGNORECASE)
BOUNDED_FORMATS = {"uuid", "date", "date-time"}
PLAIN_TEXT = {"readMetrics"}
LONGEST_SUMMARY = 100
LONGEST_NAME = 30
WITHOUT_LABELS = {"ContextCode", "Measure", "Unit"}
"""Words of the catalogue and of the context: what bears one bears its label in another field."""

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


def test_an_operation_is_summed_up_in_the_words_before_its_description_s_first_pause() -> None:
    wrong = [op.id for op in OPERATIONS if not op.spec["description"].replace("\n", " ").startswith(op.spec["summary"])]
    long = [(op.id, op.spec["summary"]) for op in OPERATIONS if not 0 < len(op.spec["summary"]) <= LONGEST_SUMMARY]
    counted = Counter((op.service, op.spec["summary"]) for op in OPERATIONS)
    assert (wrong, long, [summary for summary, count in counted.items() if count > 1]) == ([], [], [])


@pytest.mark.parametrize(
    ("description", "summary"),
    [
        ("Un besoin.", "Un besoin"),
        ("Publie le besoin : il reçoit des candidatures.", "Publie le besoin"),
        ("Ouvre un terrain ; une organisation\nn'en ouvre que chez elle.", "Ouvre un terrain"),
        ("Donne les chiffres, à un jour.\n\nLe pilotage lit tout.", "Donne les chiffres, à un jour"),
        ("Ses taux (10.5 %) et\nses dates.", "Ses taux (10.5 %) et ses dates"),
    ],
)
def test_a_summary_ends_at_a_pause(description: str, summary: str) -> None:
    assert summary_of(description) == summary


def test_an_operation_says_whether_it_wants_a_token() -> None:
    guarded = {op.id for op in OPERATIONS if op.spec["security"] == [{"bearer": []}]}
    public = {op.id for op in OPERATIONS if op.spec["security"] == []}
    assert guarded | public == {op.id for op in OPERATIONS}
    with_policy = {route.operation_id for _, route in routes() if isinstance(policies(route.dependant)[0], Policy)}
    assert guarded == with_policy


@pytest.mark.parametrize("service", SERVICES)
def test_a_tag_is_ascii_declared_and_described_in_french(service: str) -> None:
    declared = {tag["name"]: tag for tag in documents()[service]["tags"]}
    used = {tag for op in OPERATIONS if op.service == service for tag in op.spec["tags"]}
    assert used == declared.keys()
    assert [name for name in declared if not re.fullmatch(r"[a-z]+", name)] == []
    assert [tag for tag in declared.values() if not tag["x-displayName"] or not tag["description"].endswith(".")] == []
    assert [tag for tag in declared.values() if not is_french(tag["description"])] == []
    assert [op.id for op in OPERATIONS if len(op.spec["tags"]) != 1] == []


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
        if (
            operation.id not in BY_STANDARD
            and status.startswith(("4", "5"))
            and "application/problem+json" not in answers[status].get("content", {})
        ):
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


# ── Shapes ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("service", SERVICES)
def test_a_shape_has_a_short_name_and_a_description(service: str) -> None:
    schemas: Mapping[str, Any] = documents()[service]["components"]["schemas"]
    assert [name for name in schemas if not re.fullmatch(r"([A-Z][a-z]+)+", name) or len(name) > LONGEST_NAME] == []
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []


def test_one_name_is_one_shape_over_all_services() -> None:
    shapes: dict[str, set[str]] = {}
    for document in documents().values():
        for name, schema in document["components"]["schemas"].items():
            shapes.setdefault(name, set()).add(json.dumps(schema, sort_keys=True))
    assert [name for name, different in shapes.items() if len(different) > 1] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_code_has_the_name_of_its_member_and_its_label(service: str) -> None:
    enumerations = {name: schema for name, schema in documents()[service]["components"]["schemas"].items() if "enum" in schema}
    assert enumerations
    assert [name for name, schema in enumerations.items() if len(schema.get("x-enum-varnames", ())) != len(schema["enum"])] == []
    labelled = {name: schema for name, schema in enumerations.items() if name not in WITHOUT_LABELS}
    assert [name for name, schema in labelled.items() if len(schema.get("x-enum-descriptions", ())) != len(schema["enum"])] == []
    labels = [label for schema in labelled.values() for label in schema["x-enum-descriptions"]]
    assert [label for label in labels if not label or not is_french(label)] == []
    names = [name for schema in enumerations.values() for name in schema["x-enum-varnames"]]
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_has_a_title_that_nobody_wrote(service: str) -> None:
    parts = [schema for each in documents()[service]["components"]["schemas"].values() for schema in each_schema(each)]
    parts += [parameter["schema"] for op in OPERATIONS if op.service == service for parameter in op.spec.get("parameters", ())]
    assert [part for part in parts if isinstance(part.get("title"), str)] == []
    assert [part for part in parts if part.get("type") == "integer" and any(isinstance(part.get(bound), float) for bound in BOUNDS)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_text_has_one_pattern(service: str) -> None:
    parts = [schema for each in documents()[service]["components"]["schemas"].values() for schema in each_schema(each)]
    assert [part for part in parts if "allOf" in part] == [], "generators make of it something else than a text"


def defaults(operation: Operation, given: Mapping[str, Any], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The fields of what is sent that have a default, which generators then require."""
    if given.get("$ref") in seen:
        return
    seen |= {given["$ref"]} if "$ref" in given else set()
    for part in each_schema(operation.resolved(given)):
        yield from [name for name, field in part.get("properties", {}).items() if "default" in field]
        if "$ref" in part:
            yield from defaults(operation, part, seen)


def test_what_is_sent_says_its_defaults_in_words() -> None:
    bodies = [(op, op.spec["requestBody"]["content"]["application/json"]["schema"]) for op in OPERATIONS if op.body is not None]
    assert [(op.id, name) for op, body in bodies for name in defaults(op, body)] == []
    [need] = [op.body for op in OPERATIONS if op.id == "createNeed"]
    assert need is not None
    assert need["properties"]["urgency"]["description"].endswith('; par défaut `"routine"`.')


# ── Problems ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def raised_by(service: str) -> list[type[Problem]]:
    own = ("services.kernel.", f"services.{service}_api.")
    return [each for each in every_problem() if each.__module__.startswith(own) and "type" in vars(each)]


def test_a_problem_says_what_to_do_or_what_a_case_was_told() -> None:
    classes = [each for service in SERVICES for each in raised_by(service) if each is not Problem]
    assert [each.__name__ for each in classes if not (vars(each).get("advice") or vars(each).get("told"))] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_member_and_every_type_of_a_problem_is_in_the_shape_of_its_status(service: str) -> None:
    wanting = []
    for operation in (op for op in OPERATIONS if op.service == service):
        for status in (status for status in operation.spec["responses"] if status >= "400" and operation.id not in BY_STANDARD):
            shape = operation.resolved(operation.spec["responses"][status]["content"]["application/problem+json"]["schema"])
            classes = [each for each in raised_by(service) if str(each.status) == status]
            wanting += [(operation.id, status, name) for each in classes for name in each.all_members() if name not in shape["properties"]]
            if shape["properties"].keys() - ProblemRead.model_fields.keys():
                shown = {example["type"] for example in shape["examples"]}
                wanting += [(operation.id, status, each.type) for each in classes if TYPE_PREFIX + each.type not in shown]
    assert wanting == []


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
def test_the_document_says_where_the_service_is_and_whom_to_ask(service: str) -> None:
    document = documents()[service]
    assert document["servers"] == [{"url": f"https://plam.example.org/{service}"}]
    assert document["info"]["contact"] == {"name": "L'équipe de PlaM", "email": "plam@example.org"}
    assert document["info"]["license"]["name"]


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
