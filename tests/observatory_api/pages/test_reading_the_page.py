"""The page of figures: what a person reads there is what the API says, in words, charts and tables."""

import re
from pathlib import Path

import httpx
import pytest

from services.contracts.actions import ActionStatus
from services.contracts.codes import Department, Role
from services.contracts.recruitment import ApplicationStatus
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.kinds import Unit
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.pages import words
from tests.conftest import Client
from tests.observatory_api.context.context_files import establishment, home, run, workforce, written
from tests.observatory_api.ledger_support import record
from tests.observatory_api.pages.conftest import Browser
from tests.observatory_api.pages.reading import Element, read
from tests.observatory_api.states import action, application, assignment, at, history, number, organisation

JUNE = "as_of=2026-06-30"


async def page(client: httpx.AsyncClient, query: str = JUNE) -> Element:
    answer = await client.get(f"/observatory/?{query}")
    assert answer.status_code == 200, answer.text
    return read(answer.text)


def card(document: Element, code: str) -> Element:
    return document.one("article", **{"aria-labelledby": f"{code}-label"})


def idle(document: Element) -> dict[str, str]:
    """The figures that have nothing to count: code → why."""
    lines = [line for block in document.all("div", **{"class": "idle"}) for line in block.all("li")]
    return {line.attributes["id"]: line.text.rpartition(" : ")[2] for line in lines}


def said(found: Element, css: str) -> str:
    return next(one.text for one in found.all("p") if one.attributes.get("class", "").split()[:1] == [css])


@pytest.mark.usefixtures("facts")
async def test_every_indicator_is_shown_once_in_its_part(browser: Browser) -> None:
    document = await page(browser())
    cards = [one.attributes["aria-labelledby"].removesuffix("-label") for one in document.all("article")]
    assert cards == [one.attributes["id"] for one in document.all("article")]
    assert sorted([*cards, *idle(document)]) == sorted(CATALOGUE.codes)
    assert set(cards) == {"N02", "K03", "K05", "K06", "K07", "K08", "K14", "K15", "K32", "R01", "R02", "R06"}
    parts = ["Ce qui est en retard, et ce qui attend", "Les axes", "Le plan", "Les stages", "Le recrutement", "Le réseau"]
    assert [part.text for part in document.one("main").all("h2")] == parts


@pytest.mark.usefixtures("facts")
async def test_values_are_those_of_the_api_at_the_same_knowledge(browser: Browser, client: Client) -> None:
    document = await page(browser())
    (permalink,) = [one.attributes["href"] for one in document.all("a") if one.text.startswith("Lien permanent")]
    answer = await client(Role.reader).get(f"/observatory/v1/values{permalink}&every=month")
    assert answer.status_code == 200, answer.text
    for item in answer.json()["items"]:
        if item["code"] in idle(document):
            assert not item["value"]
            assert not any(one["tracked"] for one in item["series"])
            continue
        found = card(document, item["code"])
        unit = Unit(item["unit"])
        assert said(found, "value") == plain(words.amount(item["value"], unit, noun_of(item["code"])))
        rows = found.one("details", **{"class": "months"}).all("tr")[1:]
        assert [row.all("td")[0].text for row in rows] == [
            plain(cell(one["value"], unit)) if one["tracked"] else words.NOT_YET for one in item["series"]
        ]


@pytest.mark.usefixtures("facts")
async def test_a_share_says_what_it_divides(browser: Browser) -> None:
    kept = card(await page(browser()), "K06")
    assert said(kept, "value") == "50 %"
    assert said(kept, "made") == "1 jalon tenu sur 2 jalons arrivés à échéance, depuis l’origine"


@pytest.mark.usefixtures("facts")
async def test_what_has_nothing_to_count_is_a_line_that_says_why(browser: Browser, databases: Databases) -> None:
    ended = history(("approved", "2025-06-02"), ("abandoned", "2025-07-07"))
    await record(databases, action(id=number(40), flagship=True, status=ActionStatus.abandoned, history=ended))
    document = await page(browser())
    assert idle(document)["K04"] == "sans objet", "a flagship was retained, until the first month shown"
    assert idle(document)["R07"] == idle(document)["R11"] == "pas encore suivi"
    assert "K04-title" not in {one.attributes.get("id") for one in document.all("title")}


