"""A unit, an offer, two requests, a placement, a need and an application at one site, through the services."""

from typing import Any
from uuid import uuid4

import httpx

from services.kernel.data.database import Databases
from tests.support.access import a_site, an_organisation, load_communes
from tests.support.delivering import deliver
from tests.support.http import at, ok

Json = dict[str, Any]

OPEN_THINGS = ("I27", "I28", "I29", "R01", "R06", "R11")


async def post(client: httpx.AsyncClient, path: str, row: Json | None = None, /, **body: Any) -> Json:
    headers = {"Idempotency-Key": uuid4().hex} | (at(row) if row else {})
    return ok(await client.post(path, json=body or None, headers=headers))


async def heard(databases: Databases) -> None:
    while await deliver(databases):
        pass


class Told:
    """A unit, an offer, two requests, a placement, a need and an application at one site; before and after."""

    def __init__(self, client: httpx.AsyncClient, databases: Databases) -> None:
        self.client, self.databases = client, databases
        self.paths: dict[str, str] = {}

    async def begin(self) -> tuple[Json, Json, Json]:
        """The site, the organisation that has it and the one that will."""
        await load_communes(self.databases)
        old = await an_organisation(self.client, name="CH A", roles=["employer", "host"])
        new = await an_organisation(self.client, name="CH B", roles=["employer", "host"])
        institute = await an_organisation(self.client, name="IFSI", roles=["institute"])
        site = await a_site(self.client, old, name="Site", sector="sanitary")
        await heard(self.databases)
        await self._internships(old, site, institute)
        await self._recruitment(old, site)
        await heard(self.databases)
        return site, old, new

    async def _internships(self, old: Json, site: Json, institute: Json) -> None:
        at_home: Json = {"organisation_id": old["id"], "site_id": site["id"]}
        api = "/internships/v1"
        unit = await post(self.client, f"{api}/units", **at_home, code="U1", name="Médecine", professions=["ide"])
        weeks = {"from_week": "2027-01-04", "to_week": "2027-12-27", "capacity_tenths": 100}
        ok(await self.client.put(f"{api}/units/{unit['id']}/capacity", json=weeks))
        period = {"starts_on": "2027-02-01", "ends_on": "2027-03-08"}
        offer = await post(self.client, f"{api}/offers", unit_id=unit["id"], professions=["ide"], seats=4, **period)
        offer = await post(self.client, f"{api}/offers/{offer['id']}/publish", offer)
        asked: Json = {"offer_id": offer["id"], "profession": "ide", "institute_id": institute["id"]}
        accepted = await post(self.client, f"{api}/requests", **asked, learners=1)
        await post(self.client, f"{api}/requests/{accepted['id']}/accept", accepted)
        waiting = await post(self.client, f"{api}/requests?force=true", **asked, learners=2)
        [placement] = ok(await self.client.get(f"{api}/placements"))["items"]
        rows = {"unit": unit, "offer": offer, "request, accepted": accepted, "request, pending": waiting, "placement": placement}
        nouns = {"unit": "units", "offer": "offers", "placement": "placements"}
        self.paths |= {name: f"{api}/{nouns.get(name, 'requests')}/{row['id']}" for name, row in rows.items()}

    async def _recruitment(self, old: Json, site: Json) -> None:
        api = "/recruitment/v1"
        dates: Json = {"starts_on": "2027-01-04", "expires_on": "2026-12-31"}
        at_home: Json = {"organisation_id": old["id"], "site_id": site["id"]}
        need = await post(self.client, f"{api}/needs", **at_home, profession="as", headcount=3, legal_forms=["cdi"], **dates)
        await post(self.client, f"{api}/needs/{need['id']}/publish", need)
        hired = await post(self.client, f"{api}/applications", need_id=need["id"], candidate_ref="C00001")
        await post(self.client, f"{api}/applications/{hired['id']}/accept", hired, legal_form="cdi")
        waiting = await post(self.client, f"{api}/applications", need_id=need["id"], candidate_ref="C00002")
        [assignment] = ok(await self.client.get(f"{api}/assignments"))["items"]
        rows = {"needs": need, "applications": waiting, "assignments": assignment}
        self.paths |= {name.removesuffix("s"): f"{api}/{name}/{row['id']}" for name, row in rows.items()}

    async def now(self) -> dict[str, Json]:
        """Every row as it is now."""
        return {name: ok(await self.client.get(path)) for name, path in self.paths.items()}
