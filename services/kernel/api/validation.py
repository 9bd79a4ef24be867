"""What pydantic says of a bad request, said again as a problem: a JSON pointer, a code, a French sentence."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from services.kernel.api.idempotency import missing
from services.kernel.base.declared_fields import Annotations, example_at, names_at
from services.kernel.base.french import sentence
from services.kernel.base.problems import FieldError, Invalid, Problem

MOST_ERRORS = 50

SENTENCES: Mapping[str, str] = {
    "missing": "Champ requis{example}.",
    "extra_forbidden": "Champ inconnu{names}.",
    "string_too_long": "Au plus {max_length} caractères{example}.",
    "string_too_short": "Au moins {min_length} caractère(s){example}.",
    "string_pattern_mismatch": "Ce n'est pas la forme attendue{example}.",
    "string_type": "Un texte est attendu, entre guillemets{example}.",
    "int_type": "Un entier est attendu, sans guillemets{example}.",
    "int_parsing": "Un entier est attendu{example}.",
    "int_from_float": "Un entier est attendu{example}.",
    "float_type": "Un nombre est attendu, sans guillemets{example}.",
    "float_parsing": "Un nombre est attendu{example}.",
    "finite_number": "Un nombre fini est attendu{example}.",
    "bool_type": "true ou false est attendu.",
    "bool_parsing": "true ou false est attendu.",
    "list_type": "Une liste est attendue{example}.",
    "dict_type": "Un objet est attendu{example}.",
    "model_type": "Un objet est attendu{example}.",
    "model_attributes_type": "Un objet est attendu{example}.",
    "too_long": "Au plus {max_length} éléments.",
    "too_short": "Au moins {min_length} élément(s).",
    "greater_than_equal": "Au moins {ge}.",
    "less_than_equal": "Au plus {le}.",
    "greater_than": "Plus que {gt}.",
    "less_than": "Moins que {lt}.",
    "enum": "Valeurs permises : {expected}.",
    "literal_error": "Valeurs permises : {expected}.",
    "uuid_parsing": "Un identifiant (UUID) est attendu, comme l'API en donne{example}.",
    "uuid_type": "Un identifiant (UUID) est attendu, comme l'API en donne{example}.",
    "date_type": "Une date AAAA-MM-JJ est attendue{example}.",
    "date_parsing": "Ce jour n'existe pas ; une date AAAA-MM-JJ est attendue{example}.",
    "date_from_datetime_parsing": "Ce jour n'existe pas ; une date AAAA-MM-JJ est attendue{example}.",
    "datetime_type": "Un instant ISO 8601 est attendu{example}.",
    "datetime_parsing": "Un instant ISO 8601 est attendu{example}.",
    "datetime_from_date_parsing": "Un instant ISO 8601 est attendu{example}.",
    "timezone_aware": "Un instant porte un fuseau horaire, par exemple 2026-11-22T08:30:00Z.",
    "none_required": "null est attendu.",
}
NAMED = 5
"""Fields that the problem itself names; its `errors` have them all."""


def problem_of(errors: Sequence[Mapping[str, Any]], annotations: Annotations = MappingProxyType({})) -> Problem:
    """The problem that tells of validation errors: 400 when a needed Idempotency-Key is missing, else 422.

    `annotations` are the types that the request was held against: fields' examples and names come from there.
    """
    for error in errors:
        if error["type"] == "missing" and error["loc"][:2] == ("header", "Idempotency-Key"):
            return missing()
    named = [field_error(error, annotations) for error in errors[:MOST_ERRORS]]
    return Invalid(_summary(named, len(errors)), errors=named)


def _summary(named: Sequence[FieldError], count: int) -> str:
    if count == 1:
        [one] = named
        return f"{_called(one)} : {one.detail[:1].lower()}{one.detail[1:]}" if one.pointer != "#" else one.detail
    names = ", ".join(dict.fromkeys(_called(each) for each in named[:NAMED]))
    return f"{count} champs sont à corriger : {names}{' …' if count > NAMED else ''}."


def _called(error: FieldError) -> str:
    return error.pointer.removeprefix("#/").replace("/", ".") or "le corps"


def field_error(error: Mapping[str, Any], annotations: Annotations = MappingProxyType({})) -> FieldError:
    """One of pydantic's errors, located by a JSON pointer in the body or by the parameter's name."""
    location, *path = [str(part) for part in error["loc"]] or ["body"]
    if location == "body":
        pointer = "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    else:
        pointer = path[0] if path else location
    return FieldError(
        pointer=_short(pointer), location=location, code=error["type"], detail=_sentence(error, [location, *path], annotations)
    )


def _sentence(error: Mapping[str, Any], place: Sequence[str], annotations: Annotations) -> str:
    context = dict(error.get("ctx") or {})
    if error["type"] == "value_error":
        return sentence(str(context.get("error", error["msg"])))
    if error["type"] == "missing" and place == ["body"]:
        return "Un corps JSON est attendu, avec l'en-tête Content-Type: application/json."
    template = SENTENCES.get(error["type"])
    if template is None:
        return str(error["msg"])
    if "{example}" in template:
        example = example_at(annotations, place)
        context["example"] = f", par exemple {example}" if example else ""
    if "{names}" in template:
        names = names_at(annotations, place)
        context["names"] = f" ; {names}" if names else ""
    if "expected" in context:
        context["expected"] = str(context["expected"]).replace("' or '", "' ou '").replace("'", "")
    return template.format_map(_Lenient(context))


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def _short(pointer: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in pointer[:200])
