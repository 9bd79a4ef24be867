"""Shapes of JSON Schema in words: what a field holds, how far it may go, which codes it may be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from services.contracts.labelled import Labelled

KINDS: Mapping[str, str] = {
    "uuid": "identifiant (UUID)",
    "date": "jour",
    "date-time": "instant",
    "password": "secret",
    "path": "chemin",
    "string": "texte",
    "integer": "entier",
    "number": "nombre",
    "boolean": "true ou false",
    "object": "objet",
    "null": "null",
}
"""How a JSON Schema's type, or format, is said."""
ABSENT = " ou null"
Schema = Mapping[str, Any]


class FieldSaid(NamedTuple):
    """A field: its name, what it holds, what it says, whether it must be there, and the shape or the codes that it refers to."""

    name: str
    kind: str
    words: str
    required: bool
    refers_to: str | None


def codes() -> Mapping[str, Mapping[str, str]]:
    """The enumerations by the name of their class: each code, in order, with its label."""
    return {each.__name__: {code.value: code.label for code in each} for each in Labelled.__subclasses__()}


def fields_of(schema: Schema, *, bounded: bool = True) -> list[FieldSaid]:
    """The fields of an object; `bounded`: how far they may go is said too."""
    needed = schema.get("required", ())
    return [field(name, one, required=name in needed, bounded=bounded) for name, one in schema.get("properties", {}).items()]


def field(name: str, schema: Schema, *, required: bool, bounded: bool = True) -> FieldSaid:
    """One field, or one parameter."""
    return FieldSaid(name, kind_of(schema, bounded=bounded), str(schema.get("description", "")), required, next(references(schema), None))


def references(schema: Schema) -> Iterator[str]:
    """The names of the shapes that a schema refers to by itself, or by its items."""
    if "$ref" in schema:
        yield str(schema["$ref"]).rpartition("/")[2]
    for inner in _inside(schema):
        yield from references(inner)


def reached(names: Iterable[str], schemas: Mapping[str, Any]) -> list[str]:
    """The shapes that some lead to, themselves first, each once."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name in schemas and name not in found:
            found[name] = None
            waiting += [each for one in schemas[name].get("properties", {}).values() for each in references(one)]
    return list(found)


def kind_of(schema: Schema, *, bounded: bool = True) -> str:
    """What a field holds, in words."""
    if options := schema.get("anyOf"):
        kept = [kind_of(option, bounded=bounded) for option in options if option.get("type") != "null"]
        return " ou ".join(dict.fromkeys(kept)) + (ABSENT if len(kept) < len(options) else "")
    if schema.get("type") == "array":
        most = f" de {schema['maxItems']} au plus" if bounded and "maxItems" in schema else ""
        return f"liste{most} : {kind_of(schema['items'], bounded=bounded)}"
    if "$ref" in schema:
        return "code" if str(schema["$ref"]).rpartition("/")[2] in codes() else "objet"
    if "enum" in schema or "const" in schema:
        return ", ".join(map(str, schema.get("enum", [schema.get("const")])))
    kind = KINDS.get(str(schema.get("format")), KINDS[str(schema.get("type", "object"))])
    return kind + (_bounds(schema) if bounded else "")


def _bounds(schema: Schema) -> str:
    """The length of a text, the range of a number."""
    if "maxLength" in schema and "format" not in schema:
        return f" de {schema['maxLength']} caractères au plus"
    if "minimum" in schema and "maximum" in schema:
        return f" de {schema['minimum']} à {schema['maximum']}"
    return f" d'au moins {schema['minimum']}" if "minimum" in schema else ""


def _inside(schema: Schema) -> Sequence[Schema]:
    return [*schema.get("anyOf", ()), *((schema["items"],) if isinstance(schema.get("items"), Mapping) else ())]
