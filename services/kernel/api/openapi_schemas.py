"""The shapes of the OpenAPI document, without what frameworks add for programs of their own, with what generators need."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from services.contracts.labelled import Labelled

PREFIX = "#/components/schemas/"
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def name_as_classes(made: dict[str, Any]) -> None:
    """Calls each component as its class is called: `UnitPage`, where the framework says `Page_UnitRead_`, or a path of modules.

    Raises `TypeError` when two classes have one name.
    """
    schemas: dict[str, Any] = made["components"]["schemas"]
    names = {key: str(schema.get("title", key)) for key, schema in schemas.items()}
    if twice := sorted(name for name, count in Counter(names.values()).items() if count > 1):
        raise TypeError(f"{', '.join(twice)} : plusieurs formes du document OpenAPI portent ce nom.")
    made["components"]["schemas"] = {names[key]: schema for key, schema in sorted(schemas.items())}
    _refer(made, {PREFIX + key: PREFIX + name for key, name in names.items()})


def _refer(part: Any, names: Mapping[str, str]) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            part["$ref"] = names.get(part["$ref"], part["$ref"])
        for each in part.values():
            _refer(each, names)
    elif isinstance(part, list):
        for each in part:
            _refer(each, names)


def tidy(schemas: dict[str, Any]) -> None:
    """Makes the components ready for people and generators: no titles, whole bounds of integers, names and labels of codes."""
    named = {(each.__name__, _values(each)): each for each in _enumerations(Enum)}
    for name, schema in schemas.items():
        for part in each_schema(schema):
            _tidy_one(part)
        if enumeration := named.get((name, tuple(schema.get("enum", ())))):
            schema["x-enum-varnames"] = [member.name for member in enumeration]
            if issubclass(enumeration, Labelled):
                schema["x-enum-descriptions"] = [member.label for member in enumeration]


def sent_without_defaults(made: Mapping[str, Any]) -> None:
    """Says the defaults of what is sent in words: where a field has a `default`, generators make it one that must be given."""
    schemas: dict[str, Any] = made["components"]["schemas"]
    sent: set[str] = set()
    bodies = [operation["requestBody"] for path in made["paths"].values() for operation in path.values() if "requestBody" in operation]
    waiting = [content["schema"] for body in bodies for content in body["content"].values()]
    while waiting:
        for schema in each_schema(waiting.pop()):
            name = schema.get("$ref", "").removeprefix(PREFIX)
            if name and name not in sent:
                sent.add(name)
                waiting.append(schemas[name])
            if (default := schema.pop("default", None)) is not None:
                said = schema.get("description", "").rstrip(".")
                schema["description"] = f"{said} ; par défaut `{json.dumps(default, ensure_ascii=False)}`."


def tidy_parameter(parameter: dict[str, Any]) -> None:
    """The same for a parameter, whose description stands beside its schema."""
    for part in each_schema(parameter["schema"]):
        _tidy_one(part)
    parameter["schema"].pop("description", None)


def each_schema(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema, and every schema written inside it."""
    yield schema
    inner = [*schema.get("properties", {}).values()]
    for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        inner += schema.get(word, ())
    inner += [schema[word] for word in ("items", "additionalProperties") if isinstance(schema.get(word), dict)]
    for each in inner:
        yield from each_schema(each)


def _tidy_one(schema: dict[str, Any]) -> None:
    for example in schema.get("examples", ()):
        _put_nulls_back(schema, example)
    schema.pop("title", None)  # a name in English that nobody wrote
    if schema.get("type") == "integer":
        schema.update({bound: int(schema[bound]) for bound in BOUNDS if bound in schema})


def _put_nulls_back(schema: Mapping[str, Any], example: Any) -> None:
    """The framework takes the nulls out of examples: those of fields that are never absent belong there."""
    for name in schema.get("required", ()):
        if isinstance(example, dict) and {"type": "null"} in schema["properties"][name].get("anyOf", ()):
            example.setdefault(name, None)


def _values(enumeration: type[Enum]) -> tuple[Any, ...]:
    return tuple(member.value for member in enumeration)


def _enumerations(base: type[Enum]) -> Iterator[type[Enum]]:
    for each in base.__subclasses__():
        yield each
        yield from _enumerations(each)
