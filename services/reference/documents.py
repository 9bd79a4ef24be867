"""An OpenAPI document as a person reads it: its tags, their operations, the shapes and the codes that these refer to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from services.kernel.base.problems import PROBLEM, TYPE_PREFIX
from services.reference.catalogues import permissions, who
from services.reference.shapes import FieldSaid, codes, field, fields_of, reached, references

JSON = "application/json"
PLACES: Mapping[str, str] = {"path": "chemin", "query": "requête", "header": "en-tête"}
"""Where a parameter stands."""


class Refusal(NamedTuple):
    """What an operation may refuse: the status, its title, and the problems of it, by code."""

    status: str
    title: str
    codes: Sequence[str]


class OperationSaid(NamedTuple):
    """An operation: how it is called, by whom, what it takes and gives, what it may refuse. Examples are JSON."""

    id: str
    method: str
    path: str
    summary: str
    words: str
    who: str
    parameters: Sequence[tuple[str, FieldSaid]]
    body: str | None
    body_example: str
    status: str
    gives: str | None
    given_example: str
    refusals: Sequence[Refusal]


class ShapeSaid(NamedTuple):
    """A shape: its name, what it is, its fields."""

    name: str
    words: str
    fields: Sequence[FieldSaid]


class CodesSaid(NamedTuple):
    """An enumeration: its name, what it is, its codes with their labels."""

    name: str
    words: str
    codes: Mapping[str, str]


class TagSaid(NamedTuple):
    """A tag of a service: a page of the reference."""

    service: str
    name: str
    title: str
    words: str
    operations: Sequence[OperationSaid]
    shapes: Sequence[ShapeSaid]
    codes: Sequence[CodesSaid]


class ServiceSaid(NamedTuple):
    """A service, by its document."""

    name: str
    title: str
    words: str
    tags: Sequence[TagSaid]


def service_said(name: str, document: Mapping[str, Any]) -> ServiceSaid:
    """A service's document, in words."""
    info = document["info"]
    return ServiceSaid(name, info["title"], info["description"], [_tag(name, document, tag) for tag in document["tags"]])


def _tag(service: str, document: Mapping[str, Any], tag: Mapping[str, Any]) -> TagSaid:
    specs = [spec for path in document["paths"].values() for spec in path.values() if tag["name"] in spec["tags"]]
    operations = [
        _operation(service, document, method, path, spec)
        for path, methods in document["paths"].items()
        for method, spec in methods.items()
        if tag["name"] in spec["tags"]
    ]
    schemas = document["components"]["schemas"]
    shown = {name: schemas[name] for name in reached((name for spec in specs for name in _used(spec)), schemas)}
    labels = codes()
    return TagSaid(
        service=service,
        name=tag["name"],
        title=tag["x-displayName"],
        words=tag["description"],
        operations=operations,
        shapes=[ShapeSaid(name, _words(one), fields_of(one)) for name, one in shown.items() if "properties" in one],
        codes=[CodesSaid(name, _words(one), _labelled(one, labels.get(name, {}))) for name, one in shown.items() if "enum" in one],
    )


def _labelled(schema: Mapping[str, Any], labels: Mapping[str, str]) -> Mapping[str, str]:
    return {str(code): labels.get(str(code), "") for code in schema["enum"]}


def _words(schema: Mapping[str, Any]) -> str:
    return str(schema.get("description", ""))


def _used(spec: Mapping[str, Any]) -> Iterator[str]:
    """The shapes that an operation takes and gives, its refusals apart."""
    for parameter in spec.get("parameters", ()):
        yield from references(parameter["schema"])
    for answer in (spec.get("requestBody", {}), *spec["responses"].values()):
        if JSON in answer.get("content", {}):
            yield from references(answer["content"][JSON]["schema"])


def _operation(service: str, document: Mapping[str, Any], method: str, path: str, spec: Mapping[str, Any]) -> OperationSaid:
    body = spec.get("requestBody", {}).get("content", {}).get(JSON)
    status, answer = next((status, answer) for status, answer in spec["responses"].items() if status.startswith("2"))
    content = answer.get("content", {}).get(JSON)
    return OperationSaid(
        id=spec["operationId"],
        method=method.upper(),
        path=f"/{service}{path}",
        summary=spec["summary"],
        words=spec["description"],
        who=_who(service, spec["operationId"]),
        parameters=[(PLACES[each["in"]], _parameter(each)) for each in spec.get("parameters", ())],
        body=_name(body),
        body_example=_example(body, document),
        status=status,
        gives=_name(content),
        given_example=_example(content, document),
        refusals=[
            _refusal(status, answer, document) for status, answer in spec["responses"].items() if PROBLEM in answer.get("content", {})
        ],
    )


def _who(service: str, operation: str) -> str:
    """Who may call an operation: everybody, where it is none of a noun's, but a probe."""
    return next((each.who for each in permissions() if (each.service, each.operation) == (service, operation)), who(None))


def _parameter(parameter: Mapping[str, Any]) -> FieldSaid:
    said = {"description": parameter.get("description", ""), **parameter["schema"]}
    return field(parameter["name"], said, required=parameter.get("required", False))


def _name(content: Mapping[str, Any] | None) -> str | None:
    return next(references(content["schema"]), None) if content else None


def _example(content: Mapping[str, Any] | None, document: Mapping[str, Any]) -> str:
    if not content:
        return ""
    if "example" in content:
        value = content["example"]
    elif "examples" in content:
        value = next(iter(content["examples"].values()))["value"]
    else:
        name = _name(content)
        found = document["components"]["schemas"].get(name or "", {}).get("examples", ())
        if not found:
            return ""
        value = found[0]
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _refusal(status: str, answer: Mapping[str, Any], document: Mapping[str, Any]) -> Refusal:
    """A status, and the likeliest problem of it, or those that the shape of its body has an example of."""
    content = answer["content"][PROBLEM]
    shape = document["components"]["schemas"].get(_name(content) or "", {})
    shown = [content["example"]] if "example" in content else shape.get("examples", ())
    types = [each["type"].removeprefix(TYPE_PREFIX) for each in shown if str(each["status"]) == status]
    return Refusal(status, answer["description"], list(dict.fromkeys(types)))
