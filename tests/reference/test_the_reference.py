"""The reference for people: every operation, problem, state and setting has its place, and every link leads somewhere."""

from collections.abc import AsyncIterator
from html.parser import HTMLParser
from itertools import pairwise

import httpx
import pytest

from services.contracts.registry import STATES
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.kernel.process.app import system_app
from services.plam import PAGES, ROUTING, SERVICES
from services.reference.catalogues import settings as every_setting
from services.reference.problems import TOLD, problems
from tests.support.api import documents, operations
from tests.support.hostile import PROBES
from tests.support.http import problem_type

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
ELSEWHERE = ("/observatory/", "/docs/style.css")
BEYOND = "urn:plam:problem:"


class Read(HTMLParser):
    """What a page leads to, the places in it, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.headings: list[int] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes links, places and headings."""
        given = dict(attrs)
        self.links += [link for name in ("href", "src") if (link := given.get(name))]
        self.ids += [place for place in (given.get("id"),) if place]
        if tag[0] == "h" and tag[1:].isdecimal():
            self.headings.append(int(tag[1:]))

    def handle_data(self, data: str) -> None:
        """Notes text."""
        self.text += data


@pytest.fixture
async def visitor(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a browser and no token."""
    databases = Databases(settings, ROUTING)
    transport = httpx.ASGITransport(system_app(SERVICES, databases, pages=PAGES))
    async with httpx.AsyncClient(transport=transport, base_url="http://plam.test", headers=HTML) as client:
        yield client
    await databases.close()


KNOWN: dict[str, Read] = {}
"""What was crawled once: the pages are the same for all tests."""


async def crawled(visitor: httpx.AsyncClient) -> dict[str, Read]:
    """Every page of the reference that its links lead to."""
    found = KNOWN
    waiting = [] if KNOWN else ["/docs"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        answer = await visitor.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), path
        found[path] = Read(answer.text)
        waiting += [place for link in found[path].links if (place := link.partition("#")[0]) and _is_ours(place)]
    return found


def _is_ours(path: str) -> bool:
    return path not in ELSEWHERE and not path.endswith("/openapi.json")


async def test_every_link_leads_to_a_page_and_to_a_place_in_it(visitor: httpx.AsyncClient) -> None:
    pages = await crawled(visitor)
    for path, page in pages.items():
        assert len(set(page.ids)) == len(page.ids), f"{path}: places have one name each"
        for link in page.links:
            assert link.startswith(("/", "#")), f"{path}: {link} leaves this server"
            where, _, place = link.partition("#")
            if _is_ours(where) and place:
                assert place in pages[where or path].ids, f"{path}: {link}"


async def test_every_operation_has_its_place(visitor: httpx.AsyncClient) -> None:
    pages = await crawled(visitor)
    places = {place for path, page in pages.items() if path.count("/") == 3 for place in page.ids}
    assert {each.id for each in operations()} <= places
    assert len([path for path in pages if path.count("/") == 3]) == sum(len(document["tags"]) for document in documents().values())


def test_every_problem_is_explained_and_no_other() -> None:
    assert len(problems()) > 40
    assert [each.code for each in problems() if not (each.happened and each.remedy)] == []
    assert {each.code for each in problems()} == TOLD.keys()


async def test_every_problem_is_explained_where_its_help_leads(visitor: httpx.AsyncClient) -> None:
    for each in problems():
        page = Read((await visitor.get(f"/errors/{each.code}")).text)
        assert BEYOND + each.code in page.text
        assert each.title in page.text
    refused = await visitor.get("/actions/v1/actions", headers={"Accept": "application/json"})
    explained = await visitor.get(refused.json()["help"])
    assert problem_type(refused) == "unauthenticated"
    assert (explained.status_code, "Que faire" in explained.text) == (200, True)


async def test_states_settings_and_codes_are_told(visitor: httpx.AsyncClient) -> None:
    events, said = Read((await visitor.get("/docs/events")).text), Read((await visitor.get("/docs/settings")).text)
    assert set(STATES) <= set(events.ids)
    assert "Loire-Atlantique" in events.text
    assert [each.variable for each in every_setting() if each.variable not in said.text] == []
    needs = Read((await visitor.get("/docs/recruitment/needs")).text)
    assert "Sage-femme" in needs.text
    assert "Contrat d'apprentissage" in needs.text


async def test_who_may_do_what_is_told_of_each_operation(visitor: httpx.AsyncClient) -> None:
    page = (await visitor.get("/docs/permissions")).text
    assert [each.id for each in operations() if (f"<code>{each.id}</code>" in page) is (each.path.rpartition("/")[2] in PROBES)] == []
    units = Read((await visitor.get("/docs/internships/units")).text).text
    assert "changeUnit · Pilotage (région) ; Employeur (organisation)" in units
    assert "readUnit · tous les rôles (région)" in units
    assert "listCommunes · tout le monde, sans jeton" in Read((await visitor.get("/docs/access/communes")).text).text


async def test_headings_leave_no_level_out(visitor: httpx.AsyncClient) -> None:
    for path, page in (await crawled(visitor)).items():
        assert page.headings[0] == 1
        assert page.headings.count(1) == 1, path
        assert all(after <= before + 1 for before, after in pairwise(page.headings)), path


async def test_a_page_that_is_known_is_not_sent_again(visitor: httpx.AsyncClient) -> None:
    for path in ("/docs", "/docs/style.css"):
        first = await visitor.get(path)
        again = await visitor.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "script" not in first.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/nothing", "/docs/nothing", "/docs/actions/nothing", "/errors/nothing", "/actions/nothing", "/actions/v1/nothing"]
)
async def test_an_address_that_leads_nowhere_is_a_page_for_a_person_and_a_problem_for_a_program(
    visitor: httpx.AsyncClient, path: str
) -> None:
    page = await visitor.get(path)
    assert (page.status_code, page.headers["content-type"], "/docs" in page.text) == (404, "text/html; charset=utf-8", True)
    if not path.startswith(("/docs", "/errors")):
        refused = await visitor.get(path, headers={"Accept": "application/json"})
        assert (refused.status_code, problem_type(refused)) == (404, "not-found")
