"""The list behind a figure: its address answers, and its rows are what the figure counts, or differ as the note says."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import httpx
import pytest

from services.contracts.codes import STAFF, Department
from services.kernel.base import clock
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.listings import CONCEALED, no_list, rows_of
from tests.conftest import Client
from tests.support.access import load_communes
from tests.support.actions import action_body, an_action
from tests.support.delivering import delivering
from tests.support.http import ok
from tests.support.story import day, make, tell, verb

Rows = Sequence[Mapping[str, Any]]

LISTINGS = {code: [*CATALOGUE.definitions(code).values()][-1].listing for code in CATALOGUE.codes}
ONE_EACH = {code for code, listing in LISTINGS.items() if listing.paths and listing.note in ("", CONCEALED)}
"""A row is one of what is counted; the story conceals nothing."""


def weeks(row: Mapping[str, Any]) -> int:
    return (date.fromisoformat(row["ends_on"]) - date.fromisoformat(row["starts_on"])).days // 7


READ_OTHERWISE: Mapping[str, Callable[[Rows], int]] = {
    "K03": lambda rows: sum(row["status"] != "draft" for row in rows),
    "K04": lambda rows: sum(row["status"] in ("in_progress", "suspended", "completed", "evaluated") for row in rows),
    "K06": lambda rows: sum(row["reached_on"] <= row["due_initial"] <= clock.today().isoformat() for row in rows),
    "I01": lambda rows: sum(row["seats"] * weeks(row) for row in rows),
    "I04": lambda rows: sum(weeks(row) for row in rows),
    "R01": lambda rows: sum(row["headcount"] - row["filled_count"] for row in rows),
    "R04": lambda rows: sum(row["amount_cents"] for row in rows),
    "R05": lambda rows: sum(row["committed_cents"] for row in rows),
    "R06": lambda rows: len({row["organisation_id"] for row in rows}),
    "R08": lambda rows: sum(row["ceiling_cents"] for row in rows),
}
"""What a figure makes of the rows, as its note says."""
NOT_THE_SAME = {"R07"}
"""The list has what still waits past its day, the figure what was answered in time."""


def test_every_figure_says_its_list_or_why_there_is_none() -> None:
    assert {code for code, listing in LISTINGS.items() if not listing.paths} == {"I08", "K07", "K14", "K15", "N03", "R03"}
    assert ONE_EACH | READ_OTHERWISE.keys() | NOT_THE_SAME == {code for code, listing in LISTINGS.items() if listing.paths}
    assert {"K05", "K08", "I28", "I29", "R11"} <= ONE_EACH
    for one in CATALOGUE.indicators:
        assert one.listing.paths or one.listing.note, f"{one.code}/{one.definition}: say why no list has it"
        assert one.listing == LISTINGS[one.code], f"{one.code}/{one.definition}: another definition has another list"


def test_a_department_is_added_to_an_address_that_takes_it() -> None:
    assert rows_of("/a", "/b?c=d").addresses("72") == ("/a?department=72", "/b?c=d&department=72")
    assert rows_of("/a", by_department=False).addresses("72") == rows_of("/a").addresses() == ("/a",)
    assert no_list("une médiane").addresses("72") == ()


@pytest.mark.parametrize("code", [code for code, listing in LISTINGS.items() if listing.paths])
async def test_the_address_answers_and_takes_the_department_that_it_says(steering: httpx.AsyncClient, code: str) -> None:
    listing = LISTINGS[code]
    for path in listing.addresses():
        assert ok(await steering.get(path)) == {"items": [], "next": None}
        asked = f"{path}{'&' if '?' in path else '?'}department=44"
        assert (await steering.get(asked)).status_code == (200 if listing.by_department else 422), asked


async def test_the_catalogue_gives_it(client: Client, databases: Databases) -> None:
    items = {item["code"]: item["listing"] for item in ok(await client().get("/observatory/v1/indicators"))["items"]}
    assert items["K05"] == {"addresses": ["/actions/v1/actions?overdue=true"], "by_department": True, "note": None}
    assert items["K08"] == {"addresses": ["/actions/v1/milestones?overdue=true"], "by_department": False, "note": None}
    assert items["K07"]["addresses"] == []
    assert items["K07"]["note"].startswith("une médiane")


async def test_its_rows_are_what_the_figure_counts(client: Client, databases: Databases) -> None:
    everybody = client(*STAFF)
    await load_communes(databases)
    async with delivering(databases):
        await a_whole_story(everybody)
    counted: dict[str, int] = {}
    for department in (None, *Department):
        asked = {"department": department} if department else {}
        figures = {item["code"]: item for item in ok(await everybody.get("/observatory/v1/values", params=asked))["items"]}
        for code in ONE_EACH | READ_OTHERWISE.keys():
            if department is None or LISTINGS[code].by_department:
                found = [row for path in LISTINGS[code].addresses(department) for row in await every_row(everybody, path)]
                expected = READ_OTHERWISE.get(code, len)(found)
                assert (figures[code]["numerator"] or 0) == expected, (code, department)
                counted[code] = counted.get(code, 0) + expected
    assert all(counted.values()), "the story has some of each"
    assert len(await every_row(everybody, LISTINGS["R07"].paths[0])) == 0, "all wait within their day"


async def a_whole_story(client: httpx.AsyncClient) -> None:
    """The story, and a sheet, a request and an application that wait, a milestone kept on its day, an action past its end."""
    story = await tell(client)
    await an_action(client)
    offer = story.made["offer"][-1]
    asked = {"offer_id": offer["id"], "institute_id": offer["organisation_id"], "profession": "ide", "learners": 1}
    await make(client, "/internships/v1/requests?force=true", **asked)
    await make(client, "/recruitment/v1/applications", need_id=story.made["need"][0]["id"], candidate_ref="C7ATTEND1")
    kept = await make(client, "/actions/v1/milestones", action_id=story.made["action"][-1]["id"], title="Tenu", due=day(clock.today(), 0))
    await verb(client, f"/actions/v1/milestones/{kept['id']}", kept, "reach")
    past = await make(client, "/actions/v1/actions", **action_body(departments=["72"], ends_on=day(clock.today(), -1)))
    path = f"/actions/v1/actions/{past['id']}"
    await verb(client, path, await verb(client, path, past, "submit"), "approve", decision_ref="COPIL-2022-10-19-9")


async def every_row(client: httpx.AsyncClient, path: str) -> Rows:
    """All rows of a list, page after page."""
    rows: list[Mapping[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = ok(await client.get(httpx.URL(path).copy_merge_params({"limit": "2", **after})))
        rows += page["items"]
        if page["next"] is None:
            return rows
        after = {"after": page["next"]}
