"""JSON read strictly: UTF-8, no key twice, finite numbers, nesting up to 32. What is refused is named by its JSON pointer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from services.kernel.base.problems import BadRequest, FieldError

DEEPEST = 32
LONGEST_NAME = 100
MOST_FIELDS = 500
"""In one object: the schemas know some dozens, and naming every unknown one of a million would take a second."""
INFINITE = (float("inf"), float("-inf"))


class _RefusedError(ValueError):
    """Something in the text is not for us: it is read once more, to say where."""


@dataclass(frozen=True)
class _Fault:
    """Stands where the refused value was."""

    code: str
    detail: str


def strict_json(body: bytes) -> Any:
    """The value of a JSON text. Raises `BadRequest` for anything that two parsers could read in two ways."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad("#", "encoding", "Le corps doit être du JSON en UTF-8.") from error
    if text.count("[") + text.count("{") > DEEPEST and _too_deep(text):
        raise _bad("#", "too_deep", f"Le corps emboîte plus de {DEEPEST} niveaux.")
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise _located(text) or _bad("#", "json_invalid", f"Le corps n'est pas du JSON{_where(error)}.") from error


def _where(error: Exception) -> str:
    return f" : il ne se lit plus à la ligne {error.lineno}, colonne {error.colno}" if isinstance(error, json.JSONDecodeError) else ""


def _bad(pointer: str, code: str, detail: str) -> BadRequest:
    return BadRequest(detail, errors=[FieldError(pointer=pointer, location="body", code=code, detail=detail)])


def _too_deep(text: str) -> bool:
    depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif character in "]}":
            depth -= 1
    return False


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(pairs) > MOST_FIELDS:
        raise _bad("#", "too_many_fields", f"Le corps porte un objet de plus de {MOST_FIELDS} champs.")
    if len(found) != len(pairs):
        raise _RefusedError("un champ est donné deux fois")
    return found


def _refuse(name: str) -> Any:
    raise _RefusedError(f"{name} n'est pas du JSON")


def _finite(text: str) -> float | int:
    value = float(text)
    if value in INFINITE:
        raise _RefusedError("nombre trop grand")
    return int(value) if value.is_integer() else value  # 350000.0 is an integer, in JSON Schema and for who sent it


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
"""Made once: `json.loads` with hooks makes one at each call."""

# ── Once something was refused: where it is ───────────────────────────────────────────────────────────────────────────────────────


def _located(text: str) -> BadRequest | None:
    try:
        value = json.loads(text, object_pairs_hook=_twice, parse_constant=_constant, parse_float=_float, parse_int=_int)
    except (ValueError, RecursionError):
        return None
    pointer, fault = next(_faults(value, "#"), (None, None))
    return _bad(pointer[:200], fault.code, fault.detail) if pointer and fault else None


def _twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found[name] = _Fault("duplicate", "Ce champ est donné deux fois.") if name in found else value
    return found


def _constant(name: str) -> _Fault:
    return _Fault("not_a_number", f"{name} n'est pas du JSON.")


def _float(text: str) -> float | _Fault:
    value = float(text)
    return _Fault("too_big", "Nombre trop grand.") if value in INFINITE else value


def _int(text: str) -> int | _Fault:
    try:
        return int(text)
    except ValueError:  # Python reads no more than some thousand digits
        return _Fault("too_big", "Nombre trop grand.")


def _faults(value: Any, pointer: str) -> Iterator[tuple[str, _Fault]]:
    if isinstance(value, _Fault):
        yield pointer, value
    elif isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _faults(inner, f"{pointer}/{_token(str(key))}")


def _token(name: str) -> str:
    shown = "".join(character if character.isprintable() else "?" for character in name[:LONGEST_NAME])
    return shown.replace("~", "~0").replace("/", "~1")
