"""Every day and every instant that a question may hold, to the first and the last: an answer, or a 422 that names it; never a 500."""

from datetime import UTC, datetime
from itertools import product
from urllib.parse import quote

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError

from services.kernel.base.fields import Instant
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE
from tests.observatory_api.ledger_support import record
from tests.observatory_api.pages.conftest import Browser
from tests.observatory_api.states import action, history, milestone, number, on

DAYS = ("1900-01-01", "1900-01-02", "1900-12-31", "1969-12-31", "2026-02-28", "2199-01-01", "2199-12-30", "2199-12-31")
OUTSIDE = ("1900-01-01T00:00:00+23:59", "1900-01-01T00:00:00+00:01", "2199-12-31T23:59:59-23:59", "2199-12-31T23:59:59.999999-00:01")
INSIDE = ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00-23:59", "1900-01-02T00:00:00+23:59", "1970-01-01T00:00:00+00:01")
LAST = ("2199-12-31T23:59:59.999999Z", "2199-12-31T23:59:59+23:59", "2199-12-31T00:00:00-23:59")

instants = TypeAdapter(Instant)


@pytest.mark.parametrize("written", OUTSIDE)
def test_b5_an_instant_that_leaves_the_range_in_utc_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="l'année doit être comprise entre 1900 et 2199"):
        instants.validate_python(written)


@pytest.mark.parametrize("written", [*INSIDE, *LAST])
def test_b5_an_instant_within_the_range_can_be_read_again(written: str) -> None:
    kept = instants.validate_python(written)
    assert kept.tzinfo is UTC
    assert kept == datetime.fromisoformat(written)
    assert instants.validate_python(kept) == kept


@pytest.mark.parametrize("written", [*OUTSIDE, *LAST])
async def test_b5_the_page_refuses_it_by_name(browser: Browser, facts: None, written: str) -> None:
    answer = await browser().get(f"/observatory/?known_at={quote(written)}")
    assert answer.status_code == 422
    assert "known_at" in answer.text


@pytest.mark.parametrize("written", INSIDE)
async def test_b5_the_page_answers_for_the_first_instants(browser: Browser, facts: None, written: str) -> None:
    assert (await browser().get(f"/observatory/?known_at={quote(written)}")).status_code == 200


async def test_b5_the_page_answers_for_every_day(browser: Browser, facts: None) -> None:
    for as_of, known_at in product(DAYS, ("", *DAYS)):
        answer = await browser().get("/observatory/", params={"as_of": as_of, "known_at": known_at})
        assert answer.status_code == 200, (as_of, known_at)


@pytest.mark.parametrize("code", CATALOGUE.codes)
async def test_b5_an_indicator_answers_for_every_period(steering: httpx.AsyncClient, facts: None, code: str) -> None:
    for as_of, start, end, every in product(("", DAYS[0], DAYS[-1]), ("", DAYS[0], DAYS[-1]), ("", DAYS[0], DAYS[-1]), ("", "month")):
        asked = {"as_of": as_of, "from": start, "to": end, "every": every}
        answer = await steering.get(f"/observatory/v1/indicators/{code}/values", params={name: day for name, day in asked.items() if day})
        assert answer.status_code in (200, 422), (asked, answer.text)
        if answer.status_code == 422:
            assert answer.json()["errors"][0]["pointer"] in ("from", "to", "every"), asked


async def test_b5_the_dashboard_answers_for_every_day(steering: httpx.AsyncClient, facts: None) -> None:
    for as_of, every in product(DAYS, ({}, {"every": "month"})):
        assert (await steering.get("/observatory/v1/values", params={"as_of": as_of, **every})).status_code == 200, as_of


async def test_b5_states_at_the_bounds_are_applied(databases: Databases, steering: httpx.AsyncClient) -> None:
    """The day after the last one is a day of the ledger too."""
    await record(
        databases,
        action(id=number(10), ends_on=on("2199-12-31")),
        milestone(id=number(11), due_initial=on("2199-12-31")),
        milestone(id=number(12), due_initial=on("1900-01-01"), history=history(("planned", "1900-01-01"))),
    )
    for as_of, overdue in (("1900-01-01", 0), ("1900-01-02", 1), ("2199-12-31", 1)):
        answer = await steering.get("/observatory/v1/indicators/K08/values", params={"as_of": as_of, "every": "month"})
        assert (answer.status_code, answer.json()["numerator"]) == (200, overdue), as_of
