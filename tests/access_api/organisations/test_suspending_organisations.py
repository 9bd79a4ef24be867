"""An organisation is suspended and resumed, and those that depend on it with it; who contributes, and as what; who funds has a code."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import time_machine

from services.contracts.codes import STAFF, Role
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import a_site, an_organisation, move, organisation_body, siren
from tests.support.http import at, ok, pointers, problem_type

Json = dict[str, Any]

URL = "/access/v1/organisations"
FIRST, SECOND, THIRD = (datetime(2026, 11, day, 10, tzinfo=UTC) for day in (16, 20, 23))


async def moved(steering: httpx.AsyncClient, row: Json, verb: str, **body: Any) -> Json:
    return ok(await move(steering, "organisations", row, verb, **body))


async def fresh(steering: httpx.AsyncClient, row: Json) -> Json:
    return ok(await steering.get(f"{URL}/{row['id']}"))


def spell(since: str, until: str | None = None) -> Json:
    return {"since": since, "until": until}


@pytest.mark.usefixtures("communes")
async def test_an_organisation_is_suspended_and_resumed_and_nothing_else_moves(steering: httpx.AsyncClient) -> None:
    with time_machine.travel(FIRST):
        made = await an_organisation(steering)
        site = await a_site(steering, made)
        suspended = await moved(steering, made, "suspend", reason="Contrôle")
    assert (suspended["status"], suspended["status_reason"]) == ("suspended", "Contrôle")
    assert suspended["suspended_spells"] == [spell("2026-11-16")]
    assert ok(await steering.get(f"/access/v1/sites/{site['id']}")) == site
    with time_machine.travel(SECOND):
        resumed = await moved(steering, suspended, "resume")
    assert (resumed["status"], resumed["status_reason"]) == ("active", None)
    assert resumed["suspended_spells"] == [spell("2026-11-16", "2026-11-20")]
    differs = {name for name in made if made[name] != resumed[name]}
    assert differs == {"version", "updated_at", "history", "suspended_spells"}


@time_machine.travel(FIRST)
async def test_a_suspension_of_less_than_a_day_leaves_no_spell_and_one_that_goes_on_is_one(steering: httpx.AsyncClient) -> None:
    made = await an_organisation(steering)
    suspended = await moved(steering, made, "suspend", reason="Contrôle")
    resumed = await moved(steering, suspended, "resume")
    assert resumed["suspended_spells"] == []
    suspended = await moved(steering, resumed, "suspend", reason="Contrôle")
    with time_machine.travel(SECOND):
        again = await moved(steering, await moved(steering, suspended, "resume"), "suspend", reason="Contrôle")
    assert again["suspended_spells"] == [spell("2026-11-16")]


@pytest.mark.usefixtures("communes")
async def test_closing_a_suspended_organisation_ends_the_suspension_and_closes_its_sites(steering: httpx.AsyncClient) -> None:
    with time_machine.travel(FIRST):
        made = await an_organisation(steering)
        site = await a_site(steering, made)
        suspended = await moved(steering, made, "suspend", reason="Contrôle")
    with time_machine.travel(SECOND):
        closed = await moved(steering, suspended, "close", reason="Fusion")
        assert (closed["status"], closed["suspended_spells"]) == ("closed", [spell("2026-11-16", "2026-11-20")])
        assert ok(await steering.get(f"/access/v1/sites/{site['id']}"))["status"] == "closed"
        assert (await moved(steering, closed, "reopen"))["status"] == "active"


@pytest.mark.parametrize(
    ("status", "refused", "allowed"),
    [
        ("active", ["resume", "reopen"], ["changeOrganisation", "suspendOrganisation", "closeOrganisation"]),
        ("suspended", ["suspend", "reopen"], ["changeOrganisation", "resumeOrganisation", "closeOrganisation"]),
        ("closed", ["suspend", "resume", "close"], ["changeOrganisation", "reopenOrganisation"]),
    ],
)
async def test_a_refused_move_lists_the_allowed_ones(
    steering: httpx.AsyncClient, status: str, refused: list[str], allowed: list[str]
) -> None:
    made = await an_organisation(steering)
    if status != "active":
        made = await moved(steering, made, {"suspended": "suspend", "closed": "close"}[status], reason="Contrôle")
    for verb in refused:
        body = {"reason": "Contrôle"} if verb in ("suspend", "close") else {}
        answer = await move(steering, "organisations", made, verb, **body)
        assert (answer.status_code, problem_type(answer), answer.json()["allowed_operations"]) == (409, "move-refused", allowed)
    assert ok(await steering.get(f"{URL}/{made['id']}/live")) == {"allowed_operations": allowed}


async def test_only_steering_suspends_and_resumes(steering: httpx.AsyncClient, client: Client) -> None:
    made = await an_organisation(steering)
    others = client(*(role for role in STAFF if role is not Role.steering))
    assert (await move(others, "organisations", made, "suspend", reason="Contrôle")).status_code == 403
    suspended = await moved(steering, made, "suspend", reason="Contrôle")
    assert (await move(others, "organisations", suspended, "resume")).status_code == 403


async def test_a_parent_suspends_its_children_and_they_keep_their_status(steering: httpx.AsyncClient, databases: Databases) -> None:
    with time_machine.travel(FIRST):
        parent = await an_organisation(steering, name="CHU")
        child, own = [await an_organisation(steering, parent_id=parent["id"]) for _ in range(2)]
        own = await moved(steering, own, "suspend", reason="Contrôle")
    with time_machine.travel(SECOND):
        parent = await moved(steering, parent, "suspend", reason="Contrôle")
        held = await fresh(steering, child)
        assert (held["status"], held["suspended_spells"], held["version"]) == ("active", [spell("2026-11-20")], 2)
        assert await fresh(steering, own) == own, "it is suspended already"
        own = await moved(steering, own, "resume")
        assert (own["status"], own["suspended_spells"]) == ("active", [spell("2026-11-16")]), "by its parent"
    with time_machine.travel(THIRD):
        await moved(steering, parent, "resume")
        assert (await fresh(steering, child))["suspended_spells"] == [spell("2026-11-20", "2026-11-23")]
        assert (await fresh(steering, own))["suspended_spells"] == [spell("2026-11-16", "2026-11-23")]
    pool = await databases.pool("access", "worker")
    told = await pool.fetch("SELECT type FROM outbox WHERE type LIKE 'access.organisation.%' AND type NOT LIKE '%.created' ORDER BY id")
    assert [row["type"].rpartition(".")[2] for row in told] == [
        *["suspended", "suspended", "concealed", "resumed", "resumed"],
        *["revealed"] * 2,
    ]


async def test_a_child_that_leaves_a_suspended_parent_is_suspended_no_more(steering: httpx.AsyncClient) -> None:
    with time_machine.travel(FIRST):
        parent = await an_organisation(steering)
        left, closing = [await an_organisation(steering, parent_id=parent["id"]) for _ in range(2)]
        parent = await moved(steering, parent, "suspend", reason="Contrôle")
    with time_machine.travel(SECOND):
        left = ok(await steering.patch(f"{URL}/{left['id']}", json={"parent_id": None}, headers={"If-Match": '"2"'}))
        assert left["suspended_spells"] == [spell("2026-11-16", "2026-11-20")]
        await moved(steering, parent, "close", reason="Fusion")
        assert (await fresh(steering, closing))["suspended_spells"] == [spell("2026-11-16", "2026-11-20")]


@pytest.mark.parametrize(("verb", "said"), [("suspend", "suspendue"), ("close", "fermée")])
async def test_nobody_becomes_the_child_of_a_suspended_or_closed_organisation(steering: httpx.AsyncClient, verb: str, said: str) -> None:
    parent = await moved(steering, await an_organisation(steering, name="CHU de Nantes"), verb, reason="Contrôle")
    answer = await steering.post(URL, json=organisation_body(parent_id=parent["id"]))
    assert (answer.status_code, pointers(answer), answer.json()["errors"][0]["code"]) == (422, ["#/parent_id"], "parent_not_active")
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("turn", range(3))
async def test_a_parent_and_its_children_move_at_once_and_agree_in_the_end(steering: httpx.AsyncClient, turn: int) -> None:
    parent = await an_organisation(steering)
    children = [await an_organisation(steering, parent_id=parent["id"]) for _ in range(3)]
    asked = [move(steering, "organisations", row, "suspend", reason="Contrôle") for row in (*children, parent)]
    other = move(steering, "organisations", await an_organisation(steering), "suspend", reason="Contrôle")
    answers = await asyncio.gather(*asked, other)
    assert {answer.status_code for answer in answers} <= {200, 412}, f"turn {turn}"
    assert ok(answers[3])["status"] == "suspended"
    for child in children:
        assert [each["until"] for each in (await fresh(steering, child))["suspended_spells"]] == [None]


@pytest.mark.usefixtures("communes")
async def test_a_suspended_organisation_keeps_opening_and_closing_sites(steering: httpx.AsyncClient) -> None:
    made = await moved(steering, await an_organisation(steering), "suspend", reason="Contrôle")
    site = await a_site(steering, made)
    closed = ok(await move(steering, "sites", site, "close", reason="Travaux"))
    assert ok(await steering.get(f"/access/v1/sites/{site['id']}/live"))["allowed_operations"][-1] == "reopenSite"
    assert ok(await move(steering, "sites", closed, "reopen"))["status"] == "active"


async def test_a_suspended_organisation_is_one_that_another_would_double(steering: httpx.AsyncClient) -> None:
    await moved(steering, await an_organisation(steering, siren=siren(21)), "suspend", reason="Contrôle")
    assert problem_type(await steering.post(URL, json=organisation_body(siren=siren(21)))) == "looks-twice"


async def test_an_organisation_says_as_what_it_contributes_and_who_funds_bears_a_code_of_its_own(steering: httpx.AsyncClient) -> None:
    ars = await an_organisation(steering, name="ARS", roles=["funder"], contributor="ars", funder_code="ARS-PDL")
    union = await an_organisation(steering, name="Syndicat", roles=["partner"], contributor="union")
    for query, found in (("contributor=union", union), ("funder_code=ARS-PDL", ars)):
        assert [item["id"] for item in ok(await steering.get(f"{URL}?{query}"))["items"]] == [found["id"]]
    again = await steering.post(URL, json=organisation_body(funder_code="ARS-PDL"))
    assert (again.status_code, problem_type(again), again.json()["existing_id"]) == (409, "already-exists", ars["id"])
    for field, value in (("contributor", "friends"), ("funder_code", "ARS PDL")):
        assert pointers(await steering.post(URL, json=organisation_body(**{field: value}))) == [f"#/{field}"]
    changed = ok(await steering.patch(f"{URL}/{ars['id']}", json={"funder_code": None, "contributor": None}, headers=at(ars)))
    assert (changed["funder_code"], changed["contributor"]) == (None, None)
