"""Every hostile request that an OpenAPI document lets one think of: for each field, parameter, header and body of an operation."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from typing import Any
from urllib.parse import quote
from uuid import UUID

from services.kernel.base import ids
from tests.support.api import Operation

MIB = 1 << 20
JSON = "application/json"
NOBODY = str(UUID(int=0x0199A1B2_C3D4_7E5F_8A9B_0C1D2E3F4A5B))
SERVER_OWNED = ("id", "version", "created_by", "created_at", "updated_by", "updated_at", "status", "history", "document", "document_schema")
BODY_STATUSES = frozenset({400, 413, 415, 422})
PROBES = ("livez", "readyz", "metrics")
FORMULA = "=cmd|' /C calc'!A0"
SAMPLES = (
    "Texte", "A1", "a1", "44", "44109", "K06", "2026", "2026-2027", "123456789", "AB-1", "0440001J", "440000271", "26440013600018",
    "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "AAAAAAAAAAAAAAAAAAAAAA", "2026-11-22", "2026-11-22T09:30:00Z", "department", "x" * 22,
)  # fmt: skip


@dataclass(frozen=True)
class Raw:
    """JSON text that no serialiser writes: `1e400`, `NaN`, an escaped lone surrogate."""

    text: str


@dataclass(frozen=True)
class Case:
    """One hostile request, and what has to come back: one of `statuses`, naming `names` if that is given."""

    label: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    chunked: bool = False
    statuses: frozenset[int] = BODY_STATUSES
    names: str | None = None
    tolerated: bool = False
    """Whether it may also be accepted: then only a 5xx is a failure, and text has to come back as it was sent."""


def sound(operation: Operation) -> tuple[str, dict[str, str], Any]:
    """A request of an operation that has nothing wrong with it but ids of nothing: target, headers, body."""
    path = operation.path
    for parameter in operation.parameters("path"):
        path = path.replace(f"{{{parameter['name']}}}", quote(_text(example(operation, parameter["schema"], parameter)), safe=""))
    needed = [parameter for parameter in operation.parameters("query") if parameter.get("required")]
    query = "&".join(f"{p['name']}={quote(_text(example(operation, p['schema'], p)))}" for p in needed)
    headers = {}
    for parameter in operation.parameters("header"):
        if parameter["name"] == "If-Match":
            headers["If-Match"] = '"1"'
        elif parameter.get("required"):
            headers[parameter["name"]] = ids.new().hex if parameter["name"] == "Idempotency-Key" else "1"
    body = example(operation, operation.body) if operation.body else None
    return f"{path}?{query}".rstrip("?"), headers, body


def example(operation: Operation, given: Mapping[str, Any], *declarations: Mapping[str, Any]) -> Any:
    """A value that a schema accepts: one of its examples, or else the first of our samples that fits."""
    schema = operation.resolved(given)
    for declared in (*declarations, given, schema):
        found = declared.get("examples")
        if found:
            return found[0] if isinstance(found, list) else next(iter(found.values()))["value"]
    if "enum" in schema or "const" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    options = schema.get("anyOf") or schema.get("oneOf")
    return example(operation, options[0]) if options else _of_type(operation, schema)


def _of_type(operation: Operation, schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "object":
        required = schema.get("required", ())
        return {name: example(operation, each) for name, each in schema.get("properties", {}).items() if name in required}
    if kind == "array":
        return [example(operation, schema["items"])] * schema.get("minItems", 1)
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return True if kind == "boolean" else _sample(schema)


def _sample(schema: Mapping[str, Any]) -> str:
    by_format = {"uuid": NOBODY, "date": "2026-11-22", "date-time": "2026-11-22T09:30:00Z"}
    if schema.get("format") in by_format:
        return by_format[schema["format"]]
    for sample in SAMPLES:
        fits = schema.get("minLength", 0) <= len(sample) <= schema.get("maxLength", len(sample))
        if fits and re.search(schema.get("pattern", ""), sample):
            return sample
    raise LookupError(f"no sample fits {schema}: give the field an example")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


# ── Values, by the kind of a field ────────────────────────────────────────────────────────────────────────────────────────────────

Value = tuple[str, Any]


def refused_values(operation: Operation, given: Mapping[str, Any]) -> Iterator[Value]:
    """Values that a field of a body has to refuse."""
    schema = operation.resolved(given)
    kind = schema.get("type")
    if not (schema.get("nullable") or kind in (None, "null")):
        yield "null", None
    if "enum" in schema or "const" in schema:
        yield from (("no member", "x"), ("NUL", "x\x00"), ("empty", ""), ("number", 1), ("list", ["x"]), ("object", {}))
    elif kind == "string":
        yield from _refused_strings(schema)
    elif kind in ("integer", "number"):
        yield from _refused_numbers(schema)
    elif kind == "boolean":
        yield from (("1 for true", 1), ("0 for false", 0), ("text", "true"), ("yes", "yes"), ("list", [True]), ("object", {}))
    elif kind == "array":
        one = example(operation, schema["items"])
        yield from (("text", "x"), ("object", {}), ("number", 1), ("true", True), ("nested", [[[]]]))
        yield "too many", [one] * (schema.get("maxItems", 1_000) + 1)
        if schema.get("uniqueItems"):
            yield "twice", [one, one]
        for label, value in refused_values(operation, schema["items"]):
            yield f"item {label}", [value]
    elif kind == "object":
        yield from (("text", "x"), ("list", []), ("number", 1), ("unknown field", {"surprise": 1}))


def _refused_strings(schema: Mapping[str, Any]) -> Iterator[Value]:
    yield from (("number", 1), ("true", True), ("list", []), ("object", {}))
    yield from (("NUL", "a\x00b"), ("lone surrogate", Raw('"\\ud800"')), ("reversed surrogates", Raw('"\\udc00\\ud800"')))
    if schema.get("format") in ("date", "date-time"):
        yield from (("empty", ""), ("29 February", "2023-02-29"), ("year 1", "0001-01-01"), ("year 9999", "9999-12-31"))
        yield from (("month 13", "2026-13-01"), ("no zeros", "2026-1-1"), ("compact", "20261122"), ("words", "demain"))
        yield from (("full-width", "２０２６-11-22"), ("number", 1_764_000_000), ("huge", 10**30), ("time zone", "2026-11-22+02:00"))
        naive = "2026-11-22T09:30:00"
        yield from (("before 1900 in UTC", "1900-01-01T00:00:00+23:59"), ("after 2199 in UTC", "2199-12-31T23:59:59-23:59"))
        yield from (("naive", naive), ("hour 25", "2026-11-22T25:00:00Z"), ("year 1 instant", "0001-01-01T00:00:00+14:00"))
        return
    if schema.get("format") == "uuid":
        yield from (("empty", ""), ("word", "x"), ("too long", "0" * 33), ("bad digits", "g" * 32))
        return
    for label, character in (
        ("escape", "\x1b"), ("C1", "\x85"), ("DEL", "\x7f"), ("bidi override", "\u202e"), ("bidi isolate", "\u2066"),
        ("zero width", "\u200b"), ("joiner", "\u200d"), ("BOM inside", "\ufeff"), ("line separator", "\u2028"), ("annotation", "\ufff9"),
    ):  # fmt: skip
        yield label, f"a{character}b"
    yield from (("empty", ""), ("blank", " "), ("no-break blank", "\xa0\u3000"))
    yield "too long", "x" * (schema.get("maxLength", 100_000) + 1)


def _refused_numbers(schema: Mapping[str, Any]) -> Iterator[Value]:
    yield from (("text", "1"), ("true", True), ("false", False), ("empty", ""), ("list", [1]), ("object", {}))
    if schema.get("type") == "integer":
        yield "half", 1.5
    yield from (("over int64", 2**63), ("under int64", -(2**63) - 1), ("10^30", 10**30))
    yield from (("1e400", Raw("1e400")), ("-1e400", Raw("-1e400")), ("1e30", Raw("1e30")))
    yield from (("NaN", Raw("NaN")), ("Infinity", Raw("Infinity")), ("-Infinity", Raw("-Infinity")))
    yield "5,000 digits", Raw("9" * 5_000)
    if "minimum" in schema:
        yield "under the minimum", schema["minimum"] - 1
    if "maximum" in schema:
        yield "over the maximum", schema["maximum"] + 1


def tolerated_values(operation: Operation, given: Mapping[str, Any]) -> Iterator[Value]:
    """Values that look bad and may be right: formulas, emoji, decomposed accents, SQL, -0."""
    schema = operation.resolved(given)
    if schema.get("type") == "string" and "format" not in schema and "enum" not in schema:
        texts = (
            FORMULA,
            "+1+1",
            "@SUM(A1)",
            "🩺👩🏽‍⚕",
            "Cafe\u0301",
            "'; DROP TABLE action; --",
            "%",
            "_\\",
            "<script>alert(1)</script>",
            "a" * 40,
            "${jndi:x}",
        )
        yield from ((f"text {text[:12]!a}", text) for text in texts)
    elif schema.get("type") in ("integer", "number"):
        yield from (("-0", Raw("-0")), ("1.0", Raw("1.0")), ("int32 + 1", 2**31), ("int64", 2**63 - 1))


@cache
def big() -> bytes:
    """A body of 32 MiB."""
    return b'{"x":"' + b"x" * 32 * MIB + b'"}'


# ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def encoded(value: Any) -> bytes:
    """A body as JSON, with the raw parts in their places."""
    raw: list[str] = []

    def mark(part: Any) -> str:
        assert isinstance(part, Raw)
        raw.append(part.text)
        return f"\x01{len(raw) - 1}\x01"

    text = json.dumps(value, default=mark)
    for index, each in enumerate(raw):
        text = text.replace(f'"\\u0001{index}\\u0001"', each)
    return text.encode()


def of_body(operation: Operation) -> Iterator[Case]:
    """Hostile bodies: every field in turn, then the body as a whole."""
    if operation.body is None:
        return
    target, given, body = sound(operation)
    headers = (*given.items(), ("content-type", JSON))
    properties: Mapping[str, Any] = operation.body.get("properties", {})
    for name, schema in properties.items():
        for label, value in refused_values(operation, schema):
            yield Case(f"{name}: {label}", target, headers, encoded({**body, name: value}), names=f"#/{name}")
        for label, value in tolerated_values(operation, schema):
            yield Case(f"{name}: {label}", target, headers, encoded({**body, name: value}), names=f"#/{name}", tolerated=True)
        yield from _within(operation, Case("", target, headers), body, name, schema)
        once = encoded({name: body.get(name, example(operation, schema))}).decode()[1:-1]
        others = encoded({key: value for key, value in body.items() if key != name}).decode()[1:-1]
        twice = f"{{{', '.join(part for part in (others, once, once) if part)}}}".encode()
        yield Case(f"{name}: twice", target, headers, twice, names=f"#/{name}", statuses=frozenset({400}))
    for name in operation.body.get("required", ()):
        yield Case(
            f"{name}: missing", target, headers, encoded({key: value for key, value in body.items() if key != name}), names=f"#/{name}"
        )
    for name in (*SERVER_OWNED, "surprise", "organisation", "__class__", "constructor"):
        if name not in properties:
            yield Case(f"{name}: not the client's", target, headers, encoded({**body, name: "x"}), names=f"#/{name}")
    yield Case(
        "unknown field of control characters",
        target,
        headers,
        encoded({**body, "\r\nSet-Cookie: x\u2028" * 100: 1}),
        statuses=frozenset({422}),
    )
    yield from _as_a_whole(target, headers, body, needed=operation.spec["requestBody"].get("required", False))
    yield from _of_media(target, given, body)


def _within(operation: Operation, sane: Case, body: Any, name: str, given: Mapping[str, Any]) -> Iterator[Case]:
    schema = operation.resolved(given)
    inner = operation.resolved(schema["items"]) if schema.get("type") == "array" else schema
    if inner.get("type") != "object" or "properties" not in inner:
        return
    whole = example(operation, inner)
    for part, its in inner["properties"].items():
        for label, value in refused_values(operation, its):
            made: Any = {**whole, part: value}
            pointer, content = (f"#/{name}/0/{part}", [made]) if inner is not schema else (f"#/{name}/{part}", made)
            yield replace(sane, label=f"{name}.{part}: {label}", body=encoded({**body, name: content}), names=pointer)


def _as_a_whole(target: str, headers: tuple[tuple[str, str], ...], body: Any, *, needed: bool) -> Iterator[Case]:
    sane = encoded(body)
    for label, text in (
        ("empty", b""),
        ("no JSON", b"{"),
        ("trailing comma", b'{"a":1,}'),
        ("single quotes", b"{'a':1}"),
        ("two values", b"{}{}"),
        ("comment", b"{}//x"),
        ("null", b"null"),
        ("list", b"[]"),
        ("text", b'"x"'),
        ("number", b"1"),
        ("NaN", b"NaN"),
        ("spaces", b"  "),
        ("NUL", b"\x00"),
        ("BOM", b"\xef\xbb\xbf" + sane),
        ("UTF-16", sane.decode().encode("utf-16")),
        ("UTF-16 without BOM", sane.decode().encode("utf-16-le")),
        ("UTF-32", sane.decode().encode("utf-32")),
        ("Latin-1", b'{"x":"\xe9"}'),
        ("overlong UTF-8", b'{"x":"\xc0\xaf"}'),
        ("surrogates in UTF-8", b'{"x":"\xed\xa0\x80"}'),
        ("raw newline in text", b'{"x":"a\nb"}'),
        ("depth 33", b'{"x":' * 33 + b"1" + b"}" * 33),
        ("depth 100,000", b"[" * 100_000 + b"]" * 100_000),
        ("unclosed depth", b"[" * 100_000),
        ("depth in objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
        ("huge number", b"1" * 200_000),
        ("gzip", b"\x1f\x8b\x08\x00"),
    ):
        yield Case(f"body: {label}", target, headers, text, tolerated=not needed and label in ("empty", "null"))
    yield Case("body: 50,000 fields", target, headers, encoded({f"k{number}": number for number in range(50_000)}))
    for chunked in (False, True):
        how = "chunked" if chunked else "with its length"
        yield Case(f"body: 32 MiB {how}", target, headers, big(), chunked=chunked, statuses=frozenset({413}))


def _of_media(target: str, given: Mapping[str, str], body: Any) -> Iterator[Case]:
    content = encoded(body)
    for media in (
        None, "", "text/plain", "text/json", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
        "application/json; charset=utf-16", "application/json; charset=latin-1", "application/jsonx", "*/*", "application/merge-patch+json",
    ):  # fmt: skip
        headers = tuple(given.items()) if media is None else (*given.items(), ("content-type", media))
        yield Case(f"content type: {media}", target, headers, content, statuses=frozenset({415}))


BAD_QUERY: Mapping[str, tuple[str, ...]] = {
    "integer": (
        "",
        "-1",
        "0x10",
        "1e1",
        "1.5",
        "NaN",
        "true",
        "9" * 30,
        "9" * 5_000,
        "2147483648000000000000",
        "%00",
        "1%00",
        "1;DROP",
        "%F0%9F%98%80",
    ),
    "boolean": ("2", "vrai", "", "%00", "nul"),
    "date": ("2023-02-29", "0001-01-01", "9999-12-31", "2026-13-01", "hier", "1764000000", "2026-11-22T00:00:00Z", "%00", ""),
    "date-time": (
        *("2023-02-29T00:00:00Z", "2026-11-22T09:30:00", "hier", "1e400", "NaN", "%00", ""),
        *("1900-01-01T00:00:00%2B23:59", "2199-12-31T23:59:59-23:59", "0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"),
    ),
    "uuid": ("x", "0", "%00", "", "g" * 32, "1" * 33, "../../etc/passwd"),
    "string": ("%00", "a%00b"),
    "enum": ("x", "%00", "", "A1%00", "%ED%A0%80", "%FF%FE", "a" * 10_000),
}


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        return "enum"
    return str(schema["format"] if schema.get("format") in BAD_QUERY else schema.get("type", "string"))


def of_query(operation: Operation) -> Iterator[Case]:
    """Hostile query strings."""
    target, given, body = sound(operation)
    joiner = "&" if "?" in target else "?"

    def case(label: str, query: str, names: str | None, *, tolerated: bool = False) -> Case:
        extra = (
            {"headers": (*given.items(), ("content-type", JSON)), "body": encoded(body)}
            if body is not None
            else {"headers": tuple(given.items())}
        )
        return Case(f"query {label}", f"{target}{joiner}{query}", statuses=frozenset({422}), names=names, tolerated=tolerated, **extra)

    for parameter in operation.parameters("query"):
        name, schema = parameter["name"], parameter["schema"]
        values = BAD_QUERY.get(_kind(schema), ())
        yield from (case(f"{name}={value[:20]}", f"{name}={value}", name) for value in values)
        if "minimum" in schema:
            yield case(f"{name} too small", f"{name}={schema['minimum'] - 1}", name)
        if "maximum" in schema:
            yield case(f"{name} too big", f"{name}={schema['maximum'] + 1}", name)
            yield case(f"{name} far too big", f"{name}={10**9 * schema['maximum']}", name)
        if "maxLength" in schema:
            yield case(f"{name} too long", f"{name}={'A' * (schema['maxLength'] + 1)}", name)
        one = quote(_text(example(operation, schema, parameter)))
        yield case(f"{name} twice", f"{name}={one}&{name}={one}", name)
        yield case(f"{name} full-width", f"{name}=%EF%BC%91", name, tolerated=True)
        yield case(f"{name} of broken UTF-8", f"{name}=%FF%C0%AF%ED%A0%80", name, tolerated=True)
    for value in ("x", "A" * 22, "%F0%9F%98%80", "=" * 22, "A" * 10_000, "-_" * 11):
        if any(parameter["name"] == "after" for parameter in operation.parameters("query")):
            yield case(f"after={value[:22]}", f"after={value}", "after", tolerated=value in ("A" * 22, "-_" * 11))
    if operation.path.rpartition("/")[2] in PROBES:
        return  # what watches the process may add what it likes: nothing reads it
    yield case("unknown", "surprise=1", "surprise")
    yield case("unknown of NUL", "q=%00", "q")
    yield case("unknown of nothing", "=", "")
    yield case("API key", "api_key=plam_live_x", "api_key")
    yield case("unknown of line ends", "a%0d%0aSet-Cookie:x=1", None)


def of_path(operation: Operation) -> Iterator[Case]:
    """Hostile ids in the path."""
    _, given, body = sound(operation)
    extra: dict[str, Any] = {"headers": tuple(given.items())}
    if body is not None:
        extra = {"headers": (*given.items(), ("content-type", JSON)), "body": encoded(body)}
    for parameter in operation.parameters("path"):
        values = (
            "%00",
            "x%00",
            "2147483648",
            str(2**63 - 1),
            "-1",
            "..%2F..%2Fetc%2Fpasswd",
            "%ED%A0%80",
            "%F0%9F%98%80",
            "a" * 10_000,
            "'%20OR%201=1",
        )
        for value in values:
            path = operation.path.replace(f"{{{parameter['name']}}}", value)
            for other in operation.parameters("path"):
                path = path.replace(f"{{{other['name']}}}", quote(_text(example(operation, other["schema"], other)), safe=""))
            yield Case(f"path {parameter['name']}={value[:12]}", path, statuses=frozenset({404, 405, 422}), **extra)


def of_headers(operation: Operation) -> Iterator[Case]:
    """Hostile headers, each beside an otherwise sound request."""
    target, given, body = sound(operation)
    content: dict[str, Any] = {} if body is None else {"body": encoded(body)}
    media = () if body is None else (("content-type", JSON),)
    refused = {
        "If-Match": (
            "",
            "1",
            '""',
            '"0"',
            '"-1"',
            "*",
            'W/"1"',
            '"1", "2"',
            '"1',
            f'"{10**30}"',
            '"1"\x00',
            "x" * 300,
            '"١"'.encode().decode("latin-1"),
        ),
        "Idempotency-Key": ("", "x" * 256, "a b", "a\tb", "a\x00b", "clé", "a\x7f", "\x1b[31m"),
    }
    for name, values in refused.items():
        if any(parameter["name"] == name for parameter in operation.parameters("header")):
            for value in values:
                headers = (*((key, kept) for key, kept in given.items() if key != name), (name, value), *media)
                yield Case(f"{name}: {value[:20]!a}", target, headers, statuses=frozenset({400, 412, 422}), **content)
            if name in given:
                without = tuple((key, kept) for key, kept in given.items() if key != name)
                missing = frozenset({428 if name == "If-Match" else 400})
                yield Case(f"{name}: missing", target, (*without, *media), statuses=missing, **content)
    for label, extra in (
        ("of 100 kB", (("x-long", "x" * 100_000),)),
        ("2,000 of them", tuple((f"x-{number}", "1") for number in range(2_000))),
    ):
        yield Case(f"headers {label}", target, (*given.items(), *media, *extra), statuses=frozenset({413, 431}), **content)


def cases(operation: Operation) -> Iterator[Case]:
    """Every hostile request of an operation."""
    return chain(of_body(operation), of_query(operation), of_path(operation), of_headers(operation))
