"""Free text: what a person may write, what is refused, and that no body takes text in another way."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from services.kernel.base.fields import Code, Line, Paragraphs
from tests.support.api import apps

INVISIBLE = ["\u00ad", "\u061c", "\u180e", "\u3164", "\U000e0041", "\ufffe", "\u2028", "\u200b", "\u034f", "\u115f", "\uffa0"]
BLANK = [" ", "\u00a0", "\u2800", "\ufe0f", "\u2003\u2800"]
NIRS = [
    "295109912611193",
    "2 95 10 99 126 111 93",
    "2-95-10-99-126-111-93",
    "2\u00a095\u00a010\u00a099\u00a0126\u00a0111\u00a093",
    "185122A00400790",
    "1 85 12 2a 004 007 90",
    "185122B00400720",
]

line, paragraphs, code = TypeAdapter[str](Line), TypeAdapter[str](Paragraphs), TypeAdapter[str](Code)


@pytest.mark.parametrize("text", [*INVISIBLE, *(f"Ti{character}tre" for character in INVISIBLE), *BLANK, ""], ids=ascii)
@pytest.mark.parametrize("type_", [line, paragraphs], ids=["line", "paragraphs"])
def test_b7_a_text_that_shows_nothing_or_hides_something_is_refused(type_: TypeAdapter[str], text: str) -> None:
    with pytest.raises(ValidationError):
        type_.validate_python(text)


@pytest.mark.parametrize("number", NIRS, ids=ascii)
@pytest.mark.parametrize("around", ["{}", "Mme L., NIR {}.", "n°{}", "12 {} 34", "({})"])
@pytest.mark.parametrize("type_", [line, paragraphs], ids=["line", "paragraphs"])
def test_a_national_number_is_refused_wherever_it_stands(type_: TypeAdapter[str], around: str, number: str) -> None:
    with pytest.raises(ValidationError, match="NIR"):
        type_.validate_python(around.format(number))


def test_a_national_number_is_no_code() -> None:
    with pytest.raises(ValidationError, match="NIR"):
        code.validate_python("295109912611193")


@pytest.mark.parametrize(
    "text",
    [
        "L\u2019été à Saint\u2011Nazaire",
        "\u2714\ufe0f Tenu",
        "295109912611194",  # its key is wrong
        "2951099126111",  # 13 digits without a key may be any number
        "SIRET 26440136400471",
        "9295109912611193",
        "02 40 12 34 56, 02 40 99 88 77",
        "FR76 3000 4000 5000 6000 7000 189",
    ],
)
def test_what_people_write_passes(text: str) -> None:
    assert line.validate_python(text) == text
    assert paragraphs.validate_python(text) == text


def test_no_body_takes_text_of_another_type() -> None:
    """A text without one of the house's patterns would let through what these refuse."""
    free: list[str] = []
    for service, app in apps().items():
        document = app.openapi()
        bodies = {name for path in document["paths"].values() for one in path.values() for name in _bodies(one)}
        schemas = document["components"]["schemas"]
        free += [f"{service} {name} {at}" for name in sorted(bodies) for at in _free(schemas[name], schemas)]
    assert free == []


def _bodies(operation: dict[str, Any]) -> list[str]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return [body["$ref"].rpartition("/")[2]] if "$ref" in body else []


def _free(schema: Any, schemas: dict[str, Any], at: str = "#") -> list[str]:
    if not schema:
        return []
    if isinstance(schema, list):
        return [found for one in schema for found in _free(one, schemas, at)]
    if "$ref" in schema:
        return _free(schemas[schema["$ref"].rpartition("/")[2]], schemas, at)
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format", "pattern", "allOf"}:
        return [at]
    inner = [("", schema.get("items", {})), ("", schema.get("anyOf", [])), *schema.get("properties", {}).items()]
    return [found for name, one in inner for found in _free(one, schemas, f"{at}/{name}" if name else at)]
