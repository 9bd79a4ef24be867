"""A suspended organisation, felt by every service: what it shows is concealed and in no stock, and resuming restores it exactly."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import time_machine

from services.contracts.codes import STAFF, Role
from services.kernel.data.database import Databases
from services.kernel.events.scheduler import run_job
from services.observatory_api.values.operations import dashboard
from services.observatory_api.values.schemas import DashboardQuery
from services.observatory_api.verification.operations import verify
from services.plam import SERVICES
from tests.conftest import Client
from tests.support.access import an_organisation
from tests.support.http import at, ok, pointers, problem_type
from tests.support.sites import spell
from tests.support.told import OPEN_THINGS, Json, Told, heard, post

FIRST, SECOND, THIRD = (datetime(2026, 11, day, 10, tzinfo=UTC) for day in (16, 20, 23))
URL = "/access/v1/organisations"
WHY = "organisation_suspended"
CONCEALED = ("unit", "offer", "request, pending", "need", "application")
"""What says that it is concealed with its organisation; `Told` names them so."""


@pytest.fixture(autouse=True)
def begins() -> Iterator[None]:
    """The day on which the story begins."""
    with time_machine.travel(FIRST):
        yield


async def moved(client: httpx.AsyncClient, databases: Databases, organisation: Json, verb: str) -> Json:
    """An organisation moves, at the version that it has, and the services hear of it."""
    row = ok(await client.get(f"{URL}/{organisation['id']}"))
    found = await post(client, f"{URL}/{row['id']}/{verb}", row, **({} if verb == "resume" else {"reason": "Contrôle"}))
    await heard(databases)
    return found


async def lists(client: httpx.AsyncClient) -> tuple[list[Json], list[Json]]:
    """The offers and the needs that anybody sees."""
    offers, needs = [ok(await client.get(path))["items"] for path in ("/internships/v1/offers", "/recruitment/v1/needs")]
    return offers, needs


async def stock(databases: Databases, day: datetime, *codes: str) -> dict[str, Any]:
    async with databases.open("observatory") as db:
        items = (await dashboard(db, DashboardQuery(as_of=day.date()))).items
    return {item.code: item.value for item in items if item.code in codes}


def without(row: Json, *names: str) -> Json:
    """A row without what a suspension leaves."""
    return {name: value for name, value in row.items() if name not in ("version", "updated_at", *names)}


async def under(client: httpx.AsyncClient, databases: Databases, child: Json) -> Json:
    """A parent for an organisation."""
    parent = await an_organisation(client, name="Groupe", roles=["partner"])
    row = ok(await client.get(f"{URL}/{child['id']}"))
    ok(await client.patch(f"{URL}/{child['id']}", json={"parent_id": parent["id"]}, headers=at(row)))
    await heard(databases)
    return parent


@pytest.mark.parametrize("of", ["itself", "its parent"])
async def test_resuming_restores_the_lists_exactly_on_the_same_day(client: Client, databases: Databases, of: str) -> None:
    everybody, reader = client(*STAFF), client(Role.reader)
    told = Told(everybody, databases)
    _, old, _ = await told.begin()
    who = old if of == "itself" else await under(everybody, databases, old)
    before, shown = await told.now(), await lists(reader)
    assert [len(rows) for rows in shown] == [1, 1]

    await moved(everybody, databases, who, "suspend")
    assert await lists(reader) == ([], [])
    concealed = await told.now()
    assert {name for name, row in concealed.items() if row.get("concealed") == [spell("2026-11-16", None, WHY)]} == {*CONCEALED}
    assert {name for name in before if concealed[name].get("status") != before[name].get("status")} == set()

    await moved(everybody, databases, who, "resume")
    assert [[without(row) for row in rows] for rows in await lists(reader)] == [[without(row) for row in rows] for rows in shown]
    after = await told.now()
    assert {name: without(row) for name, row in after.items()} == {name: without(row) for name, row in before.items()}


@pytest.mark.parametrize("of", ["itself", "its parent"])
async def test_resuming_days_later_leaves_the_spell_and_moves_the_clocks_on(client: Client, databases: Databases, of: str) -> None:
    everybody, reader = client(*STAFF), client(Role.reader)
    told = Told(everybody, databases)
    _, old, _ = await told.begin()
    who = old if of == "itself" else await under(everybody, databases, old)
    before, shown = await told.now(), await lists(reader)
    open_things = {"I27": 1, "I28": 1, "I29": 1, "R01": 2, "R06": 1, "R11": 1}
    assert await stock(databases, FIRST, *OPEN_THINGS) == open_things
    active = (await stock(databases, FIRST, "N02"))["N02"]
    with time_machine.travel(SECOND):
        await moved(everybody, databases, who, "suspend")
        assert await stock(databases, SECOND, *OPEN_THINGS) == dict.fromkeys(OPEN_THINGS, 0)
        assert (await stock(databases, SECOND, "N02"))["N02"] == active - 1
        assert (await verify(databases, SERVICES, patience=5)).sound
    with time_machine.travel(THIRD):
        await moved(everybody, databases, who, "resume")
        for service in SERVICES:
            for job in service.jobs:
                assert await run_job(databases, service, job.name)
        left = [spell("2026-11-20", "2026-11-23", WHY)]
        again = await lists(reader)
        assert [[row["concealed"] for row in rows] for rows in again] == [[left], [left]]
        names = ("concealed", "expires_on")
        assert [[without(row, *names) for row in rows] for rows in again] == [[without(row, *names) for row in rows] for rows in shown]
        after = await told.now()
        assert (before["need"]["expires_on"], after["need"]["expires_on"]) == ("2026-12-31", "2027-01-03"), "three days"
        assert after["application"]["respond_by"] > before["application"]["respond_by"]
        assert [await stock(databases, day, *OPEN_THINGS) for day in (FIRST, SECOND, THIRD)] == [
            open_things,
            dict.fromkeys(OPEN_THINGS, 0),
            open_things,
        ]
        found = await verify(databases, SERVICES, patience=5)
        assert found.sound, found


async def test_nothing_of_a_suspended_organisation_is_answered_nor_made(client: Client, databases: Databases) -> None:
    everybody = client(*STAFF)
    told = Told(everybody, databases)
    site, old, _ = await told.begin()
    await moved(everybody, databases, old, "suspend")
    rows = await told.now()
    offer, request, need, application = (rows[name] for name in ("offer", "request, pending", "need", "application"))
    internships, recruitment = "/internships/v1", "/recruitment/v1"

    async def asked(path: str, row: Json | None = None, **body: Any) -> httpx.Response:
        headers = {"Idempotency-Key": path} | (at(row) if row else {})
        return await everybody.post(path, json=body, headers=headers)

    asks: Json = {"offer_id": offer["id"], "institute_id": request["institute_id"], "profession": "ide", "learners": 1}
    period: Json = {"starts_on": "2027-02-01", "ends_on": "2027-02-08"}
    for answer in (
        await asked(f"{internships}/requests?force=true", **asks),
        await asked(f"{internships}/requests/{request['id']}/accept", request),
        await asked(f"{internships}/requests/{request['id']}/decline", request, reason="full"),
        await asked(f"{internships}/offers", unit_id=offer["unit_id"], professions=["ide"], seats=1, **period),
        await asked(f"{recruitment}/applications", need_id=need["id"], candidate_ref="C00009"),
        await asked(f"{recruitment}/applications/{application['id']}/accept", application, legal_form="cdi"),
        await asked(f"{recruitment}/applications/{application['id']}/decline", application, reason="other"),
        await asked(f"{recruitment}/needs/{need['id']}/prolong", need, expires_on="2027-01-20"),
    ):
        assert (answer.status_code, problem_type(answer), answer.json()["concealed"]["why"]) == (409, "concealed", WHY)
        assert "suspendue" in answer.json()["detail"]
    at_home: Json = {"organisation_id": old["id"], "site_id": site["id"]}
    dates: Json = {"starts_on": "2027-01-04", "expires_on": "2026-12-31"}
    for answer in (
        await asked(f"{internships}/units", **at_home, code="U9", name="Chirurgie", professions=["ide"]),
        await asked(f"{recruitment}/needs", **at_home, profession="as", headcount=1, legal_forms=["cdi"], **dates),
    ):
        assert (answer.status_code, pointers(answer)) == (422, ["#/organisation_id"])
    lead: Json = {"ref": "A-1", "title": "Tuteurs", "axis": "A4", "objectives": ["O2"], "lead_organisation_id": old["id"]}
    refused = await asked("/actions/v1/actions", **lead)
    assert (refused.status_code, pointers(refused)) == (422, ["#/lead_organisation_id"])
    for path, row, allowed in (
        (f"{internships}/offers", offer, {"resizeOffer", "closeOffer", "cancelOffer", "changeOffer"}),
        (f"{internships}/requests", request, {"withdrawRequest"}),
        (f"{recruitment}/needs", need, {"changeNeed", "cancelNeed"}),
        (f"{recruitment}/applications", application, {"withdrawApplication"}),
    ):
        assert {*ok(await everybody.get(f"{path}/{row['id']}/live"))["allowed_operations"]} == allowed


async def test_what_a_suspended_institute_asked_for_waits(client: Client, databases: Databases) -> None:
    everybody = client(*STAFF)
    told = Told(everybody, databases)
    _, old, _ = await told.begin()
    request = (await told.now())["request, pending"]
    institute = {"id": request["institute_id"]}
    with time_machine.travel(SECOND):
        await moved(everybody, databases, institute, "suspend")
        after = await told.now()
        assert [name for name, row in after.items() if row.get("concealed")] == ["request, pending"]
        path = f"/internships/v1/requests/{request['id']}"
        for verb, body in (("accept", None), ("decline", {"reason": "full"})):
            answer = await everybody.post(f"{path}/{verb}", json=body, headers={"Idempotency-Key": verb} | at(after["request, pending"]))
            assert (answer.status_code, problem_type(answer)) == (409, "concealed")
        asks = {"offer_id": request["offer_id"], "institute_id": institute["id"], "profession": "ide", "learners": 1}
        refused = await everybody.post("/internships/v1/requests?force=true", json=asks, headers={"Idempotency-Key": "again"})
        assert (refused.status_code, pointers(refused)) == (422, ["#/institute_id"])
        await moved(everybody, databases, old, "suspend")
        assert (await told.now())["request, pending"]["concealed"] == [spell("2026-11-20", None, WHY)], "one spell, whoever is suspended"
        assert await run_job(databases, next(each for each in SERVICES if each.name == "internships"), "follow_sites")
    with time_machine.travel(THIRD):
        await moved(everybody, databases, institute, "resume")
        assert (await told.now())["request, pending"]["concealed"] == [spell("2026-11-20", None, WHY)], "its host is still"
        await moved(everybody, databases, old, "resume")
        rows = await told.now()
        assert rows["request, pending"]["concealed"] == [spell("2026-11-20", "2026-11-23", WHY)]
        await post(everybody, f"{path}/accept", rows["request, pending"])


async def test_a_suspension_stands_beside_a_closed_site_and_a_suspended_unit(client: Client, databases: Databases) -> None:
    everybody = client(*STAFF)
    told = Told(everybody, databases)
    site, old, _ = await told.begin()
    unit = (await told.now())["unit"]
    unit = await post(everybody, f"/internships/v1/units/{unit['id']}/suspend", unit, reason="Travaux")
    with time_machine.travel(SECOND):
        site = await post(everybody, f"/access/v1/sites/{site['id']}/close", site, reason="Travaux")
        await moved(everybody, databases, old, "suspend")
        rows = await told.now()
        both = [spell("2026-11-20", None, WHY), spell("2026-11-20")]
        for name in ("unit", "offer", "request, pending"):
            assert rows[name]["concealed"] == [spell("2026-11-16", None, "unit_suspended"), *both], name
        for name in ("need", "application"):
            assert rows[name]["concealed"] == both, name
    with time_machine.travel(THIRD):
        await moved(everybody, databases, old, "resume")
        rows = await told.now()
        left = [spell("2026-11-20", "2026-11-23", WHY), spell("2026-11-20")]
        assert rows["offer"]["concealed"] == [spell("2026-11-16", None, "unit_suspended"), *left]
        assert rows["need"]["concealed"] == left
        await post(everybody, f"/access/v1/sites/{site['id']}/reopen", site)
        await heard(databases)
        await post(everybody, f"/internships/v1/units/{unit['id']}/resume", (await told.now())["unit"])
        assert all(each["until"] for row in (await told.now()).values() for each in row.get("concealed", ()))


async def test_a_site_that_leaves_a_suspended_organisation_shows_again_and_what_was_concealed_stays_dated(
    client: Client, databases: Databases
) -> None:
    everybody = client(*STAFF)
    told = Told(everybody, databases)
    site, old, new = await told.begin()
    with time_machine.travel(SECOND):
        await moved(everybody, databases, old, "suspend")
    with time_machine.travel(THIRD):
        on = date(2026, 11, 22).isoformat()
        await post(everybody, f"/access/v1/sites/{site['id']}/transfer", site, organisation_id=new["id"], on=on, reason="Reprise")
        await heard(databases)
        rows = await told.now()
        for name in ("unit", "offer", "need"):
            assert rows[name]["concealed"] == [spell("2026-11-20", on, WHY)], name
        await moved(everybody, databases, old, "resume")
        assert {name: without(row) for name, row in (await told.now()).items()} == {name: without(row) for name, row in rows.items()}
