"""One OpenAPI document of the whole system, from those of its services."""

from collections.abc import Mapping
from typing import Any

REFERENCE = "#/components/schemas/"


def merged(documents: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The services' documents side by side: paths begin with the service's name, and so do the names of its schemas."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    security: dict[str, Any] = {}
    for service, document in documents.items():
        own = _renamed(document, service)
        paths |= {f"/{service}{path}": methods for path, methods in own["paths"].items()}
        components = own.get("components", {})
        schemas |= {f"{service}.{name}": schema for name, schema in components.get("schemas", {}).items()}
        security |= components.get("securitySchemes", {})
    return {
        "openapi": next(iter(documents.values()))["openapi"],
        "info": {"title": "PlaM", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": security},
    }


def _renamed(value: Any, service: str) -> Any:
    if isinstance(value, dict):
        return {
            key: f"{REFERENCE}{service}.{inner.removeprefix(REFERENCE)}"
            if key == "$ref" and isinstance(inner, str)
            else _renamed(inner, service)
            for key, inner in value.items()
        }
    return [_renamed(inner, service) for inner in value] if isinstance(value, list) else value
