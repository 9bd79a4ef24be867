"""Names in capitals get a decent case; acronyms stay, and so does what people wrote."""

import pytest

from services.access_api.imports.codes import UAI
from services.access_api.imports.display import displayed
from services.kernel.base.spreadsheets import tidied


@pytest.mark.parametrize(
    ("official", "shown"),
    [
        ("CHU DE NANTES SITE HOTEL DIEU HME", "CHU de Nantes site Hotel Dieu HME"),
        ("EHPAD L’ÉTOILE – CŒUR DE VIE", "EHPAD L’Étoile – Cœur de Vie"),
        ("SSIAD D'ANGERS", "SSIAD d'Angers"),
        ("CH LE MANS - SITE CCS", "CH Le Mans - Site CCS"),
        ("HOPITAL CORNICHE ANGEVINE À CHALONNES", "Hopital Corniche Angevine à Chalonnes"),
        ("HOPITAL S.O. MAYENNAIS :SITE DE CRAON", "Hopital S.O. Mayennais :Site de Craon"),
        ("CH ST NAZAIRE HEINLEX", "CH St Nazaire Heinlex"),
        ("LES APSYADES", "Les Apsyades"),
        ("EHPAD JEAN XXIII", "EHPAD Jean XXIII"),
        ("CH N° 1", "CH N° 1"),
        ("Clinique Jules Verne", "Clinique Jules Verne"),
        ("CH N° 3 – Les Ormes", "CH N° 3 – Les Ormes"),
        ("12", "12"),
        ("", ""),
    ],
)
def test_f9_case_for_display(official: str, shown: str) -> None:
    assert displayed(official) == shown


@pytest.mark.parametrize(("value", "said"), [("440001M", "il manque sans doute un zéro"), ("0440001A", "forme ou clé fausse")])
def test_f3_a_spoilt_uai_is_shown_with_the_cause(value: str, said: str) -> None:
    problem = UAI.problem(value)
    assert problem
    assert f"« {value} »" in problem
    assert said in problem


def test_f3_a_uai_in_lower_case_is_tidied() -> None:
    assert UAI.problem(tidied("0440001m ")) is None
