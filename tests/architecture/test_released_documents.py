"""What the last release published still holds for its clients, or the changelog says what does not."""

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.golden import snapshots
from tests.golden.compatibility import breaks, unsaid
from tests.support.api import documents

Document = dict[str, Any]
Change = Callable[[Document], object]
CHANGELOG = snapshots.CHANGELOG.read_text("utf-8")
RELEASED_CHANGELOG = (snapshots.RELEASED / "CHANGELOG.md").read_text("utf-8")
RELEASED = sorted(path.stem for path in snapshots.RELEASED.glob("*.json"))


def released(service: str) -> Document:
    found: Document = json.loads(snapshots.released_path(service).read_text("utf-8"))
    return found


@pytest.mark.parametrize("service", RELEASED)
def test_what_breaks_a_client_of_the_last_release_is_said_in_the_changelog(service: str) -> None:
    found = breaks(released(service), json.loads(snapshots.openapi_text(service)))
    silent = unsaid(found, CHANGELOG, RELEASED_CHANGELOG)
    assert [str(each) for each in silent] == [], (
        "CHANGELOG.md, Unreleased: a line marked **Breaking** that names the operation or the field in backticks, or another way to do it"
    )


def test_every_service_is_compared() -> None:
    assert set(RELEASED) <= documents().keys(), "a service that is gone: say it, and take its document away"
    assert RELEASED


# ── Planted ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def shape(document: Document, name: str) -> Document:
    found: Document = document["components"]["schemas"][name]
    return found


def operation(document: Document, identifier: str) -> Document:
    found: Document
    [found] = [each for path in document["paths"].values() for each in path.values() if each["operationId"] == identifier]
    return found


def parameter(document: Document, identifier: str, name: str) -> Document:
    found: Document = next(each for each in operation(document, identifier)["parameters"] if each["name"] == name)
    return found


def moved(document: Document, old: str, new: str) -> object:
    return document["paths"].update({new: document["paths"].pop(old)})


def required(document: Document, name: str, field: str) -> object:
    return shape(document, name)["required"].append(field)


