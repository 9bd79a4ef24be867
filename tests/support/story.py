"""A story that makes every kind of event happen, told over HTTP alone: the system tests and the fuzzer's seed begin with it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx

from services.kernel.base import clock
from tests.support.database import STUCK
from tests.support.http import at, ok

Resource = dict[str, Any]

FUNDER = "ARS-PDL"
"""The code that the envelopes of stories name."""


@dataclass
class Story:
    """The resources that the story has made, by kind; each as last seen."""

    made: dict[str, list[Resource]] = field(default_factory=dict)

    def add(self, kind: str, resource: Resource) -> Resource:
        """Keeps a resource."""
        self.made.setdefault(kind, []).append(resource)
        return resource


async def tell(client: httpx.AsyncClient) -> Story:
    """Tells the whole story with a caller who may do everything. Needs the event path to run: copies must arrive."""
    story = Story()
    site = await access(client, story)
    await actions(client, story, site)
    await internships(client, story, site)
    await recruitment(client, story, site)
    return story


async def access(client: httpx.AsyncClient, story: Story) -> Resource:
    """A hospital with two sites; one of them closes, opens and changes; another organisation closes, opens, is suspended and resumed."""
    hospital = await make(
        client, "/access/v1/organisations", name=f"CH de la tournée {uuid4().hex[:6]}", roles=["employer", "host", "institute"]
    )
    hospital = story.add(
        "organisation", ok(await client.patch(where("organisations", hospital), json={"department": "44"}, headers=at(hospital)))
    )
    other = await make(client, "/access/v1/organisations", name=f"Clinique fermée {uuid4().hex[:6]}", roles=["employer"])
    other = await verb(client, where("organisations", other), other, "close", reason="Fusion")
    other = await verb(client, where("organisations", other), other, "reopen")
    other = await verb(client, where("organisations", other), other, "suspend", reason="Contrôle")
    story.add("organisation", await verb(client, where("organisations", other), other, "resume"))
    commune = await a_commune(client)
    site = await make(
        client, "/access/v1/sites", organisation_id=hospital["id"], name=f"Site {uuid4().hex[:6]}", commune_code=commune, sector="sanitary"
    )
    site = story.add("site", ok(await client.patch(where("sites", site), json={"name": "Site rénové"}, headers=at(site))))
    annex = await make(client, "/access/v1/sites", organisation_id=hospital["id"], name=f"Annexe {uuid4().hex[:6]}", commune_code=commune)
    annex = await verb(client, where("sites", annex), annex, "close", reason="Travaux")
    story.add("site", await verb(client, where("sites", annex), annex, "reopen"))
    await people(client, story, hospital)
    return site


async def people(client: httpx.AsyncClient, story: Story, hospital: Resource) -> None:
    """Somebody who is suspended, resumed, held and released; an invitation that is changed, one that comes to an end."""
    person = await make(client, "/access/v1/persons", given_name="Claire", email=f"claire-{uuid4().hex[:8]}@example.org")
    path = where("persons", person)
    person = await verb(client, path, await verb(client, path, person, "suspend", reason="Adresse compromise"), "resume")
    held = await verb(client, path, person, "hold", until=day(clock.today(), 300), reason="Réclamation")
    story.add("person", await verb(client, path, held, "release"))
    invited = [await invite(client, hospital) for _ in range(2)]
    changed = await client.patch(where("memberships", invited[0]), json={"departments": ["44"]}, headers=at(invited[0]))
    story.add("membership", ok(changed))
    story.add("membership", await verb(client, where("memberships", invited[1]), invited[1], "end", reason="Par erreur"))


async def invite(client: httpx.AsyncClient, organisation: Resource, **given: Any) -> Resource:
    """Somebody new is invited to act for an organisation."""
    address = f"personne-{uuid4().hex[:8]}@example.org"
    body = {"organisation_id": organisation["id"], "address": address, "roles": ["reader"], **given}
    return await make(client, "/access/v1/memberships", **body)


async def a_commune(client: httpx.AsyncClient) -> str:
    """A commune of the region."""
    found = ok(await client.get("/access/v1/communes", params={"department": "44", "limit": "1"}))["items"]
    code: str = found[0]["code"]
    return code


async def a_funder(client: httpx.AsyncClient) -> str:
    """The code of the agency, which funds: made once. Recruitment hears of it after a while."""
    if not ok(await client.get("/access/v1/organisations", params={"funder_code": FUNDER}))["items"]:
        said = {"roles": ["steering", "funder"], "contributor": "ars", "funder_code": FUNDER}
        await make(client, "/access/v1/organisations", name="ARS Pays de la Loire", **said)
    return FUNDER


async def actions(client: httpx.AsyncClient, story: Story, site: Resource) -> None:
    """One action through its whole life, one abandoned, one sent back; milestones reached, moved, cancelled."""
    lead = site["organisation_id"]
    action = await eventually(lambda: make(client, "/actions/v1/actions", **action_of(lead_organisation_id=lead)))
    path = f"/actions/v1/actions/{action['id']}"
    action = ok(await client.patch(path, json={"sectors": ["sanitary", "medico_social", "social"]}, headers=at(action)))
    action = await verb(client, path, action, "submit")
    action = await verb(client, path, action, "send-back", reason="À préciser")
    action = await verb(client, path, action, "submit")
    action = await verb(client, path, action, "approve", decision_ref="COPIL-2022-10-19-3")
    today = clock.today()
    kept = await make(client, "/actions/v1/milestones", action_id=action["id"], title="Charte signée", due=day(today, 30))
    late = await make(client, "/actions/v1/milestones", action_id=action["id"], title="Annuaire des tuteurs", due=day(today, -10))
    dropped = await make(client, "/actions/v1/milestones", action_id=action["id"], title="Doublon", due=day(today, 60))
    action = await verb(client, path, action, "start")
    action = await verb(client, path, action, "suspend", reason="Arbitrage")
    action = await verb(client, path, action, "resume")
    kept = await again(client, "/actions/v1/milestones", kept)
    kept = ok(await client.patch(f"/actions/v1/milestones/{kept['id']}", json={"weight": 3}, headers=at(kept)))
    kept = await verb(client, f"/actions/v1/milestones/{kept['id']}", kept, "reschedule", due=day(today, 45), reason="partner")
    story.add("milestone", await verb(client, f"/actions/v1/milestones/{kept['id']}", kept, "reach"))
    dropped = await again(client, "/actions/v1/milestones", dropped)
    story.add("milestone", await verb(client, f"/actions/v1/milestones/{dropped['id']}", dropped, "cancel", reason="Doublon"))
    late = await again(client, "/actions/v1/milestones", late)
    story.add("milestone", await verb(client, f"/actions/v1/milestones/{late['id']}", late, "reach"))
    action = await verb(client, path, action, "complete")
    action = await verb(client, path, action, "reopen", reason="Suite")
    action = await verb(client, path, action, "complete")
    story.add("action", await verb(client, path, action, "evaluate"))
    abandoned = await make(client, "/actions/v1/actions", **action_of(axis="A7"))
    path = f"/actions/v1/actions/{abandoned['id']}"
    abandoned = await verb(client, path, abandoned, "submit")
    abandoned = await verb(client, path, abandoned, "approve", decision_ref="COPIL-2022-10-19-4")
    story.add("action", await verb(client, path, abandoned, "abandon", decision_ref="COPIL-2023-01-10-1"))
    waiting = await make(client, "/actions/v1/actions", **action_of(flagship=True, lead_organisation_id=lead))
    path = f"/actions/v1/actions/{waiting['id']}"
    waiting = await verb(client, path, await verb(client, path, waiting, "submit"), "approve", decision_ref="COPIL-2022-10-19-5")
    overdue = await make(client, "/actions/v1/milestones", action_id=waiting["id"], title="En retard", due=day(today, -3))
    story.add("milestone", overdue)
    story.add("action", await verb(client, path, waiting, "start"))


async def internships(client: httpx.AsyncClient, story: Story, site: Resource) -> None:
    """A unit with capacity, offers; requests accepted, declined, withdrawn, ended with their offer; a placement cancelled."""
    organisation = site["organisation_id"]
    body = {
        "organisation_id": organisation,
        "site_id": site["id"],
        "code": f"U{uuid4().hex[:8]}",
        "name": "Médecine A",
        "professions": ["ide", "as"],
    }
    unit = await eventually(lambda: make(client, "/internships/v1/units", **body))
    path = f"/internships/v1/units/{unit['id']}"
    unit = ok(await client.patch(path, json={"name": "Médecine polyvalente"}, headers=at(unit)))
    unit = await verb(client, path, unit, "suspend", reason="Travaux")
    story.add("unit", await verb(client, path, unit, "resume"))
    monday = clock.today() + timedelta(days=28 - clock.today().weekday())
    end = monday + timedelta(weeks=5)
    ok(await client.put(f"{path}/capacity", json={"from_week": monday.isoformat(), "to_week": end.isoformat(), "capacity_tenths": 100}))
    offers = []
    for seats in (6, 2, 1):
        body = {"unit_id": unit["id"], "professions": ["ide"], "starts_on": monday.isoformat(), "ends_on": end.isoformat(), "seats": seats}
        offers.append(await make(client, "/internships/v1/offers?force=true", **body))
    at_offer = [f"/internships/v1/offers/{offer['id']}" for offer in offers]
    offers[0] = ok(await client.patch(at_offer[0], json={"description": "Encadrement renforcé"}, headers=at(offers[0])))
    offers = [await verb(client, where_is, offer, "publish") for where_is, offer in zip(at_offer, offers, strict=True)]
    story.add("offer", await verb(client, at_offer[2], offers[2], "cancel", reason="Erreur de saisie"))
    ask = {"offer_id": offers[0]["id"], "institute_id": organisation, "profession": "ide", "learners": 2}
    for answer, extra in (("accept", {}), ("decline", {"reason": "full"}), ("withdraw", {})):
        request = await make(client, "/internships/v1/requests?force=true", **ask)
        story.add("request", await verb(client, f"/internships/v1/requests/{request['id']}", request, answer, **extra))
    placements = ok(await client.get("/internships/v1/placements", params={"offer_id": offers[0]["id"]}))["items"]
    first = ok(
        await client.patch(
            f"/internships/v1/placements/{placements[0]['id']}", json={"learner_ref": "IDE27-0042"}, headers=at(placements[0])
        )
    )
    story.add("placement", await verb(client, f"/internships/v1/placements/{first['id']}", first, "cancel", reason="learner_withdrew"))
    story.add("placement", placements[1])
    waiting = await make(client, "/internships/v1/requests", **{**ask, "offer_id": offers[1]["id"]})
    story.add("offer", await verb(client, at_offer[1], offers[1], "close"))
    story.add("request", await again(client, "/internships/v1/requests", waiting))
    story.add("offer", await again(client, "/internships/v1/offers", offers[0]))


async def recruitment(client: httpx.AsyncClient, story: Story, site: Resource) -> None:
    """A scheme with money committed and released; needs published, prolonged, filled and cancelled."""
    scheme = await make(client, "/recruitment/v1/schemes", code=f"S-{uuid4().hex[:8]}", kind="study_allowance", label="Allocation d'études")
    path = f"/recruitment/v1/schemes/{scheme['id']}"
    scheme = ok(await client.patch(path, json={"legal_basis": "Dispositif non réglementé"}, headers=at(scheme)))
    scheme = story.add("scheme", await verb(client, path, scheme, "activate"))
    retired = await make(client, "/recruitment/v1/schemes", code=f"S-{uuid4().hex[:8]}", kind="apprenticeship", label="Ancien dispositif")
    retired = await verb(client, f"/recruitment/v1/schemes/{retired['id']}", retired, "activate")
    story.add("scheme", await verb(client, f"/recruitment/v1/schemes/{retired['id']}", retired, "retire"))
    money = {"scheme_id": scheme["id"], "fiscal_year": clock.today().year, "funder": await a_funder(client), "ceiling_cents": 10_000_000}
    envelope = await eventually(lambda: make(client, "/recruitment/v1/envelopes", **money))
    path = f"/recruitment/v1/envelopes/{envelope['id']}"
    envelope = await verb(client, path, envelope, "freeze", reason="Contrôle")
    envelope = await verb(client, path, envelope, "unfreeze")
    envelope = await verb(client, path, envelope, "ceiling", ceiling_cents=11_000_000, reason="Complément")
    commitments = [
        await make(client, "/recruitment/v1/commitments", envelope_id=envelope["id"], amount_cents=350_000, reference=f"CAE-{number}")
        for number in (1, 2)
    ]
    story.add("commitment", commitments[0])
    released = await verb(client, f"/recruitment/v1/commitments/{commitments[1]['id']}", commitments[1], "release", reason="Désistement")
    story.add("commitment", released)
    story.add("scheme_envelope", await again(client, "/recruitment/v1/envelopes", envelope))
    closed = await make(client, "/recruitment/v1/envelopes", **money, department="85")
    story.add("scheme_envelope", await verb(client, f"/recruitment/v1/envelopes/{closed['id']}", closed, "close", reason="Fin d'exercice"))
    await needs(client, story, site)


async def needs(client: httpx.AsyncClient, story: Story, site: Resource) -> None:
    """Needs: one filled and reopened by a cancelled assignment, one prolonged, one cancelled with the application that waits for it."""
    today = clock.today()
    body = {
        "organisation_id": site["organisation_id"],
        "site_id": site["id"],
        "profession": "as",
        "headcount": 2,
        "legal_forms": ["cdd"],
        "starts_on": day(today, 20),
        "expires_on": day(today, 15),
    }
    need = await eventually(lambda: make(client, "/recruitment/v1/needs", **body))
    path = f"/recruitment/v1/needs/{need['id']}"
    need = ok(await client.patch(path, json={"urgency": "urgent"}, headers=at(need)))
    need = await verb(client, path, need, "publish")
    for answer, extra in (
        ("accept", {"legal_form": "cdd"}),
        ("accept", {"legal_form": "cdd"}),
        ("decline", {"reason": "no_position"}),
        ("withdraw", {}),
    ):
        if answer == "decline":
            assignment = ok(await client.get("/recruitment/v1/assignments"))["items"][0]
            story.add(
                "assignment",
                await verb(client, f"/recruitment/v1/assignments/{assignment['id']}", assignment, "cancel", reason="candidate_withdrew"),
            )
        application = await make(client, "/recruitment/v1/applications", need_id=need["id"], candidate_ref=f"C7{uuid4().hex[:8].upper()}")
        story.add("application", await verb(client, f"/recruitment/v1/applications/{application['id']}", application, answer, **extra))
    story.add("need", await again(client, "/recruitment/v1/needs", need))
    cancelled = await make(client, "/recruitment/v1/needs?force=true", **body)
    path = f"/recruitment/v1/needs/{cancelled['id']}"
    cancelled = await verb(client, path, cancelled, "publish")
    waiting = await make(client, "/recruitment/v1/applications", need_id=cancelled["id"], candidate_ref=f"C7{uuid4().hex[:8].upper()}")
    story.add("need", await verb(client, path, cancelled, "cancel", reason="Poste supprimé"))
    story.add("application", await again(client, "/recruitment/v1/applications", waiting))


def action_of(**given: Any) -> Resource:
    """The body of an action of the story."""
    return {
        "ref": f"R-{uuid4().hex[:10]}",
        "title": "Valoriser les tuteurs",
        "axis": "A4",
        "objectives": ["O2", "O3"],
        "cohort": "2023-2024",
        "ends_on": day(clock.today(), 2_000),  # beyond the plan's years, whenever the story is told
        **given,
    }


def day(today: date, days: int) -> str:
    """A day so many days from today."""
    return (today + timedelta(days=days)).isoformat()


def where(collection: str, resource: Resource) -> str:
    """The address of a resource of access_api."""
    return f"/access/v1/{collection}/{resource['id']}"


async def make(client: httpx.AsyncClient, collection: str, **body: Any) -> Resource:
    """Posts a new resource."""
    return ok(await client.post(collection, json=body, headers={"Idempotency-Key": uuid4().hex}))


async def again(client: httpx.AsyncClient, collection: str, resource: Resource) -> Resource:
    """Reads a resource as it is now."""
    return ok(await client.get(f"{collection}/{resource['id']}"))


async def verb(client: httpx.AsyncClient, path: str, resource: Resource, name: str, **body: Any) -> Resource:
    """Moves a resource."""
    headers = {**at(resource), "Idempotency-Key": uuid4().hex}
    return ok(await client.post(f"{path}/{name}", json=body, headers=headers))


async def eventually(attempt: Callable[[], Awaitable[Resource]]) -> Resource:
    """Tries again while a read-only copy has not arrived yet."""
    loop = asyncio.get_running_loop()
    until = loop.time() + STUCK
    while True:
        try:
            return await attempt()
        except AssertionError:
            if loop.time() > until:
                raise
            await asyncio.sleep(0.05)