@pytest.mark.usefixtures("facts")
async def test_zero_is_a_card_where_there_was_something(browser: Browser, databases: Databases) -> None:
    await record(
        databases,
        application(
            id=number(50), status=ApplicationStatus.withdrawn, history=history(("submitted", "2026-01-05"), ("withdrawn", "2026-02-12"))
        ),
    )
    assert said(card(await page(browser()), "R11"), "value") == "0 candidature"


@pytest.mark.usefixtures("facts")
async def test_what_has_nothing_now_is_a_card_while_a_month_shown_has_a_value(browser: Browser, databases: Databases) -> None:
    await record(
        databases,
        action(
            id=number(10),
            version=9,
            status=ActionStatus.completed,
            history=history(("approved", "2026-02-02"), ("completed", "2026-05-04")),
        ),
    )
    late = card(await page(browser()), "K05")
    assert said(late, "value") == "sans objet"
    assert late.all("svg", role="img")


@pytest.mark.usefixtures("facts")
async def test_months_without_a_value_are_said_in_one_way(browser: Browser, databases: Databases) -> None:
    """A median since the origin, and none of the months shown has a sample: chart, text and table give the same reason."""
    await record(databases, assignment(id=number(60), confirmed_at=at("2024-01-19"), need_published_at=at("2024-01-05")))
    found = card(await page(browser()), "R03")
    assert said(found, "value") == "14 jours"
    (chart,) = found.all("svg", role="img")
    assert chart.all("text")[-1].text == "sans objet sur ces douze mois"
    assert found.by_id("R03-text").text == "Médiane de chaque mois, sans objet sur ces douze mois."


@pytest.mark.usefixtures("facts")
async def test_every_chart_has_a_title_a_text_and_a_table_of_its_points(browser: Browser) -> None:
    document = await page(browser())
    charts = document.all("svg", role="img")
    assert len(charts) == len(document.all("article"))
    for chart in charts:
        title, text = (document.by_id(name).text for name in chart.attributes["aria-labelledby"].split())
        assert "douze derniers mois" in title
        assert "sans objet" in text or "pas encore suivi" in text or "juin 2026" in text
    for found in document.all("article"):
        table = found.one("details", **{"class": "months"}).one("table")
        assert [row.one("th").text for row in table.all("tr")[1:]][::11] == ["juil. 2025", "juin 2026"]


@pytest.mark.usefixtures("facts")
async def test_departments_are_compared_all_five(browser: Browser) -> None:
    found = card(await page(browser()), "R01")
    rows = [(row.one("th").text, row.one("td").text) for row in found.one("table", **{"class": "levels"}).all("tr")[1:]]
    assert rows == [("Loire-Atlantique", "2"), ("Maine-et-Loire", "0"), ("Mayenne", "0"), ("Sarthe", "0"), ("Vendée", "0")]


@pytest.mark.usefixtures("facts")
async def test_a_department_has_a_page_of_its_own(browser: Browser, client: Client) -> None:
    reader = browser()
    document = await page(reader, f"{JUNE}&department=49")
    assert said(card(document, "K05"), "made") == "1 action en retard sur 1 action vivante"
    assert idle(document)["R01"] == "pas encore suivi", "the posts are in Loire-Atlantique"
    assert "R09" not in idle(document), "a scheme is of no department"
    assert "Par département" not in document.one("main").text
    assert [one.text for one in card(document, "K03").all("caption")][-1].startswith("Par statut")
    assert said(card(await page(reader, f"{JUNE}&department=44"), "R01"), "value") == "2 postes"
    (permalink,) = [one.attributes["href"] for one in document.all("a") if one.text.startswith("Lien permanent")]
    again = await page(reader, permalink[1:])
    assert again.one("main").text == document.one("main").text
    assert "department=49" in again.one("p", **{"class": "past"}).one("a").attributes["href"]


@pytest.mark.usefixtures("facts")
async def test_a_card_leads_to_the_list_behind_its_figure(browser: Browser) -> None:
    document = await page(browser())
    late = card(document, "K05")
    assert lists(late) == ["../actions/v1/actions?overdue=true"] * 2, "beside the value, and under the table"
    assert late.one("details", **{"class": "months"}).one("code").text == "GET /actions/v1/actions?overdue=true"
    posts = card(document, "R01")
    assert [link.text.partition("d’")[0] for link in posts.one("p", **{"class": "list"}).all("a")] == ["Liste 1", "Liste 2"]
    assert lists(posts) == [f"../recruitment/v1/needs?status={status}" for status in ("open", "partially_filled")] * 2
    assert "Liste : une ligne par besoin" in posts.one("details", **{"class": "meaning"}).text
    slip = card(document, "K07")
    assert lists(slip) == []
    assert "Liste : une médiane est de toutes les observations" in slip.one("details", **{"class": "meaning"}).text


