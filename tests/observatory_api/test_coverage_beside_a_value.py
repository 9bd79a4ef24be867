"""A value that may be known in part alone says, beside it, of how many of those that might be."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from services.contracts.recruitment import ApplicationState
from services.kernel.base.clock import day_of
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.observatory_api.catalogue.operations import described, indicator
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.contributions import Contribution, denominator, knowable, known, numerator, sample
from services.observatory_api.indicators.declare import distribution, ratio
from services.observatory_api.indicators.dimensions import DEPARTMENT
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import RECRUITMENT
from services.observatory_api.ledger.verify import arithmetic
from services.observatory_api.pages.operations import overview
from services.observatory_api.pages.schemas import PageQuery
from services.observatory_api.pages.views import page
from services.observatory_api.values.schemas import FigureRead
from tests.observatory_api.ledger_support import record, values
from tests.observatory_api.pages.reading import read
from tests.observatory_api.states import ANGERS, NANTES, application, at, number

SAID: dict[str, Any] = {
    "theme": RECRUITMENT,
    "definition": 1,
    "by": (DEPARTMENT,),
    "covering": Noun("candidature", "candidatures"),
    "listing": no_list("un essai"),
}


@ratio("R97", label="Vite", counted=Noun("réponse rapide", "réponses rapides"), among=Noun("réponse", "réponses"), **SAID)
def quick(application: ApplicationState) -> Iterable[Contribution]:
    """Vite : part des réponses données dans les deux jours, que l'on ne connaît que des candidatures répondues."""
    submitted_on = day_of(application.submitted_at)
    yield knowable(submitted_on)
    if application.answered_at:
        yield known(submitted_on)
        yield denominator(submitted_on)
        if (day_of(application.answered_at) - submitted_on).days <= 2:
            yield numerator(submitted_on)


@distribution("R98", label="Attente", counted=Noun("réponse", "réponses"), **SAID)
def waited(application: ApplicationState) -> Iterable[Contribution]:
    """Attente : jours jusqu'à la réponse, que l'on ne connaît que des candidatures répondues."""
    submitted_on = day_of(application.submitted_at)
    yield knowable(submitted_on)
    if application.answered_at:
        yield known(submitted_on)
        yield sample(submitted_on, (day_of(application.answered_at) - submitted_on).days)


KNOWN = Catalogue((*CATALOGUE.indicators, quick, waited))
YEAR: dict[str, Any] = {"as_of": "2026-06-30", "by": "department", "every": "quarter", "catalogue": KNOWN}


def covered(one: FigureRead) -> tuple[int, int] | None:
    """(known, eligible)."""
    return (one.coverage.known, one.coverage.knowable) if one.coverage else None


async def some_applications(databases: Databases) -> None:
    """Four in two quarters and two departments, of which two are answered, one of them quickly."""
    await record(
        databases,
        application(id=number(1), department=NANTES, submitted_at=at("2026-01-05"), answered_at=at("2026-01-06")),
        application(id=number(2), department=NANTES, submitted_at=at("2026-01-05")),
        application(id=number(3), department=ANGERS, submitted_at=at("2026-04-06"), answered_at=at("2026-04-16")),
        application(id=number(4), department=ANGERS, submitted_at=at("2026-04-06")),
        catalogue=KNOWN,
    )


async def test_coverage_is_beside_the_value_of_each_group_and_point(databases: Databases) -> None:
    await some_applications(databases)
    for code, parts in (("R97", (0.5, 1, 2, None)), ("R98", (1, None, None, 2))):
        found = await values(databases, code, **YEAR)
        assert (found.value, found.numerator, found.denominator, found.samples) == parts
        assert covered(found) == (2, 4)
        assert {group.dimensions["department"]: covered(group) for group in found.groups} == {"44": (1, 2), "49": (1, 2)}
        assert [covered(point) for point in found.series or ()][-3:] == [None, (1, 2), (1, 2)], "nothing was tracked before"
        again = await values(databases, code, **YEAR, known_at=found.known_at)
        assert again.model_dump_json() == found.model_dump_json()
    async with databases.open("observatory", "worker") as db:
        assert (await arithmetic(db, catalogue=KNOWN)).sound


async def test_a_value_that_is_known_of_none_says_so(databases: Databases) -> None:
    await record(databases, application(id=number(2), department=NANTES, submitted_at=at("2026-01-05")), catalogue=KNOWN)
    for code in ("R97", "R98"):
        found = await values(databases, code, **YEAR)
        assert (found.value, covered(found), [covered(group) for group in found.groups]) == (None, (0, 1), [(0, 1)])


async def test_what_cannot_be_known_in_part_has_none(databases: Databases) -> None:
    await some_applications(databases)
    found = await values(databases, "R07", **YEAR)
    assert (found.denominator, found.coverage) == (4, None)
    async with databases.open("observatory") as db:
        assert (await indicator(db, "R07")).covering is None
    told = described(KNOWN, quick).covering
    assert told is not None
    assert told.several == "candidatures"


async def test_the_page_says_of_how_many_it_is_known(databases: Databases) -> None:
    await some_applications(databases)
    query = PageQuery(as_of=date(2026, 6, 30))
    async with databases.open("observatory") as db:
        document = read(page(await overview(db, query, viewer=SYSTEM, catalogue=KNOWN), query))
    assert "connu pour 2 sur 4 candidatures" in document.by_id("R97").text
    assert "connu pour" not in document.by_id("R07").text
