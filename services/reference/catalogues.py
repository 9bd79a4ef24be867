"""What there is to know beside the routes: the states that events carry, and the settings of the processes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from services.contracts.envelope import State
from services.contracts.labelled import Labelled
from services.contracts.registry import STATES
from services.kernel.base.settings import PREFIX, Settings

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
}
"""How a JSON Schema's type, or format, is said."""
ABSENT = " ; absent : null"


class Said(NamedTuple):
    """A field of a state: its name, what it holds, what it says; the codes that it may hold, with their labels."""

    name: str
    kind: str
    words: str
    codes: Mapping[str, str]


class StateSaid(NamedTuple):
    """A state: who publishes it, its `dataschema`, what it is, its fields, and the shapes inside it."""

    service: str
    kind: str
    schema: str
    words: str
    fields: Sequence[Said]
    shapes: Mapping[str, Sequence[Said]]


class SettingSaid(NamedTuple):
    """A setting: its variable, what it holds, its default, what it is for, and an example."""

    variable: str
    kind: str
    default: str
    words: str
    example: str


def states() -> list[StateSaid]:
    """The states that events carry, by service, in the newest shape."""
    return [_state(state) for state in STATES.values()]


def _state(state: type[State]) -> StateSaid:
    schema = state.model_json_schema()
    inner = {name: one for name, one in schema.get("$defs", {}).items() if "properties" in one}
    codes = {each.__name__: {code.value: code.label for code in each} for each in Labelled.__subclasses__()}
    shapes = {str(one.get("description", name)): list(_fields(one, codes)) for name, one in inner.items()}
    return StateSaid(
        service=state.__module__.rpartition(".")[2],
        kind=state.kind,
        schema=state.schema_name(),
        words=" ".join((state.__doc__ or "").split()),
        fields=list(_fields(schema, codes)),
        shapes=shapes,
    )


def _fields(schema: Mapping[str, Any], codes: Mapping[str, Mapping[str, str]]) -> Iterator[Said]:
    for name, one in schema["properties"].items():
        named = [each.rpartition("/")[2] for each in _references(one)]
        held = next((codes[each] for each in named if each in codes), {})
        yield Said(name, _kind(one, held), str(one.get("description", "")), held)


def _references(schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield str(schema["$ref"])
    for inner in (*schema.get("anyOf", ()), *((schema["items"],) if "items" in schema else ())):
        yield from _references(inner)


def _kind(schema: Mapping[str, Any], codes: Mapping[str, str]) -> str:
    if options := schema.get("anyOf"):
        kept = [option for option in options if option.get("type") != "null"]
        absent = ABSENT if len(kept) < len(options) else ""
        return " ou ".join(_kind(option, codes) for option in kept) + absent
    if schema.get("type") == "array":
        return f"liste : {_kind(schema['items'], codes)}"
    if "$ref" in schema:
        return "code" if codes else "objet"
    return KINDS.get(str(schema.get("format")), KINDS[str(schema.get("type", "object"))])


def settings() -> list[SettingSaid]:
    """The settings of the processes, in the order in which they are declared."""
    schema = Settings.model_json_schema()
    found: list[SettingSaid] = []
    for name, one in schema["properties"].items():
        inner = schema["$defs"].get(str(one.get("$ref", "")).rpartition("/")[2], {})
        if "properties" in inner:
            found += [_setting(f"{name}__{part}", each, inner) for part, each in inner["properties"].items()]
        else:
            found.append(_setting(name, one, inner))
    return found


def _setting(name: str, one: Mapping[str, Any], inner: Mapping[str, Any]) -> SettingSaid:
    default = one.get("default")
    if one.get("format") == "password" and default is not None:
        default = Settings.model_fields[name].default.get_secret_value()  # of the code: no secret
    return SettingSaid(
        variable=f"{PREFIX}{name.upper()}",
        kind=", ".join(inner["enum"]) if "enum" in inner else _kind(one, {}).removesuffix(ABSENT) + _between(one),
        default="" if default is None else default if isinstance(default, str) else orjson.dumps(default).decode(),
        words=one["description"],
        example=next((str(each) for each in one.get("examples", ())), ""),
    )


def _between(schema: Mapping[str, Any]) -> str:
    """The bounds of a number, where there are some."""
    bounds = [each for each in (schema, *schema.get("anyOf", ())) if "minimum" in each]
    return f", de {bounds[0]['minimum']} à {bounds[0]['maximum']}" if bounds else ""
