"""Builders for internships: keywords for what a test is about, defaults for the rest."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import insert
from sqlmodel import select

from services.contracts.access import OrganisationStatus, SiteStatus
from services.contracts.codes import Department, OrganisationRole
from services.contracts.internships import OfferStatus, PlacementStatus
from services.internships_api.capacity.tables import CapacityWeek
from services.internships_api.copies import ORGANISATIONS, SITES
from services.internships_api.offers.schemas import OfferRead
from services.internships_api.offers.tables import Offer
from services.internships_api.placements.tables import Placement
from services.internships_api.weeks import SEAT, weeks
from services.kernel.base import ids
from services.kernel.data.database import Databases
from tests.support.http import at, ok

API = "/internships/v1"
FIRST, LAST = date(2027, 2, 1), date(2027, 3, 8)
"""Five weeks, Monday to Monday, far enough ahead for offers to be open."""

TRIES = 100

Json = dict[str, Any]

_numbers = count(1)


@dataclass(frozen=True)
class Place:
    """A host with one site, and an institute, as the service has heard of them."""

    host: UUID = field(default_factory=ids.new)
    site: UUID = field(default_factory=ids.new)
    institute: UUID = field(default_factory=ids.new)
    department: Department = Department.loire_atlantique


async def an_organisation(databases: Databases, *roles: OrganisationRole, **given: Any) -> UUID:
    """An organisation that the service has heard of."""
    values: Json = {"id": ids.new(), "version": 1, "name": "CH de Saint-Nazaire", "roles": list(roles), "status": OrganisationStatus.active}
    async with databases.open("internships", "worker") as db:
        await db.fetch(insert(ORGANISATIONS.table).values(**values | given))
    identifier: UUID = (values | given)["id"]
    return identifier


async def a_site(databases: Databases, organisation_id: UUID, **given: Any) -> UUID:
    """A site of an organisation, that the service has heard of."""
    values: Json = {
        "id": ids.new(),
        "version": 1,
        "organisation_id": organisation_id,
        "name": "Cité sanitaire",
        "department": Department.loire_atlantique,
        "status": SiteStatus.active,
    }
    async with databases.open("internships", "worker") as db:
        await db.fetch(insert(SITES.table).values(**values | given))
    identifier: UUID = (values | given)["id"]
    return identifier


async def a_place(databases: Databases, department: Department = Department.loire_atlantique) -> Place:
    """A host with one site, and an institute."""
    place = Place(department=department)
    await an_organisation(databases, OrganisationRole.employer, OrganisationRole.host, id=place.host)
    await an_organisation(databases, OrganisationRole.institute, id=place.institute, name="IFSI de Nantes")
    await a_site(databases, place.host, id=place.site, department=department)
    return place


async def an_institute(databases: Databases) -> UUID:
    """Another institute."""
    return await an_organisation(databases, OrganisationRole.institute)


def unit_body(place: Place, **given: Any) -> Json:
    """The body of a new unit."""
    ours = {"organisation_id": str(place.host), "site_id": str(place.site), "code": f"U{next(_numbers)}", "name": "Médecine polyvalente"}
    return {**ours, "professions": ["ide", "as"], **given}


def offer_body(unit: Json, **given: Any) -> Json:
    """The body of a new offer: two seats over the five weeks."""
    period = {"starts_on": FIRST.isoformat(), "ends_on": LAST.isoformat()}
    return {"unit_id": unit["id"], "professions": ["ide"], "seats": 2, **period, **given}


async def made(client: httpx.AsyncClient, collection: str, body: Json) -> Json:
    """What a POST to a collection made."""
    return ok(await client.post(f"{API}/{collection}", json=body))


async def a_unit(client: httpx.AsyncClient, place: Place, *, capacity: int = 100, **given: Any) -> Json:
    """A unit with the same capacity, in tenths, in each week of 2027 (none: no week set)."""
    unit = await made(client, "units", unit_body(place, **given))
    if capacity:
        ok(await set_capacity(client, unit, capacity))
    return unit


async def set_capacity(
    client: httpx.AsyncClient, unit: Json, capacity: int, from_week: str = "2027-01-04", to_week: str = "2027-12-27"
) -> httpx.Response:
    """Sets the capacity of a unit on a period, in tenths."""
    body = {"from_week": from_week, "to_week": to_week, "capacity_tenths": capacity}
    return await client.put(f"{API}/units/{unit['id']}/capacity", json=body)


async def counters(client: httpx.AsyncClient, unit: Json, start: date = FIRST, end: date = LAST) -> list[tuple[int, int, int]]:
    """(capacity, offered, taken) of each week of a period, in tenths."""
    answer = await client.get(f"{API}/units/{unit['id']}/capacity", params={"from": start.isoformat(), "to": end.isoformat()})
    return [(week["capacity_tenths"], week["offered_tenths"], week["taken_tenths"]) for week in ok(answer)["items"]]


async def an_offer(client: httpx.AsyncClient, unit: Json, *, published: bool = True, **given: Any) -> Json:
    """An offer of a unit, like another or not."""
    offer = await made(client, "offers?force=true", offer_body(unit, **given))
    return ok(await move(client, "offers", offer, "publish")) if published else offer


async def a_request(client: httpx.AsyncClient, place: Place, offer: Json, **given: Any) -> Json:
    """A request of the place's institute for one learner, like another or not."""
    body = {"offer_id": offer["id"], "profession": "ide", "learners": 1, "institute_id": str(place.institute), **given}
    return await made(client, "requests?force=true", body)


