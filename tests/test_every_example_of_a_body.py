"""Every example of a body is sent, in the order in which a partner would send them, and accepted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import time_machine

from services.contracts.codes import STAFF
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import load_communes
from tests.support.api import Operation, operations
from tests.support.http import at, ok
from tests.support.told import heard

Json = dict[str, Any]
OPERATIONS = {operation.id: operation for operation in operations()}
WITH_BODY = {name for name, operation in OPERATIONS.items() if operation.body is not None}
THE_DAY_OF_THE_EXAMPLES = datetime(2026, 9, 30, 10, tzinfo=UTC)
INSTITUTE = {"name": "IFSI de Saint-Nazaire", "roles": ["institute"]}
FUNDER = {"name": "ARS Pays de la Loire", "roles": ["funder"], "funder_code": "ARS-PDL"}
HEIR = {"name": "Centre hospitalier de l'Estuaire", "roles": ["employer", "host"]}


@pytest.fixture(autouse=True)
def begins() -> Iterator[None]:
    """The day on which the examples were said."""
    with time_machine.travel(THE_DAY_OF_THE_EXAMPLES):
        yield


class Partner:
    """Sends examples. An id that one of them cites becomes the id that the API gave in its place."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.ids: dict[str, str] = {}
        self.sent: set[str] = set()

    async def send(self, name: str, row: Json | None = None, **query: str) -> Json:
        """Sends the example of an operation, on a row where it has one; its answer, which has to be a success."""
        operation = OPERATIONS[name]
        headers = {"Idempotency-Key": uuid4().hex} | (at(row) if row and "version" in row else {})
        path = operation.path
        for parameter in operation.parameters("path"):
            path = path.replace(f"{{{parameter['name']}}}", (row or {})["id"])
        body = self._body(operation)
        answer = ok(await self.client.request(operation.method, path, params=query, headers=self._declared(operation, headers), json=body))
        self.sent.add(name)
        return answer

    async def create(self, name: str) -> Json:
        """The same for what creates: later examples cite what it answers by the id that its own example has."""
        made = await self.send(name)
        self.ids[OPERATIONS[name].spec["responses"]["201"]["content"]["application/json"]["example"]["id"]] = made["id"]
        return made

    def _body(self, operation: Operation) -> Any:
        if operation.body is None:
            return None
        text = json.dumps(operation.spec["requestBody"]["content"]["application/json"]["example"])
        for shown, real in self.ids.items():
            text = text.replace(shown, real)
        return json.loads(text)

    def _declared(self, operation: Operation, headers: dict[str, str]) -> dict[str, str]:
        names = {parameter["name"] for parameter in operation.parameters("header")}
        return {name: value for name, value in headers.items() if name in names}


async def test_every_example_of_a_body_is_accepted(client: Client, databases: Databases) -> None:
    partner = Partner(client(*STAFF))
    await load_communes(databases)

    organisation, site = await access(partner)
    await people(partner, client)
    organisation = ok(await partner.client.get(f"/access/v1/organisations/{organisation['id']}"))  # somebody acted for it
    await heard(databases)
    await actions(partner, organisation)
    await internships(partner)
    await recruitment(partner)
    await the_end_of(partner, organisation, site)

    assert sorted(WITH_BODY - partner.sent) == []


async def access(partner: Partner) -> tuple[Json, Json]:
    """A hospital and its site; an institute, who funds, and whoever will take the site over."""
    organisation = await partner.create("createOrganisation")
    organisation = await partner.send("changeOrganisation", organisation)
    site = await partner.create("createSite")
    site = await partner.send("changeSite", site)
    institute = ok(await partner.client.post("/access/v1/organisations", json=INSTITUTE))
    ok(await partner.client.post("/access/v1/organisations", json=FUNDER))
    heir = ok(await partner.client.post("/access/v1/organisations", json=HEIR))
    submitted = OPERATIONS["submitRequest"].spec["requestBody"]["content"]["application/json"]["example"]
    transferred = OPERATIONS["transferSite"].spec["requestBody"]["content"]["application/json"]["example"]
    partner.ids |= {submitted["institute_id"]: institute["id"], transferred["organisation_id"]: heir["id"]}
    return organisation, site


