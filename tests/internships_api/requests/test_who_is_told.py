"""The host of a request is told when it comes, the institute when it is answered: from the event to the row of the person."""

from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from services.contracts.codes import Department
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import a_site, an_organisation, load_communes, member
from tests.support.http import ok
from tests.support.internships import Place, made, move, offer_body, set_capacity, unit_body
from tests.support.told import heard

MINE = "/access/v1/me/notices"
EVENTS = "SELECT o.event, d.consumer FROM outbox o LEFT JOIN delivery d ON d.event_id = o.id WHERE o.type = 'internships.notice.raised'"


async def news(caller: httpx.AsyncClient) -> list[str]:
    """The titles of what somebody was told, the newest first, but for their invitation."""
    return [row["title"] for row in ok(await caller.get(MINE))["items"] if row["topic"] != "membership_invited"]


@pytest.mark.parametrize("answer", [("accept", "acceptée", {}), ("decline", "refusée", {"reason": "full"})])
async def test_from_the_request_to_the_persons(
    client: Client, steering: httpx.AsyncClient, databases: Databases, answer: tuple[str, str, dict[str, Any]]
) -> None:
    await load_communes(databases)
    hospital = await an_organisation(steering, name="Hôpital Canari")
    institute = await an_organisation(steering, name="Institut Canari", roles=["institute"])
    site = await a_site(steering, hospital)
    host, elsewhere = await member(client, hospital, departments=["44"]), await member(client, hospital, departments=["85"])
    asking = await member(client, institute, roles=["institute"])
    await heard(databases)
    place = Place(UUID(hospital["id"]), UUID(site["id"]), UUID(institute["id"]), Department.loire_atlantique)
    unit = await made(steering, "units", unit_body(place))
    await set_capacity(steering, unit, 100)
    offer = ok(await move(steering, "offers", await made(steering, "offers", offer_body(unit)), "publish"))
    asked = {"offer_id": offer["id"], "institute_id": institute["id"], "profession": "ide", "learners": 1}
    request = await made(steering, "requests", asked)
    await heard(databases)
    assert (await news(host.client), await news(elsewhere.client), await news(asking.client)) == (
        ["Une demande de stage attend votre réponse"],
        [],
        [],
    )

    verb, title, body = answer
    ok(await move(steering, "requests", request, verb, **body))
    await heard(databases)

    assert await news(asking.client) == [f"Une demande de stage est {title}"]
    assert len(await news(host.client)) == 1
    async with databases.open("internships", "worker") as db:
        events = await (await db.connection()).fetch(EVENTS)
    assert [row["consumer"] for row in events] == ["access", "access"]
    assert [row["event"] for row in events if "Canari" in row["event"] or "@" in row["event"]] == []
    assert {orjson.loads(row["event"])["dataschema"] for row in events} == {"notice-state/1"}


async def test_a_request_that_is_refused_tells_nobody(steering: httpx.AsyncClient, databases: Databases) -> None:
    body = {"offer_id": "0199a1b2-c3d4-7e5f-8a9b-000000000001", "profession": "ide", "learners": 1}
    assert (await steering.post("/internships/v1/requests", json=body)).status_code == 422
    async with databases.open("internships", "worker") as db:
        assert await (await db.connection()).fetch(EVENTS) == []
