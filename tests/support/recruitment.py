"""Builders for recruitment: keywords for what a test is about, defaults for the rest."""

import asyncio
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert

from services.contracts.codes import Department, OrganisationRole, Role, Sector
from services.kernel.base import ids
from services.kernel.data.database import Databases
from services.recruitment_api.copies import ORGANISATIONS, SITES
from tests.conftest import Client
from tests.support.http import at, ok

HOME = "/recruitment/v1"
EURO = 100

_numbers = count(1)


def with_key(resource: dict[str, Any] | None = None) -> dict[str, str]:
    """The headers of a request that moves money or a post: a fresh key, and the version that the test holds."""
    return {"Idempotency-Key": ids.new().hex, **(at(resource) if resource else {})}


def scheme_body(**given: Any) -> dict[str, Any]:
    """The body of a new scheme."""
    return {"code": f"RU-{next(_numbers)}", "kind": "emergency_recruitment", "label": "Recrutements de l'été", **given}


async def a_scheme(steering: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    """A draft."""
    return ok(await steering.post(f"{HOME}/schemes", json=scheme_body(**given)))


async def an_active_scheme(steering: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    """A scheme that may be funded."""
    return await move(steering, "schemes", await a_scheme(steering, **given), "activate")


async def an_envelope(steering: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    """An open envelope of 100,000 euros, of a scheme of its own unless the test gives one."""
    scheme_id = given.pop("scheme_id", None) or (await an_active_scheme(steering))["id"]
    body = {"scheme_id": scheme_id, "fiscal_year": 2026, "funder": "ARS-PDL", "ceiling_cents": 100_000 * EURO, **given}
    return ok(await steering.post(f"{HOME}/envelopes", json=body, headers=with_key()))


async def a_funder(databases: Databases, code: str = "ARS-PDL", **given: Any) -> None:
    """An organisation that funds under a code, that the service has heard of."""
    row = {"id": ids.new(), "version": 1, "name": "ARS Pays de la Loire", "roles": [OrganisationRole.funder], "status": "active"}
    async with databases.open("recruitment") as db:
        await db.fetch(insert(ORGANISATIONS.table).values(**row, funder_code=code, **given))


def commitment_body(envelope: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The body of a new commitment of 3,500 euros."""
    return {"envelope_id": envelope["id"], "amount_cents": 3_500 * EURO, "reference": f"CAE-2026-{next(_numbers)}", **given}


async def a_commitment(steering: httpx.AsyncClient, envelope: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Money committed."""
    return ok(await steering.post(f"{HOME}/commitments", json=commitment_body(envelope, **given), headers=with_key()))


@dataclass(frozen=True)
class Employer:
    """An organisation that the service has heard of, its site, and its own client."""

    id: UUID
    site_id: UUID
    client: httpx.AsyncClient


async def an_employer(databases: Databases, client: Client, department: Department = Department.loire_atlantique) -> Employer:
    """An employer with one site."""
    organisation = await an_organisation(databases, ids.new())
    return Employer(organisation, await a_site(databases, organisation, department), client(Role.employer, organisation=organisation))


async def an_organisation(databases: Databases, organisation: UUID) -> UUID:
    """An employer that the service has heard of."""
    row = {"id": organisation, "version": 1, "name": "CH de Saint-Nazaire", "roles": [OrganisationRole.employer], "status": "active"}
    async with databases.open("recruitment", "worker") as db:
        await db.fetch(insert(ORGANISATIONS.table).values(**row))
    return organisation


async def a_site(databases: Databases, organisation_id: UUID, department: Department) -> UUID:
    """A hospital's site that the service has heard of."""
    site = ids.new()
    row = {
        "id": site,
        "version": 1,
        "organisation_id": organisation_id,
        "name": "Site Heinlex",
        "commune_code": "44184",
        "department": department,
        "sector": Sector.sanitary,
        "status": "active",
    }
    async with databases.open("recruitment", "worker") as db:
        await db.fetch(insert(SITES.table).values(**row))
    return site


def need_body(employer: Employer, **given: Any) -> dict[str, Any]:
    """The body of a new need of one nursing auxiliary."""
    return {
        "site_id": str(employer.site_id),
        "profession": "as",
        "headcount": 1,
        "legal_forms": ["cdi", "cdd"],
        "starts_on": "2030-01-07",
        "expires_on": "2029-12-31",
        **given,
    }


async def a_need(employer: Employer, **given: Any) -> dict[str, Any]:
    """A draft, like another or not."""
    return ok(await employer.client.post(f"{HOME}/needs?force=true", json=need_body(employer, **given)))


async def an_open_need(employer: Employer, **given: Any) -> dict[str, Any]:
    """A need that takes applications."""
    return await move(employer.client, "needs", await a_need(employer, **given), "publish")


async def an_application(by: httpx.AsyncClient, need: dict[str, Any], **given: Any) -> dict[str, Any]:
    """An application of a person of its own unless the test names one."""
    body = {"need_id": need["id"], "candidate_ref": f"C{next(_numbers):06}", **given}
    return ok(await by.post(f"{HOME}/applications", json=body))


async def accept(by: httpx.AsyncClient, application: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Accepts an application, and gives the assignment that this made."""
    await move(by, "applications", application, "accept", legal_form="cdi", **given)
    found: dict[str, Any] = ok(await by.get(f"{HOME}/assignments", params={"application_id": application["id"]}))["items"][0]
    return found


async def move(by: httpx.AsyncClient, nouns: str, resource: dict[str, Any], verb: str, **body: Any) -> dict[str, Any]:
    """Moves a resource, at the version that the test holds."""
    return ok(await by.post(f"{HOME}/{nouns}/{resource['id']}/{verb}", json=body or None, headers=with_key(resource)))


async def again(by: httpx.AsyncClient, nouns: str, resource: dict[str, Any]) -> dict[str, Any]:
    """A resource as it is now."""
    return ok(await by.get(f"{HOME}/{nouns}/{resource['id']}"))


async def event_types(databases: Databases, resource: dict[str, Any]) -> list[str]:
    """The events that a resource has emitted, in order; of a noun about a person, none bears its identifier."""
    pool = await databases.pool("recruitment", "worker")
    rows = await pool.fetch("SELECT type FROM outbox WHERE subject = $1 ORDER BY version", resource["id"])
    return [row["type"].removeprefix("recruitment.") for row in rows]


async def events_of(databases: Databases, kind: str) -> list[dict[str, Any]]:
    """The events of a kind, in the order of their writing."""
    pool = await databases.pool("recruitment", "worker")
    return [
        dict(row) for row in await pool.fetch("SELECT type, subject, event::json AS event FROM outbox WHERE kind = $1 ORDER BY id", kind)
    ]


async def entries_of(by: httpx.AsyncClient, envelope: dict[str, Any]) -> list[dict[str, Any]]:
    """The whole ledger of an envelope, the oldest entry first, page by page."""
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = ok(await by.get(f"{HOME}/envelopes/{envelope['id']}/entries", params={"limit": "100", **after}))
        found += page["items"]
        if page["next"] is None:
            return found[::-1]
        after = {"after": page["next"]}


def folded(entries: list[dict[str, Any]]) -> tuple[int, int]:
    """(committed, ceiling) in cents, from a ledger alone: its ranks have no gap, and each balance follows from the one before."""
    committed = balance = 0
    for rank, entry in enumerate(entries, 1):
        assert entry["seq"] == rank
        moved = entry["balance_after_cents"] - balance
        signed = {"commit": -entry["amount_cents"], "release": entry["amount_cents"]}.get(entry["kind"], moved)
        assert (moved, abs(moved)) == (signed, entry["amount_cents"])
        committed -= signed if entry["kind"] != "ceiling_change" else 0
        balance = entry["balance_after_cents"]
    return committed, committed + balance


async def at_once(requests: list[tuple[httpx.AsyncClient, str, dict[str, Any], dict[str, str]]]) -> list[httpx.Response]:
    """Posts (client, address, body, headers) together, 40 in flight; a busy service (503) is asked again under the same key."""
    in_flight = asyncio.Semaphore(40)

    async def post(by: httpx.AsyncClient, address: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        async with in_flight:
            while True:
                answer = await by.post(address, json=body, headers=headers)
                if answer.status_code != 503:
                    return answer
                await asyncio.sleep(0.1)

    return await asyncio.gather(*[post(*request) for request in requests])
