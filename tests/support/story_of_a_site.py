"""The story goes on: what comes back, an organisation called otherwise, and a site that closes and changes hands with all there."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import httpx

from services.kernel.base import clock
from tests.support.http import at, ok
from tests.support.story import FUNDER, Resource, Story, a_commune, action_of, again, day, eventually, make, verb, where

Rows = dict[str, Resource]
"""collection → the row of it that stands at the site."""


async def tell_of_a_site(client: httpx.AsyncClient, story: Story) -> None:
    """Tells it after `tell`. Needs the event path to run."""
    await _what_comes_back(client, story)
    old = story.made["organisation"][0]
    new = await make(client, "/access/v1/organisations", name=f"CH repreneur {uuid4().hex[:6]}", roles=["employer", "host"])
    commune = await a_commune(client)
    body = {"organisation_id": old["id"], "name": f"Site repris {uuid4().hex[:6]}", "commune_code": commune, "sector": "sanitary"}
    site = await make(client, "/access/v1/sites", **body)
    rows = await _internships(client, site) | await _recruitment(client, site)
    unit = await again(client, "/internships/v1/units", rows["/internships/v1/units"])
    unit = await verb(client, f"/internships/v1/units/{unit['id']}", unit, "suspend", reason="Travaux")
    await verb(client, f"/internships/v1/units/{unit['id']}", unit, "resume")
    await _called_otherwise(client, old, rows)
    site = await verb(client, where("sites", site), await again(client, "/access/v1/sites", site), "close", reason="Travaux")
    await _all(client, rows, is_concealed)
    site = await verb(client, where("sites", site), site, "reopen")
    await _all(client, rows, lambda row: not is_concealed(row))
    today = clock.today().isoformat()
    await verb(client, where("sites", site), site, "transfer", organisation_id=new["id"], on=today, reason="Reprise d'activité")
    await _all(client, rows, lambda row: row["organisation_id"] == new["id"])


def is_concealed(row: Resource) -> bool:
    """Whether a row is concealed now; a spell that ended on the day it began leaves no trace."""
    return any(spell["until"] is None for spell in row["concealed"])


async def _called_otherwise(client: httpx.AsyncClient, organisation: Resource, rows: Rows) -> None:
    """Everything that names it follows: what is told of its action, its placements and its assignments in `tell` as well."""
    organisation = await again(client, "/access/v1/organisations", organisation)
    name = f"CHU {uuid4().hex[:6]}"
    ok(await client.patch(where("organisations", organisation), json={"name": name}, headers=at(organisation)))
    await _all(client, rows, lambda row: row["organisation_name"] == name)


async def _what_comes_back(client: httpx.AsyncClient, story: Story) -> None:
    action = await make(client, "/actions/v1/actions", **action_of())
    path = f"/actions/v1/actions/{action['id']}"
    await verb(client, path, await verb(client, path, action, "submit"), "approve", decision_ref="COPIL-2022-10-19-6")
    milestone = await make(client, "/actions/v1/milestones", action_id=action["id"], title="Atteint par erreur", due=day(clock.today(), 30))
    path = f"/actions/v1/milestones/{milestone['id']}"
    await verb(client, path, await verb(client, path, milestone, "reach"), "reopen", reason="Saisi par erreur")
    money = {"scheme_id": story.made["scheme"][0]["id"], "fiscal_year": clock.today().year, "funder": FUNDER}
    envelope = await make(client, "/recruitment/v1/envelopes", **money, ceiling_cents=1_000_000, department="53")
    path = f"/recruitment/v1/envelopes/{envelope['id']}"
    await verb(client, path, await verb(client, path, envelope, "close", reason="Fin d'exercice"), "reopen", reason="Close par erreur")


async def _internships(client: httpx.AsyncClient, site: Resource) -> Rows:
    at_home = {"organisation_id": site["organisation_id"], "site_id": site["id"]}
    body = {**at_home, "code": f"U{uuid4().hex[:8]}", "name": "Chirurgie", "professions": ["ide"]}
    unit = await eventually(lambda: make(client, "/internships/v1/units", **body))
    monday = clock.today() + timedelta(days=28 - clock.today().weekday())
    weeks = {"from_week": monday.isoformat(), "to_week": (monday + timedelta(weeks=5)).isoformat(), "capacity_tenths": 100}
    ok(await client.put(f"/internships/v1/units/{unit['id']}/capacity", json=weeks))
    span = {"starts_on": monday.isoformat(), "ends_on": (monday + timedelta(weeks=5)).isoformat()}
    offer = await make(client, "/internships/v1/offers", unit_id=unit["id"], professions=["ide"], seats=3, **span)
    path = f"/internships/v1/offers/{offer['id']}"
    offer = await verb(client, path, offer, "publish")
    offer = await verb(client, path, offer, "resize", seats=4)
    offer = await verb(client, path, offer, "close")
    offer = await verb(client, path, offer, "reopen", reason="Close par erreur")
    asked = {"offer_id": offer["id"], "institute_id": site["organisation_id"], "profession": "ide", "learners": 1}
    request = await make(client, "/internships/v1/requests", **asked)
    return {"/internships/v1/units": unit, "/internships/v1/offers": offer, "/internships/v1/requests": request}


async def _recruitment(client: httpx.AsyncClient, site: Resource) -> Rows:
    at_home = {"organisation_id": site["organisation_id"], "site_id": site["id"]}
    dates = {"starts_on": day(clock.today(), 20), "expires_on": day(clock.today(), 15)}
    need = await eventually(
        lambda: make(client, "/recruitment/v1/needs", **at_home, profession="mk", headcount=3, legal_forms=["cdi"], **dates)
    )
    path = f"/recruitment/v1/needs/{need['id']}"
    await verb(client, path, need, "publish")
    hired = await make(client, "/recruitment/v1/applications", need_id=need["id"], candidate_ref=f"C7{uuid4().hex[:8].upper()}")
    await verb(client, f"/recruitment/v1/applications/{hired['id']}", hired, "accept", legal_form="cdi")
    need = await again(client, "/recruitment/v1/needs", need)
    need = ok(await client.patch(path, json={"urgency": "urgent"}, headers=at(need)))
    waiting = await make(client, "/recruitment/v1/applications", need_id=need["id"], candidate_ref=f"C7{uuid4().hex[:8].upper()}")
    return {"/recruitment/v1/needs": need, "/recruitment/v1/applications": waiting}


async def _all(client: httpx.AsyncClient, rows: Rows, condition: Callable[[Resource], bool]) -> None:
    """Waits until a condition holds for each row."""

    async def look() -> Resource:
        for collection, row in rows.items():
            now = await again(client, collection, row)
            assert condition(now), (collection, now["concealed"], now["organisation_id"])
        return {}

    await eventually(look)