async def people(partner: Partner, client: Client) -> None:
    """Somebody made known, who asks twice to act for a hospital; somebody who is invited."""
    steering, person = partner.client, await partner.create("createPerson")
    partner.client = client(*STAFF, person=UUID(person["id"]))
    person = await partner.send("changeMe", person)
    await partner.send("changeMyPreferences", person)
    person = ok(await partner.client.get("/access/v1/me"))
    await partner.send("declineMembership", await partner.send("requestMembership"))
    asked = await partner.send("requestMembership")
    approved = await partner.client.post(f"/access/v1/memberships/{asked['id']}/approve", headers=at(asked))
    await partner.send("endMembership", await partner.send("suspendMembership", ok(approved)))
    partner.client = steering
    await partner.send("changeMembership", await partner.send("inviteMember"))
    partner.client = client(*STAFF, organisation=UUID(asked["organisation_id"]), manager=True)
    made = await partner.send("createMyCredential")
    replacing = await partner.send("rotateMyCredential", made)
    await partner.send("revokeMyCredential", await partner.send("createMyCredential"))
    partner.client = steering
    await partner.send("revokeCredential", replacing)
    await partner.send("suspendPerson", await partner.send("holdPerson", person))


async def actions(partner: Partner, lead: Json) -> None:
    """An action and its milestones, as far as they go."""
    action = await partner.create("createAction")
    action = await partner.send("changeAction", action)
    path = f"/actions/v1/actions/{action['id']}"
    action = ok(await partner.client.patch(path, json={"lead_organisation_id": lead["id"]}, headers=at(action)))
    milestone = await partner.create("createMilestone")
    milestone = await partner.send("changeMilestone", milestone)
    milestone = await partner.send("rescheduleMilestone", milestone)
    action = await partner.send("submitAction", action)
    action = await partner.send("sendBackAction", action)
    action = await partner.send("submitAction", action)
    action = await partner.send("approveAction", action)
    action = await partner.send("startAction", action)
    milestone = await partner.send("reachMilestone", ok(await partner.client.get(f"/actions/v1/milestones/{milestone['id']}")))
    milestone = await partner.send("reopenMilestone", milestone)
    await partner.send("cancelMilestone", milestone)
    action = await partner.send("suspendAction", ok(await partner.client.get(path)))
    action = await partner.send("resumeAction", action)
    action = await partner.send("completeAction", action)
    action = await partner.send("reopenAction", action)
    await partner.send("abandonAction", action)


async def internships(partner: Partner) -> None:
    """A unit, its capacity, an offer, a request that is declined, another that becomes a placement."""
    unit = await partner.create("createUnit")
    unit = await partner.send("changeUnit", unit)
    await partner.send("setCapacity", {"id": unit["id"]})
    offer = await partner.create("createOffer")
    offer = await partner.send("changeOffer", offer)
    offer = await partner.send("publishOffer", offer)
    await partner.send("resizeOffer", offer)
    request = await partner.create("submitRequest")
    await partner.send("declineRequest", request)
    request = await partner.send("submitRequest", force="true")
    await partner.send("acceptRequest", request)
    placements = ok(await partner.client.get("/internships/v1/placements"))["items"]
    placement = await partner.send("changePlacement", placements[0])
    await partner.send("cancelPlacement", placement)
    await partner.send("cancelPlacement", placements[1])
    path = f"/internships/v1/offers/{offer['id']}"
    offer = await partner.send("closeOffer", ok(await partner.client.get(path)))
    offer = await partner.send("reopenOffer", offer)
    await partner.send("cancelOffer", offer)
    await partner.send("suspendUnit", unit)


async def recruitment(partner: Partner) -> None:
    """A scheme and its money; a need, an application that is accepted and one that is not."""
    scheme = await partner.create("createScheme")
    scheme = await partner.send("changeScheme", scheme)
    await partner.send("activateScheme", scheme)
    envelope = await partner.create("createEnvelope")
    envelope = await partner.send("changeEnvelopeCeiling", envelope)
    commitment = await partner.create("createCommitment")
    await partner.send("releaseCommitment", commitment)
    envelope = await partner.send("freezeEnvelope", ok(await partner.client.get(f"/recruitment/v1/envelopes/{envelope['id']}")))
    envelope = await partner.send("unfreezeEnvelope", envelope)
    envelope = await partner.send("closeEnvelope", envelope)
    await partner.send("reopenEnvelope", envelope)
    need = await partner.create("createNeed")
    need = await partner.send("changeNeed", need)
    need = await partner.send("publishNeed", need)
    application = await partner.create("submitApplication")
    await partner.send("acceptApplication", application)
    [assignment] = ok(await partner.client.get("/recruitment/v1/assignments"))["items"]
    await partner.send("cancelAssignment", assignment)
    await partner.send("declineApplication", await partner.send("submitApplication"))
    need = await partner.send("prolongNeed", ok(await partner.client.get(f"/recruitment/v1/needs/{need['id']}")))
    await partner.send("cancelNeed", need)


async def the_end_of(partner: Partner, organisation: Json, site: Json) -> None:
    """The site is taken over, then closes; so does the hospital, once it is suspended."""
    site = await partner.send("transferSite", site)
    await partner.send("closeSite", site)
    organisation = await partner.send("suspendOrganisation", organisation)
    await partner.send("closeOrganisation", organisation)