async def move(client: httpx.AsyncClient, collection: str, row: Json, verb: str, **body: Any) -> httpx.Response:
    """Moves a row, at the version that the test holds, under a key of its own."""
    headers = at(row) | {"Idempotency-Key": str(uuid4())}
    return await client.post(f"{API}/{collection}/{row['id']}/{verb}", json=body or None, headers=headers)


async def patch(client: httpx.AsyncClient, collection: str, row: Json, **body: Any) -> httpx.Response:
    """Changes a row, at the version that the test holds."""
    return await client.patch(f"{API}/{collection}/{row['id']}", json=body, headers=at(row))


async def insistent(client: httpx.AsyncClient, collection: str, row: Json, verb: str, **body: Any) -> httpx.Response:
    """A move that is sent again, under the same key, while the server says that it is busy: as clients are told to."""
    headers = at(row) | {"Idempotency-Key": str(uuid4())}
    path = f"{API}/{collection}/{row['id']}/{verb}"
    for _ in range(TRIES):
        answer = await client.post(path, json=body or None, headers=headers)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(f"still busy after {TRIES} tries")


async def fresh(client: httpx.AsyncClient, collection: str, row: Json) -> Json:
    """A row as it is now."""
    return ok(await client.get(f"{API}/{collection}/{row['id']}"))


async def listed(client: httpx.AsyncClient, collection: str, **filters: Any) -> list[Json]:
    """The rows of a list's first page."""
    items: list[Json] = ok(await client.get(f"{API}/{collection}", params={"limit": 200, **filters}))["items"]
    return items


def names(rows: Sequence[Json]) -> set[str]:
    """The identifiers of rows."""
    return {row["id"] for row in rows}


async def recount(databases: Databases) -> None:
    """Counts again, from offers and placements, every counter of the service; each must be what is stored, in the document too."""
    async with databases.open("internships", "worker") as db:
        offers = {offer.id: offer for offer in await db.fetch(select(Offer))}
        placements = await db.fetch(select(Placement))
        rows = await db.fetch(select(CapacityWeek))
    standing = [placement for placement in placements if placement.status is PlacementStatus.confirmed]
    seats = Counter(placement.offer_id for placement in standing)
    offered: Counter[tuple[UUID, date]] = Counter()
    taken: Counter[tuple[UUID, date]] = Counter()
    for placement in standing:
        for week in weeks(placement.starts_on, placement.ends_on):
            taken[placement.unit_id, week] += SEAT
            if offers[placement.offer_id].status is OfferStatus.closed:
                offered[placement.unit_id, week] += SEAT
    for offer in offers.values():
        for week in weeks(offer.starts_on, offer.ends_on):
            offered[offer.unit_id, week] += offer.seats * SEAT if offer.status is OfferStatus.published else 0
        assert offer.document == OfferRead.model_validate(offer).model_dump_json()
    assert {offer.id: offer.taken for offer in offers.values()} == {id_: seats[id_] for id_ in offers}, "taken"
    assert {(row.unit_id, row.week): (row.offered_tenths, row.taken_tenths) for row in rows} == {
        (row.unit_id, row.week): (offered[row.unit_id, row.week], taken[row.unit_id, row.week]) for row in rows
    }
    assert all(0 <= row.taken_tenths <= row.offered_tenths <= row.capacity_tenths for row in rows)
    assert not (+offered).keys() - {(row.unit_id, row.week) for row in rows}
