"""The first sentences of the page: what is late and why, the worst first; that nothing is, or that nothing is known."""

from collections.abc import Iterator

import pytest

from services.contracts.actions import ActionState, MilestoneState, MilestoneStatus
from services.contracts.codes import Role
from services.contracts.recruitment import ApplicationStatus
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.observatory_api.ledger_support import record
from tests.observatory_api.pages.conftest import Browser
from tests.observatory_api.pages.reading import Element
from tests.observatory_api.pages.test_reading_the_page import JUNE, page
from tests.observatory_api.states import action, application, commitment, envelope, history, milestone, need, number, on, request

STARTED = history(("approved", "2026-02-02"), ("in_progress", "2026-02-16"))


def section(document: Element) -> Element:
    return document.one("section", **{"aria-labelledby": "retards"})


def late(document: Element) -> list[str]:
    return [line.text for line in section(document).all("li")]


def others(document: Element) -> list[str]:
    return [line.text for line in section(document).all("p")]


def plan(axes: str, overdue: int) -> Iterator[ActionState | MilestoneState]:
    """An action started on each of these axes, with a milestone each; those of the first are overdue since June."""
    for place, axis in enumerate(axes):
        yield action(id=number(100 + place), axis=f"A{axis}", departments=(), history=STARTED)
        due = "2026-05-31" if place < overdue else "2026-12-31"
        yield milestone(id=number(200 + place), action_id=number(100 + place), axis=f"A{axis}", departments=(), due_initial=on(due))


async def test_an_empty_ledger_knows_nothing_of_it(browser: Browser) -> None:
    document = await page(browser())
    assert late(document) == []
    assert others(document) == ["On ne sait pas encore ce qui est en retard : rien de ce qui peut l’être n’est suivi."]


@pytest.mark.usefixtures("facts")
async def test_each_clause_leads_to_its_figure(browser: Browser) -> None:
    document = await page(browser())
    assert late(document) == [
        "1 action vivante sur 1 est en retard (0 fin mai 2026), sur l’axe A4, Offre de formation en milieu professionnel.",
        "1 jalon ouvert sur 2 a dépassé son échéance (0 fin mai 2026), sur l’axe A4, Offre de formation en milieu professionnel.",
    ]
    assert others(document) == ["En attente : 2 postes cherchent encore preneur."]
    assert [link.attributes["href"] for link in section(document).all("a")] == ["#K05", "#K08", "#R01"]
    assert document.by_id("K05").tag == document.by_id("R01").tag == "article"


async def test_the_worst_comes_first_and_says_where_most_of_it_is(browser: Browser, databases: Databases) -> None:
    declined = {"status": ApplicationStatus.declined, "history": history(("submitted", "2026-04-01"), ("declined", "2026-05-01"))}
    await record(
        databases,
        *plan("2224111", 4),
        *(application(id=number(300 + place), respond_by=on("2026-04-15"), **declined) for place in range(2)),
        application(id=number(310), respond_by=on("2026-06-29"), history=history(("submitted", "2026-06-01"))),
        *(need(id=number(400 + place), headcount=20) for place in range(2)),
        request(id=number(500)),
    )
    document = await page(browser())
    mostly = "surtout sur l’axe A2, Offre de formation par la voie scolaire (3)"
    assert late(document) == [
        "3 candidatures sur 3 n’ont pas eu de réponse dans leur délai ces douze mois.",
        f"4 actions vivantes sur 7 sont en retard (0 fin mai 2026), {mostly}.",
        f"4 jalons ouverts sur 7 ont dépassé leur échéance (0 fin mai 2026), {mostly}.",
    ]
    assert others(document) == [
        "En attente : 40 postes cherchent encore preneur ; 1 demande de stage attend une réponse ; 1 candidature attend une réponse."
    ]


@pytest.mark.parametrize(
    ("axes", "overdue", "where"),
    [
        ("1144", 4, ", sur les axes A1 et A4 (2 chacun)"),
        ("11447", 5, ", surtout sur les axes A1 et A4 (2 chacun)"),
        ("147", 3, ", sur 3 axes"),
        ("7", 1, ", sur l’axe A7, Recrutements d'urgence"),
    ],
)
async def test_where_it_is_late_is_said_briefly(browser: Browser, databases: Databases, axes: str, overdue: int, where: str) -> None:
    await record(databases, *plan(axes, overdue))
    first = late(await page(browser()))[0]
    assert first.partition("mai 2026)")[2] == f"{where}."


