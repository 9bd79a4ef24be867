"""Who reads which figures (ADR 10): all, the region's and those of the departments of the token, or the dashboard alone."""

from typing import Any

import httpx
import pytest

from services.contracts.codes import Department, Role
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.model import Indicator
from services.observatory_api.pages.published import counts_few, hidden_codes, published
from services.observatory_api.values.schemas import DashboardRead
from tests.conftest import Client
from tests.observatory_api.ledger_support import record
from tests.observatory_api.states import need, number
from tests.support.http import ok, problem_type

TERRITORIAL = (Role.hr_partner, Role.finance, Role.employer, Role.institute)
NOTHING = dict.fromkeys(("value", "numerator", "denominator", "samples", "p90", "coverage"))
PATH = "/observatory/v1/indicators/R01/values"


@pytest.fixture
async def posts(databases: Databases) -> None:
    """Posts in every department: 1, 2, 3, 4 and 5."""
    await record(databases, *(need(id=number(n), department=each, headcount=n) for n, each in enumerate(Department, 1)))


async def by_department(caller: httpx.AsyncClient) -> dict[str, Any]:
    answer = ok(await caller.get(PATH, params={"by": "department"}))
    assert answer["value"] == 15, "the region's figure is everybody's"
    return {group["dimensions"]["department"]: group["value"] for group in answer["groups"]}


@pytest.mark.parametrize("role", [Role.steering, Role.committee])
async def test_who_decides_on_the_plan_reads_every_department(client: Client, posts: None, role: Role) -> None:
    assert len(await by_department(client(role, departments=frozenset({Department.sarthe})))) == 5


@pytest.mark.parametrize("role", TERRITORIAL)
async def test_who_acts_in_departments_reads_those_of_the_token(client: Client, posts: None, role: Role) -> None:
    here = frozenset({Department.sarthe, Department.vendee})
    caller = client(role, departments=here)
    assert await by_department(caller) == {"72": 4, "85": 5}
    assert ok(await caller.get(PATH, params={"department": "72"}))["value"] == 4
    refused = await caller.get(PATH, params={"department": "44"})
    assert refused.status_code == 403
    assert "72, 85" in refused.json()["detail"]
    assert len(await by_department(client(role))) == 5, "a token of the whole region"


async def test_partners_and_readers_have_the_dashboard_alone_and_nobody_else_has_it(client: Client) -> None:
    for role in Role:
        assert (await client(role).get("/observatory/v1/values")).status_code == 200, role
    for role in (Role.partner, Role.reader):
        assert problem_type(await client(role).get(PATH)) == "forbidden"
    assert (await client().get("/observatory/v1/values")).status_code == 401


async def test_the_dashboard_of_a_department_is_for_who_reads_its_figures(client: Client, posts: None) -> None:
    here = frozenset({Department.sarthe})
    for role in Role:
        caller = client(role, departments=here)
        statuses = [(await caller.get("/observatory/v1/values", params={"department": code})).status_code for code in ("72", "44")]
        whole, territorial = role in (Role.steering, Role.committee), role in TERRITORIAL
        assert statuses == ([200, 200] if whole else [200, 403] if territorial else [403, 403]), role


async def test_the_dashboard_of_a_department_has_the_figures_that_each_indicator_gives_of_it(
    steering: httpx.AsyncClient, posts: None
) -> None:
    asked = {"department": "72", "every": "month", "as_of": "2026-06-30"}
    board = ok(await steering.get("/observatory/v1/values", params=asked))
    assert board["department"] == "72"
    assert [item["code"] for item in board["items"]] == [code for code in CATALOGUE.codes if "department" in newest(code).names]
    for item in board["items"]:
        alone = ok(await steering.get(f"/observatory/v1/indicators/{item['code']}/values", params=asked))
        assert item == {name: alone[name] for name in item}
    assert {item["code"]: item["value"] for item in board["items"]}["R01"] == 4


def newest(code: str) -> Indicator:
    """The latest definition of an indicator."""
    return [*CATALOGUE.definitions(code).values()][-1]


@pytest.mark.parametrize(
    ("unit", "kind", "given", "few"),
    [
        ("count", "sum", {"value": 0}, False),
        ("count", "sum", {"value": 1}, True),
        ("count", "sum", {"value": 4}, True),
        ("count", "sum", {"value": 5}, False),
        ("cents", "sum", {"value": 3}, False),
        ("share", "sum", {"value": 0.5, "numerator": 5, "denominator": 10}, False),
        ("share", "sum", {"value": 0.8, "numerator": 8, "denominator": 10}, True),
        ("share", "sum", {"value": 0.2, "numerator": 2, "denominator": 10}, True),
        ("share", "sum", {"value": None, "numerator": 0, "denominator": 0}, False),
        ("share", "sum", {"value": 1.0, "numerator": 3, "denominator": 3}, True),
        ("days", "distribution", {"value": 3, "samples": 4}, True),
        ("days", "distribution", {"value": 3, "samples": 5}, False),
        ("days", "distribution", {"value": 3, "samples": 5, "coverage": {"known": 5, "knowable": 9}}, True),
        ("days", "distribution", {"value": 3, "samples": 5, "coverage": {"known": 5, "knowable": 10}}, False),
        ("share", "sum", {"value": None, "numerator": 0, "denominator": 0, "coverage": {"known": 0, "knowable": 4}}, True),
    ],
)
def test_nothing_that_counts_fewer_than_five_is_published(unit: str, kind: str, given: dict[str, Any], few: bool) -> None:
    item = {"code": "X01", "label": "x", "definition": 1, "kind": kind, "unit": unit, "reading": "flow", "series": None, **NOTHING, **given}
    figures = DashboardRead.model_validate({"as_of": "2026-01-01", "to_come": False, "known_at": "2026-01-01T00:00:00Z", "items": [item]})
    assert counts_few(figures.items[0], figures.items[0]) is few
    assert hidden_codes(figures) == ({"X01"} if few else set())
    [shown] = published(figures).items
    assert (shown.value is None) is (few or given["value"] is None)


def test_a_month_that_counts_few_takes_the_months_with_it() -> None:
    points = [
        {**NOTHING, "period": f"2026-0{month}", "month": f"2026-0{month}", "tracked": True, "value": value}
        for month, value in ((1, 3), (2, 40))
    ]
    item = {"code": "X01", "label": "x", "definition": 1, "kind": "sum", "unit": "count", "reading": "flow", "series": points}
    item |= {**NOTHING, "value": 43}
    figures = DashboardRead.model_validate({"as_of": "2026-02-28", "to_come": False, "known_at": "2026-03-01T00:00:00Z", "items": [item]})
    [shown] = published(figures).items
    assert (shown.value, shown.series) == (43, None)
