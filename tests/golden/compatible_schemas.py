"""Two JSON schemas of OpenAPI documents, compared as what is sent or as what is answered."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Difference = tuple[str, str]
"""A JSON pointer, and what is no longer as it was, in French."""

PREFIX = "#/components/schemas/"
NARROWER_WHEN_LESS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
NARROWER_WHEN_MORE = ("minimum", "exclusiveMinimum", "minLength", "minItems")
ALL_OF_THESE = re.compile(r"\^\[\^(?P<refused>.+)\]\*\$")
ONE_OF_OTHERS = re.compile(r"\[\^(?P<blank>.+)\]")


class Schemas:
    """Compares schemas of two documents with their components. `sent`: whether a client sends them, which may widen and not narrow."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any], *, sent: bool) -> None:
        self.old, self.new, self.sent = old, new, sent

    def differences(
        self, old: Mapping[str, Any], new: Mapping[str, Any], pointer: str, seen: frozenset[tuple[str, str]] = frozenset()
    ) -> Iterator[Difference]:
        """Where a client that knows the old schema is let down by the new one."""
        pair = old.get("$ref", ""), new.get("$ref", "")
        if all(pair) and pair in seen:
            return
        seen |= {pair}
        before, now = _options(old, self.old), _options(new, self.new)
        null_before, null_now = (any(each.get("type") == "null" for each in options) for options in (before, now))
        if self.sent and null_before and not null_now:
            yield pointer, "null n'est plus pris"
        if not self.sent and null_now and not null_before:
            yield pointer, "peut être null"
        before, now = ([each for each in options if each.get("type") != "null"] for options in (before, now))
        yield from self._unions(before, now, pointer, seen)

    def _unions(
        self, before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], pointer: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[Difference]:
        """Each kind of value that there was (sent) or is (answered) has to have one beside it that serves it."""
        if len(before) == len(now) == 1:
            yield from self._one(before[0], now[0], pointer, seen)
            return
        for one in before if self.sent else now:
            others = now if self.sent else before
            pairs = [(one, other) if self.sent else (other, one) for other in others]
            if not any(not list(self._one(*pair, pointer, seen)) for pair in pairs):
                yield pointer, f"une forme n'est plus {'prise' if self.sent else 'la seule'} ({one.get('type', 'quelconque')})"

    def _one(self, old: Mapping[str, Any], new: Mapping[str, Any], pointer: str, seen: frozenset[tuple[str, str]]) -> Iterator[Difference]:
        if not self._serves(old.get("type"), new.get("type")):
            yield pointer, f"{old.get('type', 'quelconque')} est devenu {new.get('type', 'quelconque')}"
            return
        yield from self._values(old, new, pointer)
        if self.sent:
            yield from _narrowed(old, new, pointer)
        yield from self._fields(old, new, pointer, seen)
        if "items" in old and "items" in new:
            yield from self.differences(old["items"], new["items"], f"{pointer}/items", seen)
        extra = old.get("additionalProperties", True), new.get("additionalProperties", True)
        if self.sent and extra[1] is False and extra[0] is not False:
            yield f"{pointer}/additionalProperties", "les champs inconnus ne sont plus pris"
        if isinstance(extra[0], dict) and isinstance(extra[1], dict):
            yield from self.differences(extra[0], extra[1], f"{pointer}/additionalProperties", seen)

    def _serves(self, old: Any, new: Any) -> bool:
        """Whether a kind of value does where another did: every integer is a number."""
        given, taken = (old, new) if self.sent else (new, old)
        return taken is None or given == taken or (given, taken) == ("integer", "number")

    def _values(self, old: Mapping[str, Any], new: Mapping[str, Any], pointer: str) -> Iterator[Difference]:
        if (
            old.get("format") != new.get("format")
            and not (self.sent and "format" not in new)
            and not (not self.sent and "format" not in old)
        ):
            yield pointer, f"le format {old.get('format')} est devenu {new.get('format')}"
        before, now = _codes(old), _codes(new)
        if self.sent and now is not None:
            if before is None:
                yield pointer, "seuls des codes sont pris"
            elif gone := [str(code) for code in before if code not in now]:
                yield pointer, f"ne prend plus {', '.join(gone)}"
        if not self.sent and before is not None and now is None:
            yield pointer, "n'est plus l'un des codes connus"
        if self.sent and "default" in old and "default" in new and old["default"] != new["default"]:
            yield pointer, f"vaut par défaut {new['default']}, et non plus {old['default']}"

    def _fields(
        self, old: Mapping[str, Any], new: Mapping[str, Any], pointer: str, seen: frozenset[tuple[str, str]]
    ) -> Iterator[Difference]:
        before, now = old.get("properties", {}), new.get("properties", {})
        needed, needed_now = set(old.get("required", ())), set(new.get("required", ()))
        for name in before.keys() - now.keys():
            yield f"{pointer}/properties/{name}", "ce champ n'existe plus"
        for name in sorted((needed_now - needed) if self.sent else (needed - needed_now) & now.keys()):
            yield f"{pointer}/properties/{name}", "ce champ est devenu requis" if self.sent else "ce champ peut être absent"
        for name in sorted(before.keys() & now.keys()):
            yield from self.differences(before[name], now[name], f"{pointer}/properties/{name}", seen)


def _narrowed(old: Mapping[str, Any], new: Mapping[str, Any], pointer: str) -> Iterator[Difference]:
    for word in NARROWER_WHEN_LESS + NARROWER_WHEN_MORE:
        before, now = old.get(word), new.get(word)
        if now is not None and (before is None or (now < before if word in NARROWER_WHEN_LESS else now > before)):
            yield f"{pointer}/{word}", f"{'aucun' if before is None else before} est devenu {now}"
    if new.get("uniqueItems") and not old.get("uniqueItems"):
        yield f"{pointer}/uniqueItems", "les doubles ne sont plus pris"
    before, now = _pattern(old), _pattern(new)
    if now is not None and before != now:
        yield f"{pointer}/pattern", "la forme attendue a changé"


def _pattern(schema: Mapping[str, Any]) -> str | None:
    """The pattern of a text. Two of them, « none of these » and « one beside those », are one."""
    patterns = [one["pattern"] for one in (schema, *schema.get("allOf", ())) if "pattern" in one]
    if len(patterns) == 2 and (all_of := ALL_OF_THESE.fullmatch(patterns[0])) and (one_of := ONE_OF_OTHERS.fullmatch(patterns[1])):
        refused, blank = all_of["refused"], one_of["blank"]
        return f"^[^{refused}]*[^{refused}{blank}][^{refused}]*$"
    return " ∧ ".join(sorted(patterns)) or None


def _codes(schema: Mapping[str, Any]) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _options(schema: Mapping[str, Any], components: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The forms that a value may have, each without references around it."""
    if "$ref" in schema:
        beside = {word: value for word, value in schema.items() if word == "default"}
        return [{**each, **beside} for each in _options(components[schema["$ref"].removeprefix(PREFIX)], components)]
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return [each for option in options for each in _options(option, components)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": kind} for kind in schema["type"]]
    return [schema]
