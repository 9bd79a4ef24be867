"""What pydantic says of a bad request, said again as a problem: a JSON pointer, a code, a French sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.kernel.api.idempotency import missing
from services.kernel.base.problems import FieldError, Invalid, Problem

MOST_ERRORS = 50

SENTENCES: Mapping[str, str] = {
    "missing": "Champ requis.",
    "extra_forbidden": "Champ inconnu.",
    "string_too_long": "Au plus {max_length} caractères.",
    "string_too_short": "Au moins {min_length} caractère(s).",
    "string_pattern_mismatch": "Format refusé.",
    "string_type": "Un texte est attendu.",
    "int_type": "Un entier est attendu.",
    "int_parsing": "Un entier est attendu.",
    "bool_type": "true ou false est attendu.",
    "bool_parsing": "true ou false est attendu.",
    "list_type": "Une liste est attendue.",
    "model_attributes_type": "Un objet est attendu.",
    "too_long": "Au plus {max_length} éléments.",
    "too_short": "Au moins {min_length} élément(s).",
    "greater_than_equal": "Au moins {ge}.",
    "less_than_equal": "Au plus {le}.",
    "greater_than": "Plus que {gt}.",
    "less_than": "Moins que {lt}.",
    "enum": "Valeurs permises : {expected}.",
    "literal_error": "Valeurs permises : {expected}.",
    "uuid_parsing": "Un UUID est attendu.",
    "uuid_type": "Un UUID est attendu.",
    "date_parsing": "Cette date n'existe pas.",
    "date_from_datetime_parsing": "Une date AAAA-MM-JJ est attendue.",
    "datetime_parsing": "Un instant ISO 8601 est attendu.",
    "timezone_aware": "Un instant porte un fuseau horaire.",
    "none_required": "null est attendu.",
}


def problem_of(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """The problem that tells of validation errors: 400 when a needed Idempotency-Key is missing, else 422."""
    for error in errors:
        if error["type"] == "missing" and error["loc"][:2] == ("header", "Idempotency-Key"):
            return missing()
    named = [field_error(error) for error in errors[:MOST_ERRORS]]
    return Invalid(f"{len(errors)} champ(s) en cause.", errors=named)


def field_error(error: Mapping[str, Any]) -> FieldError:
    """One of pydantic's errors, located by a JSON pointer in the body or by the parameter's name."""
    location, *path = [str(part) for part in error["loc"]] or ["body"]
    if location == "body":
        pointer = "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    else:
        pointer = path[0] if path else location
    return FieldError(pointer=_short(pointer), location=location, code=error["type"], detail=_sentence(error))


def _sentence(error: Mapping[str, Any]) -> str:
    context = error.get("ctx") or {}
    if error["type"] == "value_error":
        said = str(context.get("error", error["msg"]))
        return f"{said[:1].upper()}{said[1:]}."
    template = SENTENCES.get(error["type"])
    return template.format_map(_Lenient(context)) if template else str(error["msg"])


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def _short(pointer: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in pointer[:200])
