"""Free text: what a person may write, what is refused, and that no body takes text in another way."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import update
from sqlmodel import col

from services.access_api.addresses import Address, Telephone
from services.actions_api.actions.tables import Action
from services.internships_api.placements.schemas import LearnerRef
from services.kernel.base.fields import Code, Line, Paragraphs
from services.kernel.data.database import Databases
from services.recruitment_api.applications.schemas import CandidateRef
from tests.support.actions import an_action
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
    "2 95 10 99 126 111 clé 93",
    "2951099126111 (93)",
    "2 9 5 1 0 9 9 1 2 6 1 1 1 9 3",
    "2-9-5-1-0-9-9-1-2-6-1-1-1-9-3",
    "29 51 09 91 26 11 19 3",
    "295 109 912 611 193",
    "2 95 10 99 126 111, clef n° 93",
    "2    95    10    99    126    111    93",
    "2/95/10/99/126/111/93",
    "2\u201195\u201110\u201199\u2011126\u2011111\u201193",
    "2 \u2013 95 \u2013 10 \u2013 99 \u2013 126 \u2013 111 \u2013 93",
    "2\u280095\u280010\u280099\u2800126\u2800111\u280093",
    "2\ufe0f95\ufe0f1099126\ufe0f11193",
    "\uff12\uff19\uff15\uff11\uff10\uff19\uff19\uff11\uff12\uff16\uff11\uff11\uff11\uff19\uff13",
]

KNOWN = {TypeAdapter(type_).json_schema()["pattern"] for type_ in (Line, Paragraphs, Code, CandidateRef, LearnerRef, Address, Telephone)}
"""The patterns of free text, and of the codes that stand for something or somebody, or reach somebody."""

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


@pytest.mark.parametrize("type_", [code, TypeAdapter[str](CandidateRef)], ids=["code", "candidate"])
@pytest.mark.parametrize("number", ["185122A00400790", "NIR-295109912611193"])
def test_a_national_number_is_no_code(type_: TypeAdapter[str], number: str) -> None:
    with pytest.raises(ValidationError, match="NIR"):
        type_.validate_python(number)


@pytest.mark.parametrize("marks", ["\u0301" * 50_000 + "\u0323" * 50_000, "\u0301" * 3_000 + "\u0323" * 3_000, "\u0301" * 31])
def test_a_heap_of_accents_is_refused_before_it_is_composed(marks: str) -> None:
    """Composing takes the square of their number: this test would take minutes."""
    for type_ in (line, paragraphs):
        with pytest.raises(ValidationError):
            type_.validate_python(f"a{marks}")
    assert line.validate_python("e\u0301\u0323") == "\u1eb9\u0301"


def test_the_published_pattern_needs_no_flag_of_whoever_reads_it() -> None:
    """ECMAScript without its flag `u` reads a character beyond the first plane as two."""
    for type_ in (line, paragraphs, code):
        assert all(ord(character) < 0x10000 for character in json.dumps(type_.json_schema(), ensure_ascii=False))


async def test_a_text_older_than_a_rule_keeps_nobody_from_changing_another_field(steering: httpx.AsyncClient, databases: Databases) -> None:
    made = await an_action(steering)
    async with databases.open("actions") as db:
        await db.fetch(update(Action).where(col(Action.id) == UUID(made["id"])).values(title="Un trait d\u00adunion mou"))
    head = {"If-Match": f'"{made["version"]}"'}
    refused = await steering.patch(f"/actions/v1/actions/{made['id']}", json={"title": "Un autre\u00ad"}, headers=head)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/title")
    crossed = {"starts_on": "2027-01-01", "ends_on": "2026-01-01"}
    refused = await steering.patch(f"/actions/v1/actions/{made['id']}", json=crossed, headers=head)
    assert (refused.status_code, refused.json()["errors"][0]["location"]) == (422, "body"), "rules between fields are asked all the same"
    changed = await steering.patch(f"/actions/v1/actions/{made['id']}", json={"weight": 2}, headers=head)
    assert (changed.status_code, changed.json()["weight"]) == (200, 2)


@pytest.mark.parametrize(
    "text",
    [
        "L\u2019été à Saint\u2011Nazaire",
        "\u2714\ufe0f Tenu",
        "295109912611194",  # its key is wrong
        "2951099126111",  # 13 digits without a key may be any number
        "SIRET 26440136400471",
        *(f"SIRET 26440136400471 {places} places" for places in range(100)),
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
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format"}:
        return [] if schema.get("pattern") in KNOWN else [f"{at}: {schema.get('pattern')}"]
    inner = [("", schema.get(name, {})) for name in ("items", "anyOf", "oneOf", "allOf", "additionalProperties")]
    inner += schema.get("properties", {}).items()
    return [found for name, one in inner for found in _free(one, schemas, f"{at}/{name}" if name else at)]
