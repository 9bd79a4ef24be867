"""Requests that tell two ways of reading arguments apart: what is missing, null, repeated, unknown, unreadable, and all of it at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from urllib.parse import quote

from tests.kernel.two_ways_of_calling import GOOD_TOKEN
from tests.support import hostile
from tests.support.api import Operation
from tests.support.hostile import JSON, NOBODY, Raw, encoded, example

Headers = tuple[tuple[str, str], ...]

FIELD_VALUES: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 1.5, Raw("1.0"), Raw("-0"), Raw("1e3"), 2**31, 2**63, 10**30, Raw("1e400"), Raw("NaN")),
    *("", " ", "x", "1", "true", "é", "e\u0301", "a\x00b", Raw('"\\ud800"'), "a\u202eb", "x" * 300),
    *("2026-11-22", "2026-02-30", "2026-11-22T09:30:00Z", NOBODY, NOBODY.upper()),
    *([], [None], ["x"], [[]], ["x", "x"], [1, "x"], {}, {"x": 1}, {"a": {"b": [{}]}}),
)
"""For every field of every body, whatever its type."""

QUERY_VALUES = ("", "x", "1", "-1", "1.0", "true", "null", "%C3%A9", "%00", "%FF", "9" * 30, "a,b", "+", "%20", NOBODY, "2026-11-22")
QUERIES = ("", "&", "=", "?", "x", "x=", "x=1", "%00=1", "x=1;y=2", "x%5B%5D=1", "%E2%80%A8=1", "x=1&x=2")
HEADER_VALUES = ("", " ", "x", "1", '"1"', '"0"', 'W/"1"', "*", '"1", "2"', f'"{10**20}"', "é", "a b", "x" * 256)
PATH_VALUES = (NOBODY, NOBODY.upper(), NOBODY.replace("-", ""), f"%7B{NOBODY}%7D", f"urn:uuid:{NOBODY}", "1", "x", "%C3%A9", "%00", "%20")
MORE_PATH_VALUES = (f"{NOBODY}%0A", "a%2Fb", "", "..", "x" * 300, "44109")
MEDIA = (
    *("", JSON, "APPLICATION/JSON", f"{JSON};charset=utf-8", f'{JSON}; charset="UTF-8"', f"{JSON}; charset=latin-1", f"{JSON}; x=y"),
    *("text/plain", "application/merge-patch+json", "application/x-www-form-urlencoded", f"{JSON}, {JSON}", "*/*", "json"),
)
TEXTS = (
    *(b"", b" ", b"null", b"true", b"1", b'"x"', b"[]", b"[{}]", b"{}", b"{", b"{}{}", b"{'a':1}", b'{"a":1,}', b"NaN", b"\x00"),
    *(b'{"x":"\xe9"}', b'{"x":"\xed\xa0\x80"}', b'{"x":"a\nb"}', b'{"x":1e400}', b'{"x":1,"x":1}', b'{"x":{"y":1,"y":2}}'),
    *(b'{"x":' * 32 + b"1" + b"}" * 32, b'{"x":' * 33 + b"1" + b"}" * 33, b"9" * 5_000, b"[" * 5_000),
)


@dataclass(frozen=True)
class Asked:
    """A request of a route."""

    label: str
    target: str
    headers: Headers
    body: bytes | None = None


@dataclass(frozen=True)
class Parts:
    """A sound request of a route, in parts that are exchanged one by one, or together."""

    operation: Operation
    path: str
    query: str
    headers: Headers
    content: Any

    @property
    def media(self) -> Headers:
        return (("content-type", JSON),) if self.operation.body else ()

    def asked(self, label: str, *, body: bytes | None = None, media: Headers | None = None) -> Asked:
        """The request, with the sound body unless another is given."""
        sane = encoded(self.content) if self.operation.body else None
        headers = (*self.headers, *(self.media if media is None else media))
        return Asked(label, f"{self.path}?{self.query}".rstrip("?"), headers, sane if body is None else body)


def sound(operation: Operation) -> Parts:
    """The route's sound request, of a caller who may call it."""
    target, given, content = hostile.sound(operation)
    path, _, query = target.partition("?")
    keys = {"Idempotency-Key": "a-key-of-the-tests"}
    headers = tuple((name, keys.get(name, value)) for name, value in given.items())
    return Parts(operation, path, query, (("authorization", f"Bearer {GOOD_TOKEN}"), *headers), _whole(content))


def _whole(value: Any) -> Any:
    """An example with its whole numbers as integers: the document gives bounds as floats."""
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def requests(operation: Operation, *, body_fields: bool, query_fields: bool) -> Iterator[Asked]:
    """Every request of a route. Bodies, and the values of a query, are swept where asked: routes that share a model need it once."""
    parts = sound(operation)
    yield parts.asked("sound")
    yield from _of_path(parts)
    yield from _of_query(parts, sweep=query_fields)
    yield from _of_headers(parts)
    if operation.body and body_fields:
        yield from _of_body(parts)
        yield from _of_fields(parts)
    yield from _of_several_faults(parts)


def _of_path(parts: Parts) -> Iterator[Asked]:
    for parameter in parts.operation.parameters("path"):
        for value in (*PATH_VALUES, *MORE_PATH_VALUES):
            yield replace(parts, path=_with_path(parts, parameter["name"], value)).asked(f"path {parameter['name']}={value[:40]}")


