"""Formats that JSON Schema has no word for: numbers with a key, and codes from a list."""

from collections.abc import Sequence

import schemathesis
from hypothesis import strategies as st

from services.access_api.identifiers import is_finess, is_siren, is_siret, is_uai

DIGITS = "0123456789"
UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def register(communes: Sequence[str]) -> None:
    """Tells schemathesis how to make them."""
    schemathesis.openapi.format("finess", st.integers(0, 10**8 - 1).map(lambda number: _keyed(f"{number:08}")).filter(is_finess))
    schemathesis.openapi.format("siren", st.integers(0, 10**8 - 1).map(lambda number: _keyed(f"{number:08}")).filter(is_siren))
    schemathesis.openapi.format("siret", st.tuples(st.integers(1, 10**8 - 1), st.integers(0, 9999)).map(_siret).filter(is_siret))
    schemathesis.openapi.format("uai", st.integers(0, 10**7 - 1).map(_uai).filter(is_uai))
    schemathesis.openapi.format("commune", st.sampled_from(list(communes)))


def _siret(parts: tuple[int, int]) -> str:
    return _keyed(f"{_keyed(f'{parts[0]:08}')}{parts[1]:04}")


def _uai(number: int) -> str:
    return f"{number:07}{UAI_LETTERS[number % 23]}"


def _keyed(digits: str) -> str:
    """Digits followed by their Luhn key."""
    total = sum(sum(divmod(2 * int(digit), 10)) if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(digits)))
    return digits + DIGITS[-total % 10]
