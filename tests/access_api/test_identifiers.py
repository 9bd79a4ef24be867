"""National identifiers have a form and a key."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter, ValidationError
from stdnum.fr import siren, siret

from services.access_api.identifiers import Finess, Siren, is_finess, is_siren, is_siret, is_uai, luhn, luhn_failures

DIGITS = "0123456789"


@pytest.mark.parametrize("number", ["440000016", "2A0000014", "2B0000012"])
def test_a_finess_has_a_luhn_key_where_the_letter_of_corsica_is_a_digit(number: str) -> None:
    assert is_finess(number)
    assert not is_finess(number[:8] + str((int(number[8]) + 1) % 10))


@pytest.mark.parametrize("number", ["", "44000001", "4400000160", "A40000016", "2C0000016", "44000001\n", "٤٤٠٠٠٠٠١٦"])
def test_what_has_not_the_form_is_no_finess(number: str) -> None:
    assert not is_finess(number)


def test_a_uai_ends_in_the_letter_of_its_digits() -> None:
    assert is_uai("0440001M")
    assert not is_uai("0440001A")
    assert not is_uai("0440001I")
    assert not is_uai("0440001M\n")


def test_la_poste_has_its_own_sum() -> None:
    assert not luhn("35600000049837")
    assert is_siret("35600000049837")


@pytest.mark.parametrize("number", ["000000000", "26440026", "2644002680", "264400269", "26440026a"])
def test_what_is_no_siren(number: str) -> None:
    assert not is_siren(number)


@given(st.text(DIGITS, min_size=9, max_size=9))
def test_siren_agrees_with_python_stdnum(number: str) -> None:
    assert is_siren(number) == (siren.is_valid(number) and number != "000000000")


@given(st.text(DIGITS, min_size=14, max_size=14), st.booleans())
def test_siret_agrees_with_python_stdnum(number: str, of_la_poste: bool) -> None:
    number = "356000000" + number[9:] if of_la_poste else number
    assert is_siret(number) == (siret.is_valid(number) and not number.startswith("000000000"))


@given(st.lists(st.text("0123456789AB ", max_size=10) | st.text(DIGITS, min_size=9, max_size=9), max_size=30))
def test_a_whole_column_is_summed_as_each_of_its_numbers(numbers: list[str]) -> None:
    expected = [place for place, number in enumerate(numbers) if not (len(number) == 9 and number.isdecimal() and luhn(number))]
    assert luhn_failures(numbers, 9) == expected


def test_a_field_says_what_is_wrong_in_french() -> None:
    assert TypeAdapter(Finess).validate_python("440000016") == "440000016"
    with pytest.raises(ValidationError, match="la clé de ce numéro FINESS est fausse"):
        TypeAdapter(Finess).validate_python("440000017")
    with pytest.raises(ValidationError, match="la clé de ce numéro SIREN est fausse"):
        TypeAdapter(Siren).validate_python("264400269")


def test_the_numbers_of_real_establishments_are_valid(real_establishments: Path) -> None:
    with real_establishments.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(is_finess(row["finess"]) and is_finess(row["finess_ej"]) for row in rows)
    assert all(is_siren(row["siren"]) for row in rows if row["siren"].strip("0"))
    assert all(is_siret(row["siret"]) for row in rows if row["siret"].strip("0"))
