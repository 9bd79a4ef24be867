"""The page in a real browser: axe finds nothing, the keyboard reaches everything, nothing is fetched from elsewhere, paper cuts nothing."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import asyncpg
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, Page, Route, sync_playwright
from pydantic import SecretStr

from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.migrate import migrate
from services.observatory_api.context.imports import import_context
from services.observatory_api.service import SERVICE
from tests.observatory_api.context.context_files import establishment, written
from tests.observatory_api.golden_files import sample_states
from tests.observatory_api.ledger_support import record
from tests.observatory_api.states import number
from tests.support.database import SECRET, database_url
from tests.support.keys import token_keys
from tests.support.servers import real
from tests.system.processes import Process, free_port, wait_ready

Scheme = Literal["light", "dark"]
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FOCUSABLE = "a[href], input, select, button, summary"
FOCUSED = """() => {
    const one = document.activeElement
    if (one === document.body) return null
    const outline = getComputedStyle(one)
    return [[...document.querySelectorAll('%s')].indexOf(one), outline.outlineStyle !== 'none' && parseFloat(outline.outlineWidth) >= 2]
}"""


@pytest.fixture(scope="module")
def executable() -> str:
    """Where Debian's Chromium is."""
    return found("chromium", "chromium")


@pytest.fixture(scope="module")
def reader() -> str:
    """What reads the text of a PDF."""
    return found("pdftotext", "poppler-utils")


def found(program: str, package: str) -> str:
    """Where a program is; the test is skipped without it, or fails where services are required."""
    path = shutil.which(program)
    if path is None:
        if os.environ.get("PLAM_REQUIRE_SERVICES"):
            pytest.fail(f"{program} manque, et PLAM_REQUIRE_SERVICES l'exige (Debian : apt-get install {package})")
        pytest.skip(f"{program} manque")
    return path


