"""The examples of the OpenAPI document: what a shape looks like, from the examples that it and its fields declare."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.kernel.api.openapi_schemas import PREFIX

ALLOWED = "allowed_operations"
BY_FORMAT = {
    "uuid": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    "date": "2026-11-22",
    "date-time": "2026-11-22T09:30:00Z",
}


class Examples:
    """The examples of shapes, with the document's components by their names. `allowed` are operations that a caller may ask for."""

    def __init__(self, schemas: Mapping[str, Any], allowed: Sequence[str]) -> None:
        self.schemas = schemas
        self._allowed = list(allowed)

    def of(self, schema: Mapping[str, Any], place: str) -> Any:
        """A value of a shape: its own example, or else one made of those of its parts, without what may be absent.

        Raises `LookupError`, naming the `place`, for a text or a number of which nobody says what it looks like.
        """
        if place.rpartition(".")[2] == ALLOWED:
            return self._allowed
        if schema.get("examples"):
            return schema["examples"][0]
        if "$ref" in schema:
            return self.of(self.resolved(schema), place)
        if "const" in schema or "enum" in schema:
            return schema["const"] if "const" in schema else schema["enum"][0]
        if options := schema.get("anyOf") or schema.get("oneOf"):
            return self.of(options[0], place)
        return self._of_type(schema, place)

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The component that a reference names; a schema that is none, as it is."""
        found: Mapping[str, Any] = self.schemas[schema["$ref"].removeprefix(PREFIX)] if "$ref" in schema else schema
        return found

    def _of_type(self, schema: Mapping[str, Any], place: str) -> Any:
        kind = schema.get("type")
        if kind == "object":
            required = schema.get("required", ())
            return {name: self.of(each, f"{place}.{name}") for name, each in schema.get("properties", {}).items() if name in required}
        if kind == "array":
            return [self.of(schema["items"], f"{place}[]")]
        if kind in ("boolean", "null"):
            return False if kind == "boolean" else None
        if schema.get("format") in BY_FORMAT:
            return BY_FORMAT[schema["format"]]
        raise LookupError(f"{place} n'a pas d'exemple : {dict(schema)}")
