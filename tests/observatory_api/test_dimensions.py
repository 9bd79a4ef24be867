"""Dimensions over HTTP: what is asked of them is known or refused by name, and the catalogue says their values."""

from datetime import date

import httpx
import pytest

from services.contracts.codes import Department
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.dimensions import Dimension, Named, Year
from tests.observatory_api.ledger_support import record
from tests.observatory_api.states import LAVAL, action, commitment, envelope, number
from tests.support.http import ok

LISTED = [each for each in CATALOGUE.dimensions if each.labels]
YEARS = [each for each in CATALOGUE.dimensions if isinstance(each.values, Year)]
NAMES = [each for each in CATALOGUE.dimensions if isinstance(each.values, Named)]


def path_of(dimension: Dimension) -> str:
    """The values of an indicator that has the dimension."""
    return f"/observatory/v1/indicators/{next(one.code for one in CATALOGUE.indicators if dimension in one.by)}/values"


async def refusal(client: httpx.AsyncClient, dimension: Dimension, value: str) -> str:
    """Why a value is refused; the parameter is named."""
    answer = await client.get(path_of(dimension), params={dimension.name: value})
    assert answer.status_code == 422, answer.text
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["location"]) == (dimension.name, "query")
    detail: str = error["detail"]
    return detail


def test_every_dimension_is_of_one_of_three_kinds() -> None:
    assert len(LISTED) + len(YEARS) + len(NAMES) == len(CATALOGUE.dimensions) == 18
    assert min(len(LISTED), len(YEARS), len(NAMES)) > 1


@pytest.mark.parametrize("dimension", LISTED, ids=lambda dimension: dimension.name)
async def test_an_unknown_value_is_refused_with_all_that_are_known(steering: httpx.AsyncClient, dimension: Dimension) -> None:
    said = await refusal(steering, dimension, "inconnue")
    *first, last = dimension.labels
    assert said == f"Valeurs permises : {', '.join(first)} ou {last}."


@pytest.mark.parametrize("dimension", YEARS, ids=lambda dimension: dimension.name)
async def test_what_is_no_year_is_refused_with_an_example(steering: httpx.AsyncClient, dimension: Dimension) -> None:
    assert isinstance(dimension.values, Year)
    if dimension.name == "school_year":
        assert "2026-2099" in await refusal(steering, dimension, "2026-2099")
    assert await refusal(steering, dimension, "26") == f"Ce n'est pas la forme attendue, par exemple {dimension.values.example}."
    assert ok(await steering.get(path_of(dimension), params={dimension.name: dimension.values.example}))["value"] in (0, None)


@pytest.mark.parametrize("dimension", NAMES, ids=lambda dimension: dimension.name)
async def test_a_name_that_no_fact_has_given_is_refused(steering: httpx.AsyncClient, dimension: Dimension) -> None:
    said = await refusal(steering, dimension, "Inconnu")
    assert said == f"« Inconnu » est un nom inconnu ({dimension.label.lower()}) ; aucun fait n'en a encore donné."


async def test_the_names_that_facts_have_given_are_told(databases: Databases, steering: httpx.AsyncClient) -> None:
    await record(databases, envelope(id=number(1), scheme_code="CAE-2026"), envelope(id=number(2), scheme_code="AIDE-85"))
    scheme = next(each for each in NAMES if each.name == "scheme_code")
    assert (
        await refusal(steering, scheme, "CAE")
        == "« CAE » est un nom inconnu (dispositif) ; ceux que les faits donnent sont AIDE-85, CAE-2026."
    )


async def test_a_name_that_is_known_and_counts_nothing_is_no_fault(databases: Databases, steering: httpx.AsyncClient) -> None:
    await record(databases, envelope(scheme_code="CAE-2026"), commitment(scheme_code="CAE-2026"))
    asked = {"scheme_code": "CAE-2026", "as_of": "2020-01-01"}
    assert ok(await steering.get("/observatory/v1/indicators/R04/values", params=asked))["value"] == 0


async def test_what_is_of_no_department_is_in_no_other_and_actions_are_in_all(databases: Databases, steering: httpx.AsyncClient) -> None:
    await record(databases, action(departments=()), commitment(id=number(1)), commitment(id=number(2), department=LAVAL))
    asked = {"as_of": date(2026, 6, 30).isoformat()}
    board = {
        row: {
            item["code"]: item["value"]
            for item in ok(await steering.get("/observatory/v1/values", params={**asked, "department": row}))["items"]
        }
        for row in ("44", LAVAL, "regional")
    }
    alone, whole = board["regional"]["R04"], ok(await steering.get("/observatory/v1/indicators/R04/values", params=asked))["value"]
    assert board["44"]["R04"] == 0
    assert alone + board[LAVAL]["R04"] == whole > alone > 0


async def test_the_catalogue_says_the_values_and_their_labels(steering: httpx.AsyncClient) -> None:
    read = ok(await steering.get("/observatory/v1/indicators/R08"))
    said = {each["name"]: each for each in read["dimensions"]}
    assert [value["label"] for value in said["department"]["values"]] == [*(each.label for each in Department), "Toute la région"]
    assert (said["funder"]["values"], said["funder"]["example"]) == (None, "ARS-PDL")
    assert (said["fiscal_year"]["values"], said["fiscal_year"]["label"]) == (None, "Exercice budgétaire")
