"""What a schema declares where a value is refused: the example of the field, the names that it might have been."""

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

MOST_NAMES = 40
Annotations = Mapping[str, Any]
"""location, or `location/name` of a single parameter → the type that is declared there."""


def example_at(annotations: Annotations, place: Sequence[str]) -> str:
    """The example of the field at a place, as JSON or as it is written in a parameter; empty when it has none."""
    field, annotation = _field_at(annotations, place)
    found = next(_examples(field, annotation), None)
    if found is None:
        return ""
    return str(found) if place[0] != "body" else json.dumps(found, ensure_ascii=False, default=str)


def names_at(annotations: Annotations, place: Sequence[str]) -> str:
    """The names that an object at a place may have, the nearest to the wrong one first said; empty when it is no object of ours."""
    _, annotation = _field_at(annotations, place[:-1])
    model = next((each for each in _parts(annotation) if _is_model(each)), None)
    if model is None:
        return ""
    names = [info.alias or name for name, info in model.model_fields.items()]
    return suggested(place[-1], names)


def suggested(wrong: str, names: Sequence[str]) -> str:
    """The end of a sentence on a name that is none: the nearest that is one, and all that are permitted."""
    near = get_close_matches(wrong, names, 1, 0.7)
    permitted = ", ".join(names[:MOST_NAMES])
    return f"est-ce {near[0]} ? Permis : {permitted}" if near else f"permis : {permitted}"


def _field_at(annotations: Annotations, place: Sequence[str]) -> tuple[FieldInfo | None, Any]:
    location, *path = place
    if path and f"{location}/{path[0]}" in annotations:
        declared: FieldInfo = annotations[f"{location}/{path[0]}"]
        return declared, declared.annotation
    field: FieldInfo | None = None
    annotation = annotations.get(location)
    for part in path:
        if part.isdecimal():
            annotation = next((get_args(each)[0] for each in _parts(annotation) if get_origin(each) in (list, tuple)), None)
            continue
        model = next((each for each in _parts(annotation) if _is_model(each)), None)
        field = next((info for name, info in model.model_fields.items() if part in (name, info.alias)), None) if model else None
        if field is None:
            return None, None
        annotation = field.annotation
    return field, annotation


def _parts(annotation: Any) -> Iterator[Any]:
    """A type, and what it is an alternative or an annotation of."""
    yield annotation
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _parts(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for each in get_args(annotation):
            yield from _parts(each)


def _examples(field: FieldInfo | None, annotation: Any) -> Iterator[Any]:
    metadata = list(field.metadata) if field else []
    if field:
        yield from field.examples or ()
    for each in _parts(annotation):
        metadata += get_args(each)[1:] if get_origin(each) is Annotated else ()
    for one in metadata:
        yield from getattr(one, "examples", None) or ()
        yield from (getattr(one, "json_schema", None) or {}).get("examples", ())
    for each in _parts(annotation):
        if isinstance(each, type) and issubclass(each, Enum):
            yield next(iter(each)).value
        elif get_origin(each) is list:
            yield from ([inner] for inner in _examples(None, get_args(each)[0]))


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
