"""The table of the seven axes: what the plan's indicators count in each, and a dash where there is nothing to count."""

import pytest

from services.contracts.actions import ActionStatus
from services.contracts.codes import Axis, Role
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.observatory_api.ledger_support import record
from tests.observatory_api.pages.conftest import Browser
from tests.observatory_api.pages.reading import Element
from tests.observatory_api.pages.test_reading_the_page import JUNE, card, page, said
from tests.observatory_api.states import action, history, milestone, number, on, reschedule

COLUMNS = ["Phares lancées", "Actions vivantes", "En retard", "Jalons tenus", "Décalage médian", "Jalons en souffrance", "En préparation"]
NONE = ["—"] * len(COLUMNS)
STARTED = history(("approved", "2026-02-02"), ("in_progress", "2026-02-16"))


def rows(document: Element) -> dict[str, list[str]]:
    """The lines of the table: axis → cells."""
    columns, *lines = document.one("table", **{"class": "axes"}).all("tr")
    assert [one.text for one in columns.all("th")] == ["Axe", *COLUMNS]
    assert all([cell.attributes["data-column"] for cell in line.all("td")] == COLUMNS for line in lines), "for a narrow screen"
    return {line.one("th").text: [cell.text for cell in line.all("td")] for line in lines}


async def the_plan(databases: Databases) -> None:
    """A1: two live actions, one late, a flagship; a milestone kept, one moved and overdue. A2: a sheet. A3: nothing that counts yet."""
    kept = {"due_initial": on("2026-03-31"), "reached_on": on("2026-03-30")}
    moved = {"due": on("2026-06-10"), "reschedules": (reschedule("2026-05-20", "2026-05-31", "2026-06-10"),)}
    await record(
        databases,
        action(id=number(100), axis="A1", departments=(), flagship=True, history=STARTED),
        action(id=number(101), axis="A1", history=STARTED),
        action(id=number(102), axis="A2", status=ActionStatus.draft, history=history(("draft", "2026-02-02"))),
        milestone(id=number(200), action_id=number(100), axis="A1", departments=(), **kept),
        milestone(id=number(201), action_id=number(100), axis="A1", departments=(), due_initial=on("2026-05-31"), **moved),
    )


async def test_each_axis_has_a_row_and_the_plan_the_last(browser: Browser, databases: Databases) -> None:
    await the_plan(databases)
    document = await page(browser())
    counted = ["1 sur 1", "2", "1", "50 %", "0 jour", "1 sur 1"]
    found = rows(document)
    assert list(found) == [*(f"{axis} {axis.label}" for axis in Axis), "Tous les axes"]
    assert found == {
        **{f"{axis} {axis.label}": NONE for axis in Axis},
        "A1 Attractivité des territoires": [*counted, "—"],
        "A2 Offre de formation par la voie scolaire": [*NONE[:-1], "1"],
        "Tous les axes": [*counted, "1"],
    }
    assert said(card(document, "K06"), "value") == "50 %", "the last row is what the cards say"


async def test_nothing_late_is_zero_where_actions_are_live(browser: Browser, databases: Databases) -> None:
    await record(databases, action(id=number(100), axis="A7", history=STARTED))
    assert rows(await page(browser()))["A7 Recrutements d'urgence"][:4] == ["—", "1", "0", "—"]


async def test_the_page_of_a_department_has_its_own_axes(browser: Browser, databases: Databases) -> None:
    await the_plan(databases)
    assert rows(await page(browser(), f"{JUNE}&department=72"))["Tous les axes"][1:3] == ["1", "1"]
    assert rows(await page(browser(), f"{JUNE}&department=49"))["A1 Attractivité des territoires"][1:3] == ["2", "1"]


@pytest.mark.parametrize("role", Role)
async def test_it_is_for_who_reads_breakdowns(client: Client, databases: Databases, role: Role) -> None:
    await the_plan(databases)
    assert bool((await page(client(role))).all("table", **{"class": "axes"})) is (role not in (Role.partner, Role.reader))


async def test_everybody_reads_no_breakdown(browser: Browser, databases: Databases) -> None:
    await the_plan(databases)
    assert not (await page(browser("203.0.113.5", public_pages=True))).all("table", **{"class": "axes"})


@pytest.mark.usefixtures("databases")
async def test_before_the_plan_has_anything_to_count_there_is_no_table(browser: Browser) -> None:
    document = await page(browser())
    assert not document.all("table", **{"class": "axes"})
    assert "#axes" not in {link.attributes["href"] for link in document.all("a")}
