"""What there is to know beside the documents: the states that events carry, the settings of the processes, the rights of callers."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from services.contracts.codes import STAFF, Role
from services.contracts.envelope import State
from services.contracts.registry import STATES
from services.kernel.api.openapi import summary_of
from services.kernel.api.rights import Extent, Rights, published
from services.kernel.base.settings import PREFIX, Settings
from services.reference.shapes import ABSENT, FieldSaid, fields_of, kind_of


class StateSaid(NamedTuple):
    """A state: who publishes it, its `dataschema`, what it is, its fields, and the shapes inside it."""

    service: str
    kind: str
    schema: str
    words: str
    fields: Sequence[FieldSaid]
    shapes: Mapping[str, tuple[str, Sequence[FieldSaid]]]


class SettingSaid(NamedTuple):
    """A setting: its variable, what it holds, its default, what it is for, and an example."""

    variable: str
    kind: str
    default: str
    words: str
    example: str


class PermissionSaid(NamedTuple):
    """An operation, and who may ask for it, in a sentence."""

    service: str
    operation: str
    summary: str
    who: str


def permissions() -> list[PermissionSaid]:
    """Who may ask for each operation of each service, by address."""
    return [PermissionSaid(each.service, each.operation, summary_of(each.words), who(each.rights)) for each in published()]


def who(rights: Rights | None) -> str:
    """Rights in words: the roles of each extent."""
    if rights is None:
        return "tout le monde, sans jeton"
    by_extent = {extent: [right.role for right in rights if right.extent is extent] for extent in Extent}
    first = next(iter(found for found in by_extent.values() if found))
    return " ; ".join(f"{_roles(roles, first)} ({extent.label.lower()})" for extent, roles in by_extent.items() if roles)


def _roles(roles: Sequence[Role], first: Sequence[Role]) -> str:
    """Roles in words: all, all but the first ones, or each."""
    if set(STAFF) <= set(roles):
        return "tous les rôles"
    return "les autres rôles" if set(STAFF) - set(first) == set(roles) else ", ".join(role.label for role in roles)


def states() -> list[StateSaid]:
    """The states that events carry, by service, in the newest shape."""
    return [_state(state) for state in STATES.values()]


def _state(state: type[State]) -> StateSaid:
    schema = state.model_json_schema()
    inner = {name: one for name, one in schema.get("$defs", {}).items() if "properties" in one}
    return StateSaid(
        service=state.__module__.rpartition(".")[2],
        kind=state.kind,
        schema=state.schema_name(),
        words=" ".join((state.__doc__ or "").split()),
        fields=fields_of(schema, bounded=False),
        shapes={name: (str(one.get("description", name)), fields_of(one, bounded=False)) for name, one in inner.items()},
    )


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
        kind=", ".join(inner["enum"]) if "enum" in inner else kind_of(one).removesuffix(ABSENT),
        default="" if default is None else default if isinstance(default, str) else orjson.dumps(default).decode(),
        words=one["description"],
        example=next((str(each) for each in one.get("examples", ())), ""),
    )
