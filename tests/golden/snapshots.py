"""What this release promises to others, as committed files: OpenAPI documents, event types, an example of every state number."""

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.contracts.envelope import State
from services.plam import SERVICES
from tests.support.api import documents

GOLDEN = Path(__file__).parent
ROOT = GOLDEN.parents[1]
RELEASED = GOLDEN / "released"
CHANGELOG = ROOT / "CHANGELOG.md"
STATES = GOLDEN / "states"
EVENTS = GOLDEN / "events.txt"
BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "pattern"}
EVENT_TYPE = re.compile(r"^([a-z]+)\.([a-z_]+)\.([a-z_]+)$")


# ── OpenAPI ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def openapi_path(service: str) -> Path:
    """Where a service's document is kept."""
    return GOLDEN / "openapi" / f"{service}.json"


def openapi_text(service: str) -> str:
    """A service's document as it is now."""
    return json.dumps(documents()[service], ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def released_path(service: str) -> Path:
    """Where a service's document is kept as the last release published it."""
    return RELEASED / f"{service}.json"


# ── States ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def state_path(state: type[State], number: int | None = None) -> Path:
    """Where the example of a state number is kept, for ever."""
    return STATES / f"{state.kind}-{number or state.number}.json"


def state_hash(state: type[State]) -> str:
    """A hash of a state's shape: its fields and their types, not what is said of them, nor how far a value may go."""
    return hashlib.sha256(json.dumps(_shape(state.model_json_schema()), sort_keys=True).encode()).hexdigest()


def _shape(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_shape(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    said = {name for name in ("title", "description") if isinstance(schema.get(name), str)}
    bounds = {name for name in BOUNDS if not isinstance(schema.get(name), dict)}  # a dictionary: a field of that name
    return {name: _shape(value) for name, value in schema.items() if name not in said | bounds}


# ── Events ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def event_types() -> tuple[set[str], set[str]]:
    """The event types that the services' sources write in full, and the patterns (`access.*.created`) of those that they put together."""
    types: set[str] = set()
    patterns: set[str] = {f"{service.name}.*.restated" for service in SERVICES if service.consumers}  # the kernel's `resync`
    for service in SERVICES:
        for path in sorted((ROOT / "services" / f"{service.name}_api").rglob("*.py")):
            for text in _texts(ast.parse(path.read_text("utf-8"))):
                found = EVENT_TYPE.match(text.replace("*", "x"))
                if found and found[1] == service.name:
                    (patterns if "*" in text else types).add(text)
    return types, patterns


def _texts(tree: ast.Module) -> Iterator[str]:
    keys = {node for call in ast.walk(tree) if isinstance(call, ast.Call) and ast.unparse(call.func) == "ForeignKey" for node in call.args}
    inner = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in keys and node not in inner:
            yield node.value


def known_events() -> list[str]:
    """The committed event types."""
    return EVENTS.read_text("utf-8").splitlines()


def matches(pattern: str, event: str) -> bool:
    """Whether an event type is one of those that a pattern stands for."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", "[a-z_]+"), event) is not None
