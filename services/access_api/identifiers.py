"""National identifiers and their keys: FINESS, UAI, SIREN, SIRET, INSEE commune codes, as functions and as types of fields.

The FINESS key is Luhn's, with the letter of Corsica read as a digit (A: 1, B: 2); a UAI ends in a letter computed from its
digits; SIREN and SIRET are python-stdnum's, which knows that the sites of La Poste add up differently.
"""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints, WithJsonSchema
from stdnum.fr import siren, siret

FINESS_PATTERN = r"^(?:[0-9]{2}|2[AB])[0-9]{7}$"
UAI_PATTERN = r"^[0-9]{7}[A-HJ-NPR-Z]$"
SIREN_PATTERN = r"^[0-9]{9}$"
SIRET_PATTERN = r"^[0-9]{14}$"
COMMUNE_PATTERN = r"^(?:[013-9][0-9]|2[AB1-9])[0-9]{3}$"
LA_POSTE = "356000000"
"""The SIREN whose SIRET add up in a way of their own."""
POSTAL_PATTERN = r"^[0-9]{5}$"

_FINESS = re.compile(FINESS_PATTERN).match
_UAI = re.compile(UAI_PATTERN).match
_CORSICA = str.maketrans("AB", "12")
_UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_PLAIN = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))

_MODULO_10 = bytes(number % 10 for number in range(256))


def luhn(digits: str) -> bool:
    """Whether a string of ASCII digits adds up by Luhn's rule."""
    text = digits.encode()
    return (sum(text[-1::-2].translate(_PLAIN)) + sum(text[-2::-2].translate(_DOUBLED))) % 10 == 0


def luhn_failures(numbers: Sequence[str], length: int) -> list[int]:
    """The places of those of many numbers that are not `length` digits adding up by Luhn's rule.

    A whole column is summed at once, each number in a byte of one large integer: no sum of 14 digits passes 126.
    """
    text = "".join(numbers)
    if len(text) != length * len(numbers) or not text.isdecimal() or not text.isascii() or {*map(len, numbers)} != {length}:
        wrong = "1".zfill(length)
        numbers = [number if len(number) == length and number.isdecimal() and number.isascii() else wrong for number in numbers]
        text = "".join(numbers)
    digits = text.encode()
    values = (digits[place::length].translate(_PLAIN if (length - place) % 2 else _DOUBLED) for place in range(length))
    sums = sum(int.from_bytes(value, "little") for value in values).to_bytes(len(numbers), "little")
    remainders = sums.translate(_MODULO_10)
    return [place for place, remainder in enumerate(remainders) if remainder] if remainders.count(0) != len(remainders) else []


def is_finess(value: str) -> bool:
    """Whether a FINESS number, of a site or of a legal entity, has its form and its key."""
    return _FINESS(value) is not None and len(value) == 9 and luhn(value.translate(_CORSICA))


def is_uai(value: str) -> bool:
    """Whether a UAI code has its form and its letter. Pseudo-codes of application platforms have not."""
    return _UAI(value) is not None and len(value) == 8 and value[7] == _UAI_LETTERS[int(value[:7]) % 23]


def is_siren(value: str) -> bool:
    """Whether a SIREN has its form and its key. Nine zeros, which files hold for "none", are no SIREN."""
    if len(value) != 9 or not value.isdecimal() or not value.isascii() or value == "000000000":
        return False
    return bool(siren.is_valid(value))


def is_siret(value: str) -> bool:
    """Whether a SIRET has its form and its keys: its own, and that of the SIREN which it begins with."""
    if len(value) != 14 or not value.isdecimal() or not value.isascii() or value.startswith("000000000"):
        return False
    if value.startswith(LA_POSTE):
        return bool(siret.is_valid(value))
    return luhn(value) and luhn(value[:9])


def _checked(valid: Callable[[str], bool], message: str) -> AfterValidator:
    def check(value: str) -> str:
        if not valid(value):
            raise ValueError(message)
        return value

    return AfterValidator(check)


def _code(length: int, pattern: str, form: str, example: str) -> tuple[Any, ...]:
    schema = {"type": "string", "minLength": length, "maxLength": length, "pattern": pattern, "format": form, "examples": [example]}
    return StringConstraints(min_length=length, max_length=length, pattern=pattern), WithJsonSchema(schema)


_finess_form, _finess_schema = _code(9, FINESS_PATTERN, "finess", "440000016")
_uai_form, _uai_schema = _code(8, UAI_PATTERN, "uai", "0440001M")
_siren_form, _siren_schema = _code(9, SIREN_PATTERN, "siren", "264400268")
_siret_form, _siret_schema = _code(14, SIRET_PATTERN, "siret", "26440026800456")
_commune_form, _commune_schema = _code(5, COMMUNE_PATTERN, "commune", "44184")
_postal_form, _postal_schema = _code(5, POSTAL_PATTERN, "postal-code", "44600")

Finess = Annotated[str, _finess_form, _checked(is_finess, "la clé de ce numéro FINESS est fausse"), _finess_schema]
Uai = Annotated[str, _uai_form, _checked(is_uai, "la lettre de ce code UAI est fausse"), _uai_schema]
Siren = Annotated[str, _siren_form, _checked(is_siren, "la clé de ce numéro SIREN est fausse"), _siren_schema]
Siret = Annotated[str, _siret_form, _checked(is_siret, "la clé de ce numéro SIRET est fausse"), _siret_schema]
CommuneCode = Annotated[str, _commune_form, _commune_schema]
PostalCode = Annotated[str, _postal_form, _postal_schema]
