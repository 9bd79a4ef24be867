"""What people type and what is stored are folded alike, however it is written."""

import unicodedata

import pytest
from hypothesis import given, strategies as st

from services.kernel.base.folding import begins_one, fold, terms


@pytest.mark.parametrize(
    "written",
    ["Saint-Nazaire", "ST NAZAIRE", "st.  nazaire", "  Saint–Nazaire ", "SAINT_NAZAIRE", "s\u0061int-nazaire"],
)
def test_f8_a_name_is_folded_alike_however_it_is_written(written: str) -> None:
    assert fold(written) == "saint nazaire"


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("L’Œuvre d'Évron", "l oeuvre d evron"),
        ("Ste-Gemmes", "sainte gemmes"),
        ("EHPAD L’ÉTOILE – CŒUR DE VIE", "ehpad l etoile coeur de vie"),
        ("Ægir ﬁn", "aegir fin"),
        ("Stains Est", "stains est"),
        ("§ — !", ""),
        ("1ᵉʳ Mai", "1er mai"),
    ],
)
def test_f8_accents_ligatures_and_apostrophes_go(written: str, folded: str) -> None:
    assert fold(written) == folded


@given(st.text(max_size=40))
def test_f8_composed_or_not_and_folded_already_or_not(text: str) -> None:
    folded = fold(text)
    assert {fold(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")} == {folded}
    assert fold(folded) == folded
    assert folded.isascii()


@given(st.text(alphabet="aestinz- 'éÉœ’", min_size=1, max_size=20), st.data())
def test_e11_a_name_is_found_by_the_beginnings_of_its_words_in_any_order(name: str, data: st.DataObject) -> None:
    words = fold(name).split()
    typed = " ".join(word[: data.draw(st.integers(1, len(word)))] for word in data.draw(st.permutations(words)))
    assert all(begins_one(term, words) for term in terms(typed))