@pytest.mark.usefixtures("facts")
async def test_the_list_is_of_the_department_of_the_page_where_it_can_be(browser: Browser) -> None:
    document = await page(browser(), f"{JUNE}&department=44")
    assert lists(card(document, "K05"))[0] == "../actions/v1/actions?overdue=true&department=44"
    overdue = card(document, "K08")
    assert lists(overdue)[0] == "../actions/v1/milestones?overdue=true"
    assert "Liste : elle est de toute la région." in overdue.one("details", **{"class": "meaning"}).text


@pytest.mark.usefixtures("facts")
async def test_everybody_is_led_to_no_list(browser: Browser) -> None:
    document = await page(browser("203.0.113.5", public_pages=True))
    assert not [link for found in document.all("article") for link in lists(found)]
    assert "Liste" not in document.one("main").text


def lists(found: Element) -> list[str]:
    return [link.attributes["href"] for link in found.all("a") if link.attributes["href"].startswith("../")]


@pytest.mark.usefixtures("facts")
async def test_the_link_shows_the_same_figures_after_more_has_been_recorded(browser: Browser, databases: Databases) -> None:
    reader = browser()
    before = await page(reader)
    (permalink,) = [one.attributes["href"] for one in before.all("a") if one.text.startswith("Lien permanent")]
    await record(databases, organisation(id=number(31)))
    again = await page(reader, permalink[1:])
    assert said(card(before, "N02"), "value") == said(card(again, "N02"), "value") == "1 organisation"
    assert said(card(await page(reader), "N02"), "value") == "2 organisations"
    assert again.one("main").text == before.one("main").text
    assert again.by_id("as_of").attributes["value"] == "2026-06-30"
    assert again.by_id("known_at").attributes["value"] in permalink.replace("%3A", ":")


@pytest.mark.usefixtures("facts")
async def test_a_day_of_knowledge_is_what_was_known_when_it_ended(browser: Browser) -> None:
    reader = browser()
    earlier = await page(reader, f"{JUNE}&known_at=2026-01-01")
    assert idle(earlier)["N02"] == "pas encore suivi"
    assert "le 1er janvier 2026 à 23 h 59 min 59 s" in earlier.one("header").text
    later = await page(reader, f"{JUNE}&known_at=2199-12-31")
    assert said(card(later, "N02"), "value") == "1 organisation"


@pytest.mark.usefixtures("facts")
async def test_the_form_as_a_browser_sends_it_means_today(browser: Browser) -> None:
    document = await page(browser(), "as_of=&known_at=&department=")
    assert document.one("form").attributes["method"] == "get"
    assert {one.attributes["name"] for one in document.one("form").all("input")} == {"as_of", "known_at"}


async def test_an_empty_ledger_says_so(browser: Browser) -> None:
    document = await page(browser())
    assert "Le registre n’a encore rien reçu" in document.one("header").text
    assert not document.all("article")
    assert idle(document) == dict.fromkeys(CATALOGUE.codes, "pas encore suivi")


@pytest.mark.usefixtures("facts")
async def test_landmarks_headings_and_links_are_in_order(browser: Browser) -> None:
    document = await page(browser())
    assert document.one("html").attributes["lang"] == "fr"
    assert document.one("h1").text == "Observatoire du plan"
    assert [len(document.all(tag)) for tag in ("header", "main", "footer")] == [1, 1, 1]
    assert document.all("a")[0].attributes["href"] == "#contenu"
    ids = [
        one.attributes["id"]
        for tag in ("h2", "h3", "title", "desc", "main", "input", "p")
        for one in document.all(tag)
        if "id" in one.attributes
    ]
    assert len(ids) == len(set(ids))
    for link in document.all("a"):
        if link.attributes["href"].startswith("#"):
            document.by_id(link.attributes["href"][1:])
    hrefs = {link.attributes["href"] for link in document.all("a")}
    assert {"v1/indicators", "../actions/openapi.json", "../observatory/openapi.json"} <= hrefs


