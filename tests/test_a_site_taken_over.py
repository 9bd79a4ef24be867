"""A site with all that stands there, through the services: taken over, closed, opened again. What is told, and what the figures say."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from services.contracts.codes import STAFF
from services.kernel.data.database import Databases
from services.observatory_api.values.operations import dashboard
from services.observatory_api.values.schemas import DashboardQuery
from services.observatory_api.verification.operations import verify
from services.plam import SERVICES
from tests.conftest import Client
from tests.support.access import a_site
from tests.support.told import OPEN_THINGS, Json, Told, heard, post

FIRST, SECOND, THIRD = (datetime(2026, 11, day, 10, tzinfo=UTC) for day in (16, 20, 23))


@pytest.fixture(autouse=True)
def begins() -> Iterator[None]:
    """The day on which the story begins."""
    with time_machine.travel(FIRST):
        yield


async def figures(databases: Databases, day: date) -> dict[str, tuple[Any, ...]]:
    async with databases.open("observatory") as db:
        items = (await dashboard(db, DashboardQuery(as_of=day))).items
    return {item.code: (item.value, item.numerator, item.denominator) for item in items}


def table(names: dict[str, str], before: dict[str, Json], after: dict[str, Json]) -> list[str]:
    """Who has what, before and after."""
    lines = [f"{'row':18} {'before':12} {'after':12} owners"]
    for name, row in after.items():
        owners = ", ".join(f"{names[owner['organisation_id']]} since {owner['since']}" for owner in row.get("owners", ())) or "–"
        shown = [f"{names[each['organisation_id']]} v{each['version']}" for each in (before[name], row)]
        lines.append(f"{name:18} {shown[0]:12} {shown[1]:12} {owners}")
    return lines


async def test_e2_a_site_taken_over_takes_along_what_stands_there_and_moves_no_figure_of_before(
    client: Client, databases: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    everybody = client(*STAFF)
    told = Told(everybody, databases)
    site, old, new = await told.begin()
    before, shown = await told.now(), await figures(databases, FIRST.date())
    with time_machine.travel(THIRD):
        then = await figures(databases, date(2026, 11, 19))
        transfer = {"organisation_id": new["id"], "on": "2026-11-20", "reason": "Fusion"}
        moved = await post(everybody, f"/access/v1/sites/{site['id']}/transfer", site, **transfer)
        await heard(databases)
        after = await told.now()

        assert [owner["since"] for owner in moved["owners"]] == ["2026-11-16", "2026-11-20"]
        taken = {"unit", "offer", "request, pending", "need", "application"}
        assert {name for name, row in after.items() if row["organisation_id"] == new["id"]} == taken
        for name in taken:
            assert after[name]["owners"] == moved["owners"], name
        for name in after.keys() - taken:
            assert after[name] == before[name], name
        assert await figures(databases, FIRST.date()) == shown
        assert await figures(databases, date(2026, 11, 19)) == then
        today = await figures(databases, THIRD.date())
        assert {code: today[code][0] for code in OPEN_THINGS} == {"I27": 1, "I28": 1, "I29": 1, "R01": 2, "R06": 1, "R11": 1}
        found = await verify(databases, SERVICES, patience=5)
        assert found.sound, found
    with capsys.disabled():
        names = {old["id"]: "CH A", new["id"]: "CH B"}
        sys.stdout.write("\n".join(["", *table(names, before, after), ""]))


async def test_e2_both_employers_count_in_a_month_in_which_a_site_changed_hands_and_each_in_its_days(
    client: Client, databases: Databases
) -> None:
    everybody = client(*STAFF)
    told = Told(everybody, databases)
    site, old, new = await told.begin()
    annex = await a_site(everybody, new, name="Annexe")
    await heard(databases)
    dates: Json = {"starts_on": "2027-01-04", "expires_on": "2026-12-31", "legal_forms": ["cdi"], "headcount": 1, "profession": "as"}
    need = await post(everybody, "/recruitment/v1/needs", organisation_id=new["id"], site_id=annex["id"], **dates)
    await post(everybody, f"/recruitment/v1/needs/{need['id']}/publish", need)
    with time_machine.travel(THIRD):
        transfer = {"organisation_id": new["id"], "on": "2026-11-20", "reason": "Fusion"}
        await post(everybody, f"/access/v1/sites/{site['id']}/transfer", site, **transfer)
        await heard(databases)
        recruiting = [(await figures(databases, date(2026, 11, day)))["R06"][0] for day in (16, 19, 20, 23)]
    assert recruiting == [2, 2, 1, 1], f"{old['id']} recruited until the day, {new['id']} all along"


async def test_e3_a_closed_site_is_in_no_stock_of_open_things_until_it_opens_again(client: Client, databases: Databases) -> None:
    everybody = client(*STAFF)
    told = Told(everybody, databases)
    site, _, _ = await told.begin()
    open_things = {"I27": 1, "I28": 1, "I29": 1, "R01": 2, "R06": 1, "R11": 1}

    async def stock(day: datetime) -> dict[str, Any]:
        found = await figures(databases, day.date())
        return {code: found[code][0] for code in OPEN_THINGS}

    assert await stock(FIRST) == open_things
    with time_machine.travel(SECOND):
        closed = await post(everybody, f"/access/v1/sites/{site['id']}/close", site, reason="Travaux")
        await heard(databases)
        assert await stock(SECOND) == dict.fromkeys(OPEN_THINGS, 0)
        assert (await verify(databases, SERVICES, patience=5)).sound
    with time_machine.travel(THIRD):
        await post(everybody, f"/access/v1/sites/{site['id']}/reopen", closed)
        await heard(databases)
        assert [await stock(day) for day in (FIRST, SECOND, THIRD)] == [open_things, dict.fromkeys(OPEN_THINGS, 0), open_things]
        found = await verify(databases, SERVICES, patience=5)
        assert found.sound, found