def _with_path(parts: Parts, name: str, value: str) -> str:
    path = parts.operation.path.replace(f"{{{name}}}", value)
    for other in parts.operation.parameters("path"):
        path = path.replace(f"{{{other['name']}}}", NOBODY)
    return path


def _of_query(parts: Parts, *, sweep: bool) -> Iterator[Asked]:
    def asked(query: str) -> Asked:
        return replace(parts, query="&".join(filter(None, (parts.query, query)))).asked(f"query {query[:60]}")

    whole = []
    for parameter in parts.operation.parameters("query"):
        name = parameter["name"]
        found = example(parts.operation, parameter["schema"], parameter)
        good = quote(found if isinstance(found, str) else encoded(_whole(found)).decode())
        whole.append(f"{name}={good}")
        yield asked(f"{name}={good}")
        yield asked(f"{name}={good}&{name}={good}")
        yield asked(f"{name.upper()}={good}")
        yield asked(name)
        if sweep:
            yield from (asked(f"{name}={value}") for value in QUERY_VALUES)
    yield asked("&".join(whole))
    yield from (asked(query) for query in QUERIES)


def _of_headers(parts: Parts) -> Iterator[Asked]:
    names = [parameter["name"] for parameter in parts.operation.parameters("header")]
    for name in names:
        others = tuple(header for header in parts.headers if header[0] != name)
        yield replace(parts, headers=others).asked(f"no {name}")
        for value in HEADER_VALUES:
            yield replace(parts, headers=(*others, (name, value))).asked(f"{name}: {value[:40]!a}")
        for first, second in (('"1"', "x"), ("x", '"1"'), ("é", "x")):
            yield replace(parts, headers=(*others, (name, first), (name, second))).asked(f"{name}: {first!a}, then {second!a}")
    without = tuple(header for header in parts.headers if header[0] != "authorization")
    for given in ((), ("",), ("Bearer",), ("bearer  good",), ("Bearer bad",), ("Basic x",), ("Bearer good", "Bearer good")):
        yield replace(parts, headers=(*without, *(("authorization", value) for value in given))).asked(f"authorization {given}")
    yield replace(parts, headers=(*parts.headers, ("content-length", "x"))).asked("a length that is none")


def _of_body(parts: Parts) -> Iterator[Asked]:
    sane = encoded(parts.content)
    for text in (*TEXTS, sane + b" ", b"\n" + sane, b"\xef\xbb\xbf" + sane, sane.decode().encode("utf-16"), sane + b"\x00"):
        yield parts.asked(f"body {text[:40]!r}", body=text)
    yield parts.asked("body, no media type", media=())
    for media in MEDIA:
        yield parts.asked(f"media {media}", media=(("content-type", media),))
        yield parts.asked(f"no body, media {media}", body=b"", media=(("content-type", media),))
    twice = (("content-type", JSON), ("content-type", "text/plain"))
    yield parts.asked("two media types", media=twice)


def _of_fields(parts: Parts) -> Iterator[Asked]:
    operation, content = parts.operation, parts.content
    properties = (operation.body or {}).get("properties", {})
    full = {name: _whole(example(operation, schema)) for name, schema in properties.items()}
    yield parts.asked("every field", body=encoded(full))
    yield parts.asked("an unknown field", body=encoded({**content, "surprise": None}))
    yield parts.asked("70 unknown fields", body=encoded({f"surprise_{number}": number for number in range(70)}))
    for name, value in full.items():
        yield parts.asked(f"{name} alone", body=encoded({name: value}))
        yield parts.asked(f"without {name}", body=encoded({key: kept for key, kept in content.items() if key != name}))
        yield parts.asked(f"{name.upper()}", body=encoded({**content, name.upper(): value}))
        once = encoded({name: value})[1:-1]
        yield parts.asked(f"{name} twice", body=b"{" + once + b"," + once + b"}")
        for other in FIELD_VALUES:
            yield parts.asked(f"{name}: {other!r:.40}", body=encoded({**content, name: other}))
        yield from _within(parts, name, value)


def _within(parts: Parts, name: str, value: Any) -> Iterator[Asked]:
    """The fields of an object in the body, or in a list of it."""
    inner = value[0] if isinstance(value, list) and value else value
    if not isinstance(inner, dict):
        return
    for part, other in product(inner, FIELD_VALUES):
        made: Any = {**inner, part: other}
        body = {**parts.content, name: [made] if isinstance(value, list) else made}
        yield parts.asked(f"{name}/{part}: {other!r:.40}", body=encoded(body))


def _of_several_faults(parts: Parts) -> Iterator[Asked]:
    """Faults in several places at once: all are named, or the first decides, the same way on both sides."""
    paths = [parts.path]
    if found := parts.operation.parameters("path"):
        paths.append(_with_path(parts, found[0]["name"], "x"))
    known = [f"{parameter['name']}=%C3%A9" for parameter in parts.operation.parameters("query")[:1]]
    queries = [parts.query, *known, "surprise=1"]
    signed = parts.headers[:1]
    heads = [parts.headers, parts.headers[1:]]
    if names := [parameter["name"] for parameter in parts.operation.parameters("header")]:
        heads += [signed, (*signed, ("Idempotency-Key", "é")), tuple((name, "é") for name in names)]
    bodies = [None, b"", b"{", encoded({"surprise": 1})] if parts.operation.body else [None]
    for path, query, headers, body in product(paths, queries, heads, bodies):
        several = replace(parts, path=path, query=query, headers=headers)
        yield several.asked(f"several: {path[-20:]} ?{query[-20:]} {len(headers)} headers", body=body)