@pytest.mark.usefixtures("facts")
async def test_nothing_comes_from_elsewhere_and_nothing_is_scripted(browser: Browser) -> None:
    answer = await browser().get("/observatory/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    document = read(answer.text)
    assert not document.all("script")
    assert not re.search(r"\son\w+=|\sstyle=|https?://(?!www\.w3\.org/2000/svg)", answer.text)
    style = await browser().get("/observatory/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text
    assert "@import" not in style.text
    again = await browser().get("/observatory/style.css", headers={"If-None-Match": style.headers["etag"]})
    assert again.status_code == 304


def noun_of(code: str) -> Noun:
    return CATALOGUE.definitions(code)[max(CATALOGUE.definitions(code))].counted


def cell(value: float | None, unit: Unit) -> str:
    """A value as the table of months writes it: its heading says what is counted, except for days."""
    return words.amount(value, unit) if unit is Unit.days else words.bare(value, unit)


def plain(text: str) -> str:
    return " ".join(text.split())


# The context


def table(document: Element) -> dict[str, list[str]]:
    """The lines of the context's table: name and year → cells."""
    found = document.all("table", **{"class": "context"})[0]
    columns, *lines = found.all("tr")
    assert [one.text for one in columns.all("th")][1:] == [*(each.label for each in Department), "Région"]
    return {line.one("th").text: [cell.text for cell in line.all("td")] for line in lines}


@pytest.mark.usefixtures("facts")
async def test_without_context_there_is_no_section_of_it(browser: Browser) -> None:
    document = await page(browser())
    assert not document.all("section", **{"aria-labelledby": "contexte"})
    assert not [one for one in document.all("a") if one.attributes["href"] == "#contexte"]


@pytest.mark.parametrize("role", [Role.steering, Role.committee, Role.employer, Role.reader])
async def test_the_context_is_shown_by_department_with_its_sources(
    client: Client, databases: Databases, tmp_path: Path, role: Role
) -> None:
    await run(databases)
    await run(
        databases, written(tmp_path / "staff.csv", [workforce(1), workforce(2, effectif_medical_salarie=""), workforce(1, year="2022")])
    )
    await run(databases, written(tmp_path / "sites.csv", [establishment(1), establishment(2, categorie_finess="101")]), year=2023)
    document = await page(client(role))
    section = document.one("section", **{"aria-labelledby": "contexte"})
    none = ["pas de donnée"] * 5
    assert table(document) == {
        "Habitants 2023": ["1 487 570", "833 776", "305 468", "566 733", "713 609", "3 907 156"],
        "Personnel non médical des établissements de santé, en équivalents temps plein (ETP) 2023": ["181", *none],
        "Personnel médical salarié des établissements de santé, en équivalents temps plein (ETP) 2023": ["19", *none],
        "Personnel non médical des établissements de santé, en personnes 2023": ["200", *none],
        "Personnel médical salarié des établissements de santé, en personnes 2023": ["10 1 réponse sur 2", *none],
        "Établissements de santé 2023": ["2", *none],
    }
    assert [one.text.partition(" : ")[0] for one in section.all("li")] == [
        "Habitants",
        "Personnel des établissements de santé",
        "Établissements de santé",
    ]
    assert "millésime 2026 (Licence Ouverte 2.0)" in section.all("li")[0].text
    categories = section.one("details").all("tr")[1:]
    assert [line.all("td")[0].text for line in categories] == ["1", "1"]
    assert "#contexte" in [one.attributes["href"] for one in document.one("nav", **{"aria-label": "Parties de la page"}).all("a")]


async def test_the_permanent_link_keeps_the_context_that_was_seen(browser: Browser, databases: Databases, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    await run(databases, written(path, [home("LES PINS")]), year=2023)
    before = await page(browser())
    (permalink,) = [one.attributes["href"] for one in before.all("a") if one.text.startswith("Lien permanent")]
    await run(databases, written(path, [home("LES PINS"), home("LES IFS")]), year=2023)
    assert table(before)["EHPAD 2023"][0] == "1"
    assert table(await page(browser()))["EHPAD 2023"][0] == "2"
    assert table(await page(browser(), permalink.removeprefix("?"))) == table(before)


async def test_what_others_have_published_is_for_everybody_who_reads_the_page(
    browser: Browser, databases: Databases, tmp_path: Path
) -> None:
    await run(databases, written(tmp_path / "homes.csv", [home("LES PINS")]), year=2023)
    document = await page(browser("203.0.113.5", public_pages=True))
    assert table(document) == {"EHPAD 2023": ["1", *["pas de donnée"] * 5]}
