"""Who sees figures on the page: a person at its machine, who has a token, everybody if told so; hostile questions are refused."""

from pathlib import Path

import httpx
import pytest

from services.contracts.codes import Department, Role
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from services.kernel.process.running import attached
from services.observatory_api.service import SERVICE
from services.plam import PAGES
from tests.conftest import Client
from tests.observatory_api.pages.conftest import Browser
from tests.observatory_api.pages.reading import read
from tests.support.database import SECRET


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
async def test_a_person_at_this_machine_reads_it(browser: Browser, address: str, host: str) -> None:
    assert (await browser(address, host=host).get("/observatory/")).status_code == 200


@pytest.mark.parametrize(
    ("address", "given", "headers"),
    [
        ("203.0.113.5", {}, {}),
        ("10.0.0.7", {}, {}),
        ("testclient", {}, {}),
        ("127.0.0.1", {"local_pages": None}, {}),
        ("127.0.0.1", {"local_pages": False}, {}),
        ("127.0.0.1", {"host": "rebound.example"}, {}),
        ("127.0.0.1", {"host": "localhost.example"}, {}),
        ("127.0.0.1", {}, {"X-Forwarded-For": "203.0.113.5"}),
        ("127.0.0.1", {}, {"Forwarded": "for=203.0.113.5"}),
    ],
    ids=repr,
)
async def test_anybody_else_is_told_how_to_get_in(browser: Browser, address: str, given: dict[str, str], headers: dict[str, str]) -> None:
    answer = await browser(address, **given).get("/observatory/", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    document = read(answer.text)
    assert document.one("h1").text == "Identification requise"
    assert "Comment entrer" in document.one("main").text
    assert not document.all("article")


@pytest.mark.parametrize("path", ["/", "/observatory"])
async def test_the_root_leads_to_it(databases: Databases, path: str) -> None:
    transport = httpx.ASGITransport(system_app((SERVICE,), databases, pages=PAGES))
    async with httpx.AsyncClient(transport=transport, base_url="http://plam.test") as anybody:
        answer = await anybody.get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, "/observatory/")


@pytest.mark.parametrize("role", Role)
async def test_every_role_reads_it_and_partners_and_readers_without_breakdowns(client: Client, facts: None, role: Role) -> None:
    answer = await client(role).get("/observatory/")
    assert answer.status_code == 200
    assert bool(read(answer.text).all("table", **{"class": "levels"})) is (role not in (Role.partner, Role.reader))


async def test_breakdowns_by_department_are_those_of_the_token(client: Client, facts: None) -> None:
    sarthe = client(Role.hr_partner, departments=frozenset({Department.sarthe}))
    text = (await sarthe.get("/observatory/")).text
    assert "Sarthe" in text
    assert "Mayenne" not in text
    assert "Mayenne" in (await client(Role.committee, departments=frozenset({Department.sarthe})).get("/observatory/")).text


async def test_the_page_of_a_department_is_for_who_reads_its_figures(client: Client, browser: Browser, facts: None) -> None:
    here = frozenset({Department.loire_atlantique})
    hr_partner = client(Role.hr_partner, departments=here)
    document = read((await hr_partner.get("/observatory/?department=44")).text)
    assert "Chiffres en Loire-Atlantique, au" in document.one("header").text
    options = {one.attributes["value"]: "selected" in one.attributes for one in document.one("select").all("option")}
    assert options == {"": False, "44": True}
    assert (await hr_partner.get("/observatory/?department=72")).status_code == 403
    for refused in (
        client(Role.partner, departments=here),
        client(Role.reader, departments=here),
        browser("203.0.113.5", public_pages=True),
    ):
        answer = await refused.get("/observatory/?department=44")
        assert answer.status_code == 403
        assert "toute la région" in read(answer.text).one("main").text
        assert not read((await refused.get("/observatory/")).text).all("select")


async def test_everybody_reads_the_page_once_it_is_opened_and_nothing_that_counts_few(browser: Browser, facts: None) -> None:
    assert (await browser("203.0.113.5").get("/observatory/")).status_code == 401
    answer = await browser("203.0.113.5", public_pages=True).get("/observatory/")
    assert answer.status_code == 200
    page = read(answer.text)
    assert not page.all("table", **{"class": "levels"})
    shown = {card.one("h3").text: card.all("p")[0].text for card in page.all("article")}
    assert shown["Postes à pourvoir"] == "moins de cinq"
    assert "2 postes" not in answer.text
    seen = read((await browser().get("/observatory/")).text)
    assert {card.one("h3").text: card.all("p")[0].text for card in seen.all("article")}["Postes à pourvoir"] == "2 postes"


async def test_a_bad_token_is_refused_even_at_this_machine(browser: Browser) -> None:
    answer = await browser().get("/observatory/", headers={"Authorization": "Bearer made-up"})
    assert answer.status_code == 401
    assert "Jeton invalide" in read(answer.text).one("main").text


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("as_of=1700-01-01", "as_of"),
        ("as_of=2026-02-30", "as_of"),
        ("as_of=2026-2-3", "as_of"),
        ("as_of=%3Cscript%3Ealert(1)%3C/script%3E", "as_of"),
        ("as_of=2026-01-01%00", "as_of"),
        ("as_of=" + "9" * 5000, "as_of"),
        ("known_at=hier", "known_at"),
        ("known_at=2026-13-40", "known_at"),
        ("known_at=2026-01-01T00:00:00", "known_at"),
        ("known_at=2100-01-01T00:00:00Z", "known_at"),
        ("as_of=2026-01-01&as_of=2026-01-02", "as_of"),
        ("department=99", "department"),
        ("department=regional", "department"),
        ("%3Cb%3E=1", "<b>"),
    ],
)
async def test_a_hostile_question_gets_a_page_that_names_the_field(browser: Browser, query: str, named: str) -> None:
    answer = await browser().get(f"/observatory/?{query}")
    assert answer.status_code == 422
    assert "<script" not in answer.text
    assert named in {one.text for one in read(answer.text).one("main").all("code")}


async def test_the_page_is_in_no_openapi_document(browser: Browser) -> None:
    paths = (await browser().get("/observatory/openapi.json")).json()["paths"]
    assert "/v1/values" in paths
    assert not [path for path in paths if path in ("/", "/style.css")]


def test_local_pages_are_open_by_default_with_the_embedded_database_alone(postgres: None, tmp_path: Path) -> None:
    with attached(Settings(home=tmp_path, database_url="postgresql://elsewhere/plam", secret=SECRET)) as settings:
        assert not settings.local_pages
    elsewhere = Settings(home=tmp_path, database_url=None, actions_database_url="postgresql://elsewhere/actions", secret=SECRET)
    with attached(elsewhere) as settings:
        assert not settings.local_pages
    with attached(Settings(home=tmp_path / "plam", database_url=None)) as settings:
        assert settings.local_pages is True
    with attached(Settings(home=tmp_path / "plam", database_url=None, local_pages=False)) as settings:
        assert settings.local_pages is False


async def test_without_its_database_the_page_is_still_a_page(tmp_path: Path) -> None:
    databases = Databases(Settings(home=tmp_path, database_url="postgresql://127.0.0.1:1/none", secret=SECRET, local_pages=True))
    transport = httpx.ASGITransport(system_app((SERVICE,), databases), client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as person:
        answer = await person.get("/observatory/")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert read(answer.text).one("h1").text == "Service momentanément indisponible"
