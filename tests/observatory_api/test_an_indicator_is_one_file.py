"""An indicator is found by the file that declares it, whose name begins with its code: nothing else names it."""

import sys
from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest

from services.contracts.registry import STATES
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.observatory_api.catalogue.operations import indicator
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue, found_in
from services.observatory_api.pages.operations import overview
from services.observatory_api.pages.schemas import PageQuery
from services.observatory_api.pages.views import page
from tests.observatory_api.ledger_support import record, values
from tests.observatory_api.pages.reading import read as read_html
from tests.observatory_api.states import number, site

NUMBERS = count()
SITES = """
'''Sites.'''
from collections.abc import Iterable

from services.contracts.access import SiteState
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, SECTOR
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import Theme


@total(
    "K90",
    label="Sites",
    theme=Theme("essais", "Les essais", "Ce qui s'essaie.", 9),
    definition=1,
    counted=Noun("site", "sites"),
    by=(SECTOR,),
    listing=no_list("un essai"),
)
def sites(site: SiteState) -> Iterable[Contribution]:
    '''Sites : tous.'''
    yield count(spells(site.history)[0].start)
"""
NEXT = """

@sites.revised(2, by=(SECTOR, DEPARTMENT))
def lasting_sites(site: SiteState) -> Iterable[Contribution]:
    '''Sites : tant qu'ils durent.'''
    for spell in spells(site.history):
        yield from lasting(count(spell.start), spell.end)
"""

Folder = Callable[[dict[str, str]], ModuleType]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """A folder of files, as that of the indicators."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"folder{next(NUMBERS)}"

    def made(files: dict[str, str]) -> ModuleType:
        (tmp_path / name).mkdir()
        for file, text in {"__init__": "", **files}.items():
            (tmp_path / name / f"{file}.py").write_text(text, "utf-8")
        return import_module(name)

    yield made
    for module in [each for each in sys.modules if each.partition(".")[0] == name]:
        del sys.modules[module]


def test_one_more_file_is_one_more_indicator(folder: Folder) -> None:
    found = found_in(folder({"k90_sites": SITES + NEXT, "words": "WORDS = 1\n"}))
    assert [(one.code, one.definition, one.words) for one in found] == [
        ("K90", 1, "Sites : tous."),
        ("K90", 2, "Sites : tant qu'ils durent."),
    ]
    known = Catalogue((*CATALOGUE.indicators, *found))
    assert set(known.codes) - set(CATALOGUE.codes) == {"K90"}
    assert known.definitions("K90")[2].names == ("sector", "department")


async def test_the_catalogue_the_api_and_the_page_show_it(folder: Folder, databases: Databases) -> None:
    known = Catalogue((*CATALOGUE.indicators, *found_in(folder({"k90_sites": SITES}))))
    await record(databases, site(), site(id=number(2)), catalogue=known)

    async with databases.open("observatory") as db:
        read = await indicator(db, "K90", catalogue=known)
    assert (read.theme.title, read.counted.one, read.among, read.better, read.period) == ("Les essais", "site", None, None, None)
    figures = await values(databases, "K90", catalogue=known, as_of="2026-06-30", by="sector")
    assert (figures.value, [group.dimensions for group in figures.groups]) == (2, [{"sector": "sanitary"}])
    async with databases.open("observatory") as db:
        query = PageQuery(as_of=date(2026, 6, 30))
        document = read_html(page(await overview(db, query, viewer=SYSTEM, catalogue=known), query))
    part = document.one("section", **{"aria-labelledby": "essais"})
    assert [heading.text for heading in part.all("h2")] == ["Les essais"]
    assert "2 sites" in part.by_id("K90").text


def test_files_are_found_in_the_order_of_their_names(folder: Folder) -> None:
    again = {f"k{number}_sites": SITES.replace("K90", f"K{number}") for number in (93, 91, 92)}
    assert [one.code for one in found_in(folder(again))] == ["K91", "K92", "K93"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"k90_sites": "WORDS = 1\n"}, r"k90_sites\.py : aucun indicateur n'y est déclaré"),
        ({"k91_sites": SITES}, r"k91_sites\.py : le nom du fichier n'est pas celui de K90"),
        ({"sites": SITES}, r"/sites\.py : le nom du fichier n'est pas celui de K90"),
        ({"k90_sites": SITES + NEXT.replace("2", "1")}, r"k90_sites\.py : K90 a déjà une définition 1"),
        (
            {"k90_sites": SITES, "k90_others": SITES.replace("definition=1", "definition=2")},
            r"k90_sites\.py : K90 est déjà déclaré dans folder\d+/k90_others\.py",
        ),
    ],
)
def test_a_file_that_declares_it_wrongly_is_named(folder: Folder, files: dict[str, str], said: str) -> None:
    with pytest.raises(TypeError, match=said):
        Catalogue(found_in(folder(files)), STATES.values())