BREAKING: Mapping[str, tuple[Change, str, str]] = {
    "an operation is gone": (lambda d: d["paths"].pop("/v1/needs/{need_id}/publish"), "publishNeed", ""),
    "a path is called otherwise": (lambda d: moved(d, "/v1/schemes", "/v1/programmes"), "listSchemes", ""),
    "a field of an answer is gone": (
        lambda d: shape(d, "NeedRead")["properties"].pop("filled_count"),
        "readNeed",
        "/responses/200/content/application~1json/schema/properties/filled_count",
    ),
    "a field of an answer may be null": (
        lambda d: shape(d, "NeedRead")["properties"].update(headcount={"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        "listNeeds",
        "/responses/200/content/application~1json/schema/properties/items/items/properties/headcount",
    ),
    "a field of an answer is of another kind": (
        lambda d: shape(d, "EnvelopeRead")["properties"]["ceiling_cents"].update(type="string"),
        "readEnvelope",
        "/responses/200/content/application~1json/schema/properties/ceiling_cents",
    ),
    "a field of a body has become required": (
        lambda d: required(d, "NeedCreate", "description"),
        "createNeed",
        "/requestBody/content/application~1json/schema/properties/description",
    ),
    "a field of a body is refused": (
        lambda d: shape(d, "SchemePatch")["properties"].pop("label"),
        "changeScheme",
        "/requestBody/content/application~1json/schema/properties/label",
    ),
    "a bound of a body is narrower": (
        lambda d: shape(d, "NeedCreate")["properties"]["headcount"].update(maximum=100),
        "createNeed",
        "/requestBody/content/application~1json/schema/properties/headcount/maximum",
    ),
    "a code is no longer taken": (lambda d: shape(d, "Profession")["enum"].remove("ide"), "listNeeds", "/parameters/profession/schema"),
    "a filter is gone": (lambda d: operation(d, "listNeeds")["parameters"].pop(), "listNeeds", "/parameters/status"),
    "a parameter has become required": (
        lambda d: parameter(d, "createNeed", "Idempotency-Key").update(required=True),
        "createNeed",
        "/parameters/Idempotency-Key",
    ),
    "an answer has another status": (
        lambda d: operation(d, "createNeed")["responses"].update({"200": operation(d, "createNeed")["responses"].pop("201")}),
        "createNeed",
        "/responses/201",
    ),
    "a header is no longer given": (
        lambda d: operation(d, "createNeed")["responses"]["201"]["headers"].pop("Location"),
        "createNeed",
        "/responses/201/headers/Location",
    ),
    "a token is wanted": (lambda d: operation(d, "readLiveness").update(security=[{"bearer": []}]), "readLiveness", "/security"),
    "an operation is called otherwise": (lambda d: operation(d, "readNeed").update(operationId="getNeed"), "readNeed", "/operationId"),
}

ADDITIVE: Mapping[str, Change] = {
    "an operation": lambda d: d["paths"].update(
        {"/v1/needs/{need_id}/copy": {"post": {**operation(d, "publishNeed"), "operationId": "x"}}}
    ),
    "a field of an answer": lambda d: shape(d, "NeedRead")["properties"].update(colour={"type": "string"}),
    "a field of an answer that is always there": lambda d: (
        shape(d, "NeedRead")["properties"].update(colour={"type": "string"}),
        required(d, "NeedRead", "colour"),
    ),
    "a field of a body that may be left out": lambda d: shape(d, "NeedCreate")["properties"].update(colour={"type": "string"}),
    "a field of a body that need no longer be given": lambda d: shape(d, "NeedCreate")["required"].remove("expires_on"),
    "a wider bound of a body": lambda d: shape(d, "NeedCreate")["properties"]["headcount"].update(maximum=1_000),
    "a code": lambda d: shape(d, "Profession")["enum"].append("sorcier"),
    "a filter": lambda d: operation(d, "listNeeds")["parameters"].append({"name": "colour", "in": "query", "schema": {"type": "string"}}),
    "a refusal": lambda d: operation(d, "readNeed")["responses"].update({"410": {"description": "Parti"}}),
    "a header": lambda d: operation(d, "readNeed")["responses"]["200"]["headers"].update({"X-New": {"schema": {"type": "string"}}}),
    "another name of a shape": lambda d: json.dumps(d).replace("NeedRead", "Need"),
    "another name of a path's parameter": lambda d: (
        moved(d, "/v1/needs/{need_id}", "/v1/needs/{id}"),
        parameter(d, "readNeed", "need_id").update(name="id"),
    ),
    "words, examples and servers": lambda d: (
        d.update(servers=[]),
        shape(d, "NeedRead").update(description="Autre chose.", examples=[]),
        operation(d, "readNeed").update(summary="Autre chose", tags=["other"]),
    ),
    "a field of an answer is never null again": lambda d: shape(d, "NeedRead")["properties"].update(commune={"type": "string"}),
    "null in a body": lambda d: shape(d, "NeedCreate")["properties"].update(
        headcount={"anyOf": [shape(d, "NeedCreate")["properties"]["headcount"], {"type": "null"}]}
    ),
}


def changed(change: Change) -> tuple[Document, Document]:
    old = json.loads(snapshots.openapi_text("recruitment"))
    new = copy.deepcopy(old)
    made = change(new)
    return old, json.loads(made) if isinstance(made, str) else new


@pytest.mark.parametrize("planted", BREAKING)
def test_a_breaking_change_is_found_where_it_is(planted: str) -> None:
    change, identifier, pointer = BREAKING[planted]
    found = breaks(*changed(change))
    assert [each for each in found if (each.operation, each.pointer) == (identifier, pointer)], [str(each) for each in found]


@pytest.mark.parametrize("planted", ADDITIVE)
def test_an_addition_passes(planted: str) -> None:
    old, new = changed(ADDITIVE[planted])
    assert old != new
    assert [str(each) for each in breaks(old, new)] == []


def test_ten_of_each_are_planted() -> None:
    assert min(len(BREAKING), len(ADDITIVE)) >= 10


OLD_LINE = "## Unreleased\n\n- **Breaking**: `filled_count` is gone.\n"


@pytest.mark.parametrize(
    ("line", "silent"),
    [
        ("", True),
        ("- `filled_count` is gone.\n", True),
        ("- **Breaking**: something else than `headcount`.\n", True),
        ("- **Breaking**: posts that are filled\n  are no longer in `filled_count`.\n", False),
    ],
)
def test_a_breaking_change_wants_a_line_that_marks_and_names_it(line: str, silent: bool) -> None:
    found = breaks(*changed(BREAKING["a field of an answer is gone"][0]))
    assert bool(unsaid(found, f"## Unreleased\n\n{line}", "")) == silent


def test_a_line_of_the_last_release_says_nothing_of_this_one() -> None:
    found = breaks(*changed(BREAKING["a field of an answer is gone"][0]))
    assert not unsaid(found, OLD_LINE, "")
    assert unsaid(found, OLD_LINE, OLD_LINE)


def test_two_patterns_of_a_text_are_the_one_that_says_both() -> None:
    old, new = changed(
        lambda d: shape(d, "SchemeCreate")["properties"]["label"].update(allOf=[{"pattern": "^[^a]*$"}, {"pattern": "[^ ]"}], pattern="")
    )
    shape(old, "SchemeCreate")["properties"]["label"].update(pattern="^[^a]*[^a ][^a]*$")
    shape(new, "SchemeCreate")["properties"]["label"].pop("pattern")
    assert breaks(new, old) == []
    shape(old, "SchemeCreate")["properties"]["label"].update(pattern="^[^ab]*[^ab ][^ab]*$")
    assert [each.pointer.rpartition("/")[2] for each in breaks(new, old)] == ["pattern"]