async def test_an_action_late_without_any_late_milestone_is_past_its_end(browser: Browser, databases: Databases) -> None:
    await record(databases, action(id=number(100), axis="A6", ends_on=on("2026-06-15"), history=STARTED))
    assert late(await page(browser())) == [
        "1 action vivante sur 1 est en retard (0 fin mai 2026), sur l’axe A6, Qualité de vie au travail : la fin prévue est passée."
    ]


async def test_nothing_late_is_said(browser: Browser, databases: Databases) -> None:
    await record(databases, *plan("12", 0))
    document = await page(browser())
    assert late(document) == []
    assert others(document) == ["Rien n’est en retard parmi 2 actions vivantes et 2 jalons ouverts."]


async def test_nothing_that_could_be_late_is_another_thing_than_nothing_known(browser: Browser, databases: Databases) -> None:
    cancelled = {"status": MilestoneStatus.cancelled, "cancelled_on": on("2026-04-20")}
    await record(databases, milestone(id=number(200), due_initial=on("2026-12-31"), **cancelled))
    [said] = others(await page(browser()))
    assert said.startswith("Rien ne peut être en retard : il n’y a ni action vivante, ni jalon ouvert, ni candidature au délai échu")


async def test_a_department_has_its_own(browser: Browser, databases: Databases) -> None:
    await record(databases, action(id=number(100), history=STARTED, ends_on=on("2026-06-15")), need(id=number(20), headcount=2))
    assert "1 action vivante sur 1" in late(await page(browser(), f"{JUNE}&department=49"))[0]
    assert others(await page(browser(), f"{JUNE}&department=49")) == []
    elsewhere = await page(browser(), f"{JUNE}&department=72")
    assert others(elsewhere) == ["On ne sait pas encore ce qui est en retard : rien de ce qui peut l’être n’est suivi."]


async def test_money_nearly_spent_is_said_of_this_year_and_of_years_to_come(browser: Browser, databases: Databases) -> None:
    def spent(place: int, scheme: str, year: int, cents: int) -> tuple[object, object]:
        about = {"scheme_code": scheme, "fiscal_year": year}
        return envelope(id=number(700 + place), **about, ceiling_cents=12_000), commitment(
            id=number(800 + place), **about, amount_cents=cents
        )

    await record(databases, *spent(1, "CAE", 2026, 11_000), *spent(2, "APP", 2026, 10_999), *spent(3, "OLD", 2025, 12_000))  # type: ignore[arg-type]  # they are states
    assert others(await page(browser()))[1:] == [
        "Argent : le dispositif CAE a presque épuisé ses plafonds de 2026 (110 € engagés sur 120 € de plafonds)."
    ]


async def test_a_reader_is_told_of_no_axis_and_of_no_scheme(client: Client, databases: Databases) -> None:
    await record(databases, *plan("2", 1), envelope(id=number(700)), commitment(id=number(701), amount_cents=10_000_000))
    document = await page(client(Role.reader))
    assert late(document)[0] == "1 action vivante sur 1 est en retard (0 fin mai 2026)."
    assert others(document) == []


async def test_everybody_is_told_of_nothing_that_counts_fewer_than_five(browser: Browser, databases: Databases) -> None:
    """ADR 10: five are late, five are not; the month before has none. Four posts are not said."""
    anybody = browser("203.0.113.5", public_pages=True)
    await record(databases, *plan("1" * 10, 5), need(id=number(20), headcount=4))
    document = await page(anybody)
    assert late(document) == [
        "5 actions vivantes sur 10 sont en retard (0 fin mai 2026).",
        "5 jalons ouverts sur 10 ont dépassé leur échéance (0 fin mai 2026).",
    ]
    assert others(document) == ["Ce qui compte moins de cinq n’est pas publié."]


async def test_everybody_is_not_told_that_nothing_is_late_when_it_is_hidden(browser: Browser, databases: Databases) -> None:
    await record(databases, *plan("1" * 10, 4))
    document = await page(browser("203.0.113.5", public_pages=True))
    assert late(document) == []
    assert others(document) == ["Rien de ce qui est publié n’est en retard.", "Ce qui compte moins de cinq n’est pas publié."]
