"""A need or an envelope that looks like one that stands is made when somebody insists, and only then."""

from datetime import UTC, datetime

import httpx
import time_machine

from services.contracts.codes import Department
from services.kernel.api.lookalikes import AGO
from services.kernel.data.database import Databases
from tests.support.http import ok, problem_type
from tests.support.lookalikes import check_one_effect, sent, twelve
from tests.support.recruitment import EURO, HOME, Employer, a_funder, a_site, an_active_scheme, an_open_need, move, need_body, with_key

NEEDS, ENVELOPES = f"{HOME}/needs", f"{HOME}/envelopes"
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


async def test_e1_twelve_twins_of_a_need_have_one_effect(employer: Employer) -> None:
    await check_one_effect(employer.client, NEEDS, need_body(employer))


async def test_e1_another_site_profession_start_or_headcount_is_another_need(employer: Employer, databases: Databases) -> None:
    other = await a_site(databases, employer.id, Department.loire_atlantique)
    for body in (
        need_body(employer),
        need_body(employer, site_id=str(other)),
        need_body(employer, profession="ide"),
        need_body(employer, starts_on="2030-01-08"),
        need_body(employer, headcount=2),
    ):
        ok(await employer.client.post(NEEDS, json=body))


async def test_e1_a_need_of_yesterday_is_made_again_and_one_cancelled_at_once(employer: Employer) -> None:
    with time_machine.travel(NOW):
        await move(employer.client, "needs", await an_open_need(employer), "cancel", reason="Erreur de saisie")
        first = ok(await employer.client.post(NEEDS, json=need_body(employer)))
    with time_machine.travel(NOW + AGO * 0.99):
        refused = await employer.client.post(NEEDS, json=need_body(employer, urgency="critical"))
    with time_machine.travel(NOW + AGO * 1.01):
        ok(await employer.client.post(NEEDS, json=need_body(employer)))

    assert (refused.status_code, problem_type(refused), refused.json()["existing_id"]) == (409, "looks-twice", first["id"])


async def test_e1_twelve_clicks_under_one_key_make_one_need_and_all_are_told_so(employer: Employer) -> None:
    answers = await twelve(employer.client, NEEDS, need_body(employer), "one-and-the-same-key")

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_e1_twelve_twins_of_an_envelope_have_one_effect(steering: httpx.AsyncClient) -> None:
    scheme = await an_active_scheme(steering)
    money = {"scheme_id": scheme["id"], "fiscal_year": 2026, "funder": "ARS-PDL", "ceiling_cents": 100_000 * EURO}

    regional = await check_one_effect(steering, ENVELOPES, money)
    of_a_department = await check_one_effect(steering, ENVELOPES, {**money, "department": "44"})

    assert (regional["department"], of_a_department["department"]) == (None, "44")


async def test_e1_another_scheme_funder_department_or_year_is_another_envelope(steering: httpx.AsyncClient, databases: Databases) -> None:
    await a_funder(databases, "REGION")
    scheme, other = await an_active_scheme(steering), await an_active_scheme(steering)
    money = {"scheme_id": scheme["id"], "fiscal_year": 2026, "funder": "ARS-PDL", "ceiling_cents": 100_000 * EURO}
    for given in ({}, {"scheme_id": other["id"]}, {"funder": "REGION"}, {"department": "44"}, {"department": "85"}, {"fiscal_year": 2027}):
        assert (await sent(steering, ENVELOPES, money | given)).status_code == 201


async def test_e1_an_envelope_is_a_twin_for_ever_unless_the_first_is_closed(steering: httpx.AsyncClient) -> None:
    money = {"scheme_id": (await an_active_scheme(steering))["id"], "fiscal_year": 2026, "funder": "ARS-PDL", "ceiling_cents": EURO}
    with time_machine.travel(NOW):
        first = ok(await steering.post(ENVELOPES, json=money, headers=with_key()))
    with time_machine.travel(NOW + 30 * AGO):
        refused = await steering.post(ENVELOPES, json={**money, "ceiling_cents": 2 * EURO}, headers=with_key())
        await move(steering, "envelopes", first, "close", reason="Erreur de saisie")
        ok(await steering.post(ENVELOPES, json=money, headers=with_key()))

    assert (refused.status_code, problem_type(refused), refused.json()["existing_id"]) == (409, "looks-twice", first["id"])