@pytest.fixture(scope="module")
def observatory(postgres: None, executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's address: `plam serve observatory` on a ledger that has a state of every kind."""
    server, name, home = real("PLAM_TEST_DATABASE_URL"), f"plam_browser_{os.getpid()}", tmp_path_factory.mktemp("home")
    port, url = free_port(), database_url(server, name)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PLAM_HOME": str(home),
        "PLAM_DATABASE_URL": url,
        "PLAM_SECRET": SECRET,
        "PLAM_PORT": str(port),
        "PLAM_LOCAL_PAGES": "true",
        "PLAM_TOKEN_KEYS": token_keys(home),
    }
    asyncio.run(_execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"'))
    asyncio.run(_fill(Settings(home=home, database_url=SecretStr(url), secret=SecretStr(SECRET))))
    process = Process(["serve", "observatory"], environment, home / "log")
    process.start()
    try:
        wait_ready(f"http://127.0.0.1:{port}", "observatory", process)
        yield f"http://127.0.0.1:{port}/observatory/"
    finally:
        process.kill()
        asyncio.run(_execute(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


async def _execute(server: str, *statements: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _fill(settings: Settings) -> None:
    await migrate((SERVICE,), settings)
    databases = Databases(settings)
    try:
        states = [state.model_copy(update={"id": number(place)}) for place, state in enumerate(sample_states().values(), 1)]
        await record(databases, *states)
        async with databases.open("observatory", "worker") as db:
            await import_context(db)
            await import_context(db, written(settings.home / "sites.csv", [establishment(1), establishment(2, "49")]), year=2023)
    finally:
        await databases.close()


@pytest.fixture
def chromium(executable: str, observatory: str) -> Iterator[Browser]:
    """The browser. It stops before `observatory` does: while it runs, its event loop is in the way of others."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(QUIET))
        yield browser
        browser.close()


@contextmanager
def visit(chromium: Browser, address: str, **options: Any) -> Iterator[Page]:
    """A page that must be complete, fetch nothing from elsewhere and have nothing to complain of."""
    elsewhere: list[str] = []
    complaints: list[str] = []

    def keep_home(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort()

    with chromium.new_context(locale="fr-FR", **options) as context:
        context.route("**/*", keep_home)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        yield page
    assert elsewhere == []
    assert [one for one in complaints if "status of 4" not in one] == []


def violations(page: Page) -> list[str]:
    """What axe finds, every rule on: the rule, and where."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("query", "width"),
    [
        ("", 1280),
        ("", 320),
        ("?as_of=2026-06-30&known_at=2026-01-01", 320),
        ("?as_of=hier", 320),
        ("../docs", 320),
        ("../docs/observatory/indicators", 1280),
        ("../docs/observatory/indicators", 320),
        ("../docs/settings", 320),
        ("../errors/invalid", 320),
    ],
    ids=[
        *("figures on a desk", "figures in a hand", "figures of the past", "a refusal"),
        *("the reference", "a tag on a desk", "a tag in a hand", "settings", "a problem"),
    ],
)
def test_axe_finds_nothing(chromium: Browser, observatory: str, query: str, scheme: Scheme, width: int) -> None:
    with visit(chromium, observatory + query, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        background = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (sum(background) > 600) is (scheme == "light")


def test_axe_sees_what_is_wrong(chromium: Browser, observatory: str) -> None:
    with visit(chromium, observatory) as page:
        page.evaluate("document.querySelector('label').remove(); document.documentElement.removeAttribute('lang')")
        assert {one.partition(":")[0] for one in violations(page)} >= {"label", "html-has-lang"}


def test_the_keyboard_reaches_everything_and_shows_where_it_is(chromium: Browser, observatory: str) -> None:
    with visit(chromium, observatory) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
        assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]  # a link has a box
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "contenu"

        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('.headline a')")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('article .list a')"), "the headline leads to a figure"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
        page.keyboard.press("Enter")
        assert page.locator("details.months[open] table").is_visible()

        page.reload()
        reached, unseen = set(), []
        for _ in range(600):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED % FOCUSABLE)
            if focused is None:
                break
            reached.add(focused[0])
            unseen += [] if focused[1] else [focused[0]]
        count = page.locator(FOCUSABLE).evaluate_all("all => all.filter(one => one.checkVisibility()).length")
        assert count > 60
        assert len(reached) == count
        assert unseen == []


def test_a_person_without_script_asks_for_a_day_and_keeps_the_link(chromium: Browser, observatory: str) -> None:
    with visit(chromium, observatory, java_script_enabled=False) as page:
        page.get_by_label("Au jour du").fill("2026-06-30")
        page.get_by_role("button", name="Afficher").click()
        page.wait_for_url("**as_of=2026-06-30**")
        assert "au 30 juin 2026" in page.locator("header").inner_text()
        figures = page.locator("main").inner_text()
        page.get_by_role("link", name="Lien permanent vers ces mêmes chiffres").click()
        page.wait_for_url("**known_at=*T*")
        assert page.locator("main").inner_text() == figures
        assert page.get_by_label("Au jour du").input_value() == "2026-06-30"
        assert page.get_by_role("img", name="Jalons tenus, douze derniers mois").is_visible()


def test_on_paper_no_heading_stands_alone_and_no_card_is_cut(chromium: Browser, observatory: str, reader: str, tmp_path: Path) -> None:
    with visit(chromium, observatory) as page:
        sections = page.evaluate(
            """() => [...document.querySelectorAll('section')].map(one => [one.querySelector('h2'), one.querySelector('h3, li, tbody tr')])
                .map(both => both.map(one => one.innerText))"""
        )
        cards = page.evaluate(
            """() => [...document.querySelectorAll('article')].map(one => [one.querySelector('h3'), one.querySelector('.meaning p')])
                .map(both => both.map(one => one.textContent))"""
        )
        rows = page.evaluate("[...document.querySelectorAll('.axes tbody tr')].map(one => one.textContent)")
        page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    written = subprocess.run([reader, "-raw", tmp_path / "page.pdf", "-"], capture_output=True, check=True, encoding="utf-8").stdout
    sheets = [folded(sheet) for sheet in written.split("\f")[:-1]]
    assert len(sheets) > 2
    assert len(cards) > 20
    assert len(rows) == 8
    for heading, first in sections:
        assert [sheet for sheet in sheets if in_order(sheet, heading, first)], heading
    for label, definition in cards:
        assert [sheet for sheet in sheets if in_order(sheet, label, definition)], label
    for row in rows:
        assert [sheet for sheet in sheets if folded(row) in sheet], row
    running = [folded("Observatoire du plan, chiffres au") in sheet for sheet in sheets]
    assert running == [False, *[True] * (len(sheets) - 1)], "the first sheet has the header itself"
    assert all(f"{number}/{len(sheets)}" in sheet for number, sheet in enumerate(sheets, 1))


def in_order(sheet: str, *texts: str) -> bool:
    """Whether a sheet has these texts, each after the one before."""
    place = 0
    for text in map(folded, texts):
        place = sheet.find(text, place) + 1
        if not place:
            return False
    return True


def folded(text: str) -> str:
    """A text without its spaces: lines break anywhere."""
    return "".join(text.split())
