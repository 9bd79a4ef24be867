"""Every noun's list gives some of its rows by their ids: those that the caller may read one by one, newest first, beside other filters."""

from uuid import UUID, uuid4

import httpx
import pytest

from services.contracts.codes import Department, Role
from services.kernel.api.paging import MOST_IDS
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import load_communes
from tests.support.actions import an_action
from tests.support.api import operations
from tests.support.delivering import delivering
from tests.support.http import ok
from tests.support.story import tell
from tests.support.story_of_people import tell_of_credentials

ACTIONS = "/actions/v1/actions"
OF_NO_NOUN = {"listAxes", "listObjectives", "listDepartments", "listCommunes", "listPermissions", "listEnvelopeEntries"}
OF_NO_NOUN |= {"listIndicators", "listContextSeries"}
"""Lists of what has no id: codes, or the rank of an entry, tell it."""


def lists() -> dict[str, str]:
    """Operation → address of the lists that may be asked for some ids."""
    return {each.id: each.path for each in operations() if "id" in {parameter["name"] for parameter in each.parameters("query")}}


def test_every_list_of_a_noun_may_be_asked_for_some_ids() -> None:
    assert {each.id for each in operations() if each.id.startswith("list")} - lists().keys() == OF_NO_NOUN
    assert len(lists()) == 22


async def test_each_list_gives_the_rows_that_the_caller_sees(client: Client, databases: Databases) -> None:
    await load_communes(databases)
    steering = client(Role.steering)
    async with delivering(databases):
        story = await tell(steering)
    host = UUID(story.made["organisation"][0]["id"])
    await tell_of_credentials(client(Role.reader, organisation=host, manager=True))
    parties = [
        steering,
        client(Role.committee, departments=frozenset({Department.vendee})),
        client(Role.hr_partner, departments=frozenset({Department.loire_atlantique})),
        client(Role.employer, organisation=host),
        client(Role.employer, Role.institute, organisation=uuid4()),
    ]
    hidden = 0
    for path in lists().values():
        if "/me/" in path:  # of nobody else, and steering has none
            continue
        rows = [row["id"] for row in ok(await steering.get(path, params={"limit": "200"}))["items"]]
        assert rows, path
        for party in parties:
            answer = await party.get(path, params={"limit": "200"})
            asked = [*rows[::-2], str(uuid4())]
            some = await party.get(path, params={"limit": "200", "id": ",".join(asked[:MOST_IDS])})
            assert some.status_code == answer.status_code
            if answer.is_success:
                seen = [each for each in rows if each in asked[:MOST_IDS] and (await party.get(f"{path}/{each}")).is_success]
                assert [row["id"] for row in some.json()["items"]] == seen, path
                hidden += len(set(rows[::-2]) - set(seen))
    assert hidden > 5


async def test_ids_stand_beside_the_other_filters_and_the_cursor(steering: httpx.AsyncClient) -> None:
    made = [(await an_action(steering, axis="A1" if number % 2 else "A2"))["id"] for number in range(6)]
    asked = {"id": ",".join([*made[:4], made[0].upper()]), "limit": "2"}

    first = await steering.get(ACTIONS, params=asked)
    second = await steering.get(first.links["next"]["url"])
    found = [[row["id"] for row in answer.json()["items"]] for answer in (first, second)]
    assert found == [made[3:1:-1], made[1::-1]]
    assert second.json()["next"] is None
    of_axis = ok(await steering.get(ACTIONS, params={**asked, "axis": "A1", "live": "true"}))["items"]
    assert [row["id"] for row in of_axis] == [made[3], made[1]]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Le n° 1 n'est pas un identifiant"),
        (f"{uuid4()},", "Le n° 2 n'est pas un identifiant"),
        (f"{uuid4()}, {uuid4()}", "Le n° 2 n'est pas un identifiant"),
        (f"{uuid4()};{uuid4()}", "Le n° 1 n'est pas un identifiant"),
        ("urgences", "Le n° 1 n'est pas un identifiant"),
        (uuid4().hex, "Le n° 1 n'est pas un identifiant"),
        (",".join(str(uuid4()) for _ in range(MOST_IDS + 1)), "Au plus 100 identifiants (101 ici)"),
    ],
    ids=["nothing", "a comma too many", "a space", "semicolons", "a word", "no hyphens", "too many"],
)
async def test_what_is_no_list_of_ids_is_refused_by_its_place(steering: httpx.AsyncClient, typed: str, said: str) -> None:
    answer = await steering.get(ACTIONS, params={"id": typed})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["location"]) == ("id", "query")
    assert error["detail"].startswith(said)


async def test_as_many_as_are_allowed_fit_in_an_address(steering: httpx.AsyncClient) -> None:
    made = (await an_action(steering))["id"]
    asked = ",".join([*(str(uuid4()) for _ in range(MOST_IDS - 1)), made])
    assert [row["id"] for row in ok(await steering.get(ACTIONS, params={"id": asked}))["items"]] == [made]


async def test_given_twice_is_refused_as_ever(steering: httpx.AsyncClient) -> None:
    assert (await steering.get(f"{ACTIONS}?id={uuid4()}&id={uuid4()}")).status_code == 422
