"""Units, offers and requests change hands with their site, and are concealed while it is closed: dated, once, in small parts."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine
from sqlalchemy import update

from services.contracts.codes import OrganisationRole, Role
from services.internships_api import standing
from services.internships_api.copies import ORGANISATIONS
from services.internships_api.service import SERVICE
from services.kernel.base.principals import SYSTEM, somebody
from services.kernel.data.database import Databases
from services.kernel.events.scheduler import run_job
from tests.conftest import Client
from tests.support.http import ok, problem_type
from tests.support.internships import (
    API,
    Place,
    a_place,
    a_request,
    a_unit,
    an_offer,
    an_organisation,
    fresh,
    listed,
    move,
    patch,
    recount,
)
from tests.support.sites import Heard, hear, since, spell

Json = dict[str, Any]

SIX_DAYS_ON = datetime(2026, 11, 29, 10, tzinfo=UTC)
LATER = datetime(2026, 12, 7, 10, tzinfo=UTC)


async def world(steering: httpx.AsyncClient, databases: Databases) -> tuple[Place, Heard, dict[str, Json]]:
    """A unit, two offers, one of them over, and three requests, one of them accepted."""
    place = await a_place(databases)
    heard = Heard(place.site, place.host)
    await hear(databases, SERVICE, heard.told())
    unit = await a_unit(steering, place)
    offer, closed = await an_offer(steering, unit), await an_offer(steering, unit, ends_on="2027-04-05")
    accepted = await a_request(steering, place, offer)
    ok(await move(steering, "requests", accepted, "accept"))
    waiting = await a_request(steering, place, offer)
    declined = ok(await move(steering, "requests", await a_request(steering, place, offer), "decline", reason="full"))
    closed = ok(await move(steering, "offers", closed, "close"))
    [placement] = await listed(steering, "placements")
    rows = {"units": unit, "offers": offer, "closed": closed, "waiting": waiting, "accepted": accepted, "declined": declined}
    return place, heard, rows | {"placements": placement}


async def now(steering: httpx.AsyncClient, rows: dict[str, Json]) -> dict[str, Json]:
    of = {"closed": "offers", "waiting": "requests", "accepted": "requests", "declined": "requests"}
    return {name: await fresh(steering, of.get(name, name), row) for name, row in rows.items()}


async def test_e2_what_stands_at_a_site_goes_to_the_organisation_that_takes_it_over(
    steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    place, heard, rows = await world(steering, databases)
    before, other = await now(steering, rows), await an_organisation(databases, OrganisationRole.host, OrganisationRole.employer)
    old, new = (client(Role.employer, organisation=organisation) for organisation in (place.host, other))

    with time_machine.travel(SIX_DAYS_ON):
        told = heard.transfer(other)
        await hear(databases, SERVICE, told)
        after = await now(steering, rows)
        for name in ("units", "offers", "closed", "waiting"):
            assert after[name]["organisation_id"] == str(other), name
            assert after[name]["owners"] == since((place.host, "2026-11-23"), (other, "2026-11-29")), name
            assert (after[name]["version"], after[name]["status"]) == (before[name]["version"] + 1, before[name]["status"]), name
        for name in ("accepted", "declined", "placements"):
            assert after[name] == before[name], f"{name}: it was agreed with the one that had the site"

        for again in (told, heard.told()):
            await hear(databases, SERVICE, again)
        assert await run_job(databases, SERVICE, "follow_sites")
        assert await now(steering, rows) == after, "said twice, it comes to the same"

        assert (await move(old, "requests", after["waiting"], "decline", reason="full")).status_code == 404
        ok(await move(new, "requests", after["waiting"], "accept"))
    pool = await databases.pool("internships", "worker")
    by = await pool.fetch('SELECT DISTINCT updated_by FROM placement_unit UNION SELECT "by" FROM placement_offer_version WHERE version > 4')
    assert {row[0] for row in by} <= {SYSTEM.subject, somebody("tests")}
    types = await pool.fetch("SELECT type FROM outbox WHERE type LIKE '%.transferred' ORDER BY id")
    assert [row["type"] for row in types] == [
        "internships.unit.transferred",
        *["internships.offer.transferred"] * 2,
        "internships.request.transferred",
    ]
    await recount(databases)


async def test_e2_s2_who_takes_a_unit_over_acts_on_what_was_agreed_before_without_seeing_it(
    steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    _, heard, rows = await world(steering, databases)
    other = await an_organisation(databases, OrganisationRole.host, OrganisationRole.employer)
    new = client(Role.employer, organisation=other)
    with time_machine.travel(SIX_DAYS_ON):
        await hear(databases, SERVICE, heard.transfer(other))
        assert await listed(new, "placements") == []
        after = await now(steering, rows)
        ok(await patch(new, "units", after["units"], name="Court séjour"))
        offer = await fresh(new, "offers", rows["offers"])
        earlier = await patch(new, "offers", offer, ends_on="2027-02-15")
        assert problem_type(earlier) == "weeks-taken"
        ok(await move(new, "offers", offer, "close"))
        after = await now(steering, rows)
    assert after["placements"]["unit_name"] == "Court séjour"
    assert after["waiting"]["status"] == "offer_closed"
    await recount(databases)


async def test_e2_a_transfer_of_before_is_dated_then_and_what_came_after_was_never_the_other_s(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    place, heard, rows = await world(steering, databases)
    other, third = await an_organisation(databases), await an_organisation(databases)
    with time_machine.travel(SIX_DAYS_ON):
        late = await an_offer(steering, rows["units"], ends_on="2027-02-22")
    with time_machine.travel(LATER):
        first = heard.transfer(other, on=datetime(2026, 11, 25, tzinfo=UTC).date())
        second = heard.transfer(third)
        await hear(databases, SERVICE, second)
        await hear(databases, SERVICE, first)
        unit, offer = await fresh(steering, "units", rows["units"]), await fresh(steering, "offers", late)
    assert unit["owners"] == since((place.host, "2026-11-23"), (other, "2026-11-25"), (third, "2026-12-07")), "though the second came first"
    assert offer["owners"] == since((other, "2026-11-29"), (third, "2026-12-07"))


async def test_e3_what_stands_at_a_closed_site_is_concealed_until_it_opens_again(steering: httpx.AsyncClient, databases: Databases) -> None:
    _, heard, rows = await world(steering, databases)
    before = await now(steering, rows)
    with time_machine.travel(SIX_DAYS_ON):
        await hear(databases, SERVICE, heard.close())
        concealed = await now(steering, rows)
        for name in ("units", "offers", "waiting"):
            assert concealed[name]["concealed"] == [spell("2026-11-29")], name
            assert (concealed[name]["status"], concealed[name]["version"]) == (before[name]["status"], before[name]["version"] + 1), name
        assert [name for name in rows if concealed[name] == before[name]] == ["closed", "accepted", "declined", "placements"]
        await hear(databases, SERVICE, heard.told())
        assert await now(steering, rows) == concealed
    with time_machine.travel(LATER):
        await hear(databases, SERVICE, heard.reopen())
        revealed = await now(steering, rows)
    for name in ("units", "offers", "waiting"):
        assert revealed[name]["concealed"] == [spell("2026-11-29", "2026-12-07")], name
    pool = await databases.pool("internships", "worker")
    told = await pool.fetch("SELECT type FROM outbox WHERE type LIKE '%.concealed' OR type LIKE '%.revealed' ORDER BY id")
    kinds = ("unit", "offer", "request")
    assert [row["type"] for row in told] == [f"internships.{kind}.{how}" for how in ("concealed", "revealed") for kind in kinds]


async def test_e3_a_site_that_was_closed_for_less_than_a_day_leaves_no_trace_but_in_the_history(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    _, heard, rows = await world(steering, databases)
    await hear(databases, SERVICE, heard.close())
    await hear(databases, SERVICE, heard.reopen())
    assert {name: row["concealed"] for name, row in (await now(steering, rows)).items() if row.get("concealed")} == {}
    items = ok(await steering.get(f"{API}/units/{rows['units']['id']}/history"))["items"]
    assert [item["document"]["concealed"] for item in items] == [[], [spell("2026-11-23")], []]


async def test_e3_a_suspended_unit_conceals_its_offers_beside_its_site(steering: httpx.AsyncClient, databases: Databases) -> None:
    _, heard, rows = await world(steering, databases)
    unit = ok(await move(steering, "units", rows["units"], "suspend", reason="Travaux"))
    own, both = spell("2026-11-23", None, "unit_suspended"), spell("2026-11-29")
    for row in (unit, await fresh(steering, "offers", rows["offers"]), await fresh(steering, "requests", rows["waiting"])):
        assert row["concealed"] == [own]
    with time_machine.travel(SIX_DAYS_ON):
        await hear(databases, SERVICE, heard.close())
        concealed = await now(steering, rows)
        assert [concealed[name]["concealed"] for name in ("units", "offers", "waiting")] == [[own, both]] * 3
    with time_machine.travel(LATER):
        unit = ok(await move(steering, "units", concealed["units"], "resume"))
        ended = own | {"until": "2026-12-07"}
        after = await now(steering, rows)
        assert [after[name]["concealed"] for name in ("units", "offers", "waiting")] == [[ended, both]] * 3, "the site is closed still"
        await hear(databases, SERVICE, heard.reopen())
        after = await now(steering, rows)
        assert [after[name]["concealed"] for name in ("units", "offers", "waiting")] == [[ended, both | {"until": "2026-12-07"}]] * 3
        assert await run_job(databases, SERVICE, "follow_sites")
        assert await now(steering, rows) == after


async def test_e2_e3_more_than_one_transaction_may_change_is_left_to_the_job_which_is_due_at_once(
    steering: httpx.AsyncClient, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, heard, rows = await world(steering, databases)
    offers = [rows["closed"], rows["offers"], *[await an_offer(steering, rows["units"], published=False) for _ in range(6)]]
    monkeypatch.setattr(standing, "MOST", 3)
    pool = await databases.pool("internships", "worker")
    await pool.execute("INSERT INTO job (name, due_at) VALUES ('follow_sites', now() + interval '1 hour')")
    other = await an_organisation(databases)

    await hear(databases, SERVICE, heard.transfer(other))

    followed = [await fresh(steering, "units", rows["units"]), *[await fresh(steering, "offers", each) for each in offers]]
    assert sum(row["organisation_id"] == str(other) for row in followed) == 3
    assert await pool.fetchval("SELECT due_at <= clock_timestamp() FROM job WHERE name = 'follow_sites'")
    assert await run_job(databases, SERVICE, "follow_sites")
    unit, *offers = await fresh(steering, "units", rows["units"]), *[await fresh(steering, "offers", each) for each in offers]
    request = await fresh(steering, "requests", rows["waiting"])
    assert {row["organisation_id"] for row in (unit, *offers, request)} == {str(other)}


@pytest.mark.tampers
async def test_e2_e3_a_copy_heard_in_an_older_shape_moves_nothing_until_it_is_said_again(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    _, heard, rows = await world(steering, databases)
    before = await now(steering, rows)
    heard.transfer(other := await an_organisation(databases))
    heard.close()
    await hear(databases, SERVICE, heard.told(number=1))
    assert await run_job(databases, SERVICE, "follow_sites")
    assert await now(steering, rows) == before
    await hear(databases, SERVICE, heard.told())
    after = await fresh(steering, "units", rows["units"])
    assert (after["organisation_id"], after["concealed"]) == (str(other), [spell("2026-11-23")])


async def live(by: httpx.AsyncClient, collection: str, row: Json) -> Json:
    return ok(await by.get(f"{API}/{collection}/{row['id']}/live"))


@pytest.mark.parametrize("why", ["site_closed", "unit_suspended"])
async def test_e3_what_is_shown_of_what_is_concealed_is_what_will_be_answered(
    steering: httpx.AsyncClient, databases: Databases, client: Client, why: str
) -> None:
    place, heard, rows = await world(steering, databases)
    host, institute = client(Role.employer, organisation=place.host), client(Role.institute, organisation=place.institute)
    stranger = client(Role.employer, organisation=place.institute)
    draft = await an_offer(steering, rows["units"], published=False, ends_on="2027-02-15")
    rows["draft"], rows["other"] = draft, await a_request(steering, place, rows["offers"])
    asked = {"offer_id": rows["offers"]["id"], "profession": "ide", "learners": 1}

    async def listed_to(by: httpx.AsyncClient, collection: str, **filters: Any) -> bool:
        return rows[collection]["id"] in {row["id"] for row in await listed(by, collection, **filters)}

    if why == "site_closed":
        await hear(databases, SERVICE, heard.close())
    else:
        ok(await move(host, "units", rows["units"], "suspend", reason="Travaux"))
    after = await concealed_rows(steering, rows)

    for caller in (steering, host, institute, stranger):
        assert not await listed_to(caller, "offers", available="true")
        assert (await fresh(caller, "offers", rows["offers"]))["concealed"] == [spell("2026-11-23", None, why)], (
            "whoever has its id reads why"
        )
    assert [await listed_to(each, "offers") for each in (steering, host, institute, stranger)] == [True, True, False, False]
    assert [await listed_to(each, "units") for each in (steering, host, institute, stranger)] == [True, True, False, False]
    assert await listed_to(host, "offers", available="false")
    assert await live(institute, "offers", rows["offers"]) == {"requestable_seats": 0, "allowed_operations": []}
    assert await live(host, "offers", draft) == {"requestable_seats": 0, "allowed_operations": []}
    assert await live(host, "requests", rows["waiting"]) == {"allowed_operations": []}
    assert await live(institute, "requests", rows["waiting"]) == {"allowed_operations": ["withdrawRequest"]}

    for answer in (
        await institute.post(f"{API}/requests?force=true", json=asked),
        await move(host, "requests", after["waiting"], "accept"),
        await move(host, "requests", after["waiting"], "decline", reason="full"),
    ):
        assert (answer.status_code, problem_type(answer)) == (409, "concealed")
        assert answer.json()["concealed"] == spell("2026-11-23", None, why)
        assert any(word in answer.json()["detail"] for word in ("rouvrir", "reprendre")), "it says what to do"
    assert (await move(host, "offers", after["draft"], "publish")).status_code == 409
    ok(await move(institute, "requests", after["waiting"], "withdraw"))
    ok(await move(host, "placements", after["placements"], "cancel", reason="unit_unavailable"))

    if why == "site_closed":
        await hear(databases, SERVICE, heard.reopen())
    else:
        ok(await move(host, "units", after["units"], "resume"))
    assert [await listed_to(each, "offers", available="true") for each in (steering, host, institute, stranger)] == [True] * 4
    assert await listed_to(institute, "units")
    assert (await live(institute, "offers", rows["offers"]))["requestable_seats"] == 2
    assert (await live(host, "offers", draft))["allowed_operations"] == ["changeOffer", "publishOffer"]
    assert await live(host, "requests", rows["other"]) == {"allowed_operations": ["acceptRequest", "declineRequest"]}
    ok(await move(host, "requests", await fresh(steering, "requests", rows["other"]), "accept"))
    ok(await institute.post(f"{API}/requests?force=true", json=asked))
    ok(await move(host, "offers", await fresh(steering, "offers", draft), "publish"))
    await recount(databases)


@pytest.mark.parametrize("verb", ["close", "cancel"])
async def test_e3_an_offer_that_is_concealed_may_still_be_given_up(steering: httpx.AsyncClient, databases: Databases, verb: str) -> None:
    place = await a_place(databases)
    heard = Heard(place.site, place.host)
    await hear(databases, SERVICE, heard.told())
    offer = await an_offer(steering, await a_unit(steering, place))
    request = await a_request(steering, place, offer)
    await hear(databases, SERVICE, heard.close())
    body = {"reason": "Fermeture"} if verb == "cancel" else {}

    ended = ok(await move(steering, "offers", await fresh(steering, "offers", offer), verb, **body))

    assert (ended["status"], ended["concealed"]) == ({"close": "closed", "cancel": "cancelled"}[verb], [spell("2026-11-23")])
    assert (await fresh(steering, "requests", request))["status"] == "offer_closed"
    with time_machine.travel(LATER):
        await hear(databases, SERVICE, heard.reopen())
    assert (await fresh(steering, "offers", offer))["concealed"] == [spell("2026-11-23", "2026-12-07")]
    await recount(databases)


async def concealed_rows(steering: httpx.AsyncClient, rows: dict[str, Json]) -> dict[str, Json]:
    of = {"draft": "offers", "other": "requests"}
    plain = {name: row for name, row in rows.items() if name not in of}
    return await now(steering, plain) | {name: await fresh(steering, of[name], rows[name]) for name in of}


async def test_the_job_conceals_what_a_suspended_host_or_institute_shows_and_reveals_it(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    place, _, rows = await world(steering, databases)
    before, why = await now(steering, rows), "organisation_suspended"

    async def suspended(organisation: UUID, *spells: tuple[str, str | None]) -> dict[str, list[Json]]:
        table, told = ORGANISATIONS.table, [{"since": since_, "until": until} for since_, until in spells]
        async with databases.open("internships") as db:
            await db.fetch(update(table).where(table.c.id == organisation).values(suspended_spells=told))
        assert await run_job(databases, SERVICE, "follow_sites")
        return {name: row["concealed"] for name, row in (await now(steering, rows)).items() if row.get("concealed")}

    open_, ended = spell("2026-11-23", None, why), spell("2026-11-23", "2026-11-29", why)
    assert await suspended(place.institute, ("2026-11-20", None)) == {"waiting": [open_]}
    assert await suspended(place.host, ("2026-11-23", None)) == {name: [open_] for name in ("units", "offers", "waiting")}
    with time_machine.travel(SIX_DAYS_ON):
        assert (await suspended(place.institute, ("2026-11-20", "2026-11-29")))["waiting"] == [open_]
        assert await suspended(place.host, ("2026-11-23", "2026-11-29")) == {name: [ended] for name in ("units", "offers", "waiting")}
        after = await now(steering, rows)
    assert {name: row["status"] for name, row in after.items()} == {name: row["status"] for name, row in before.items()}
    await recount(databases)
