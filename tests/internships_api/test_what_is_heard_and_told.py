"""Events: the copies of organisations and sites that come in, the states that go out, and no person in any of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from sqlalchemy import text

from services.contracts.access import OrganisationState, OrganisationStatus, SiteState, SiteStatus
from services.contracts.codes import Department, OrganisationRole
from services.contracts.envelope import Event, State
from services.contracts.internships import PlacementState
from services.contracts.registry import read_state
from services.internships_api.copies import ORGANISATIONS, SITES, apply
from services.kernel.base import clock, ids
from services.kernel.data.database import Databases
from services.kernel.data.service import Received
from tests.support.http import ok
from tests.support.internships import a_place, a_request, a_unit, an_offer, listed, move, patch

HOST, SITE = ids.new(), ids.new()


def received(state: State, event_type: str) -> Received:
    """A state as it arrives in an event."""
    event = Event(
        id=ids.new(),
        source="/access",
        type=event_type,
        subject=str(state.id),
        time=clock.now(),
        dataschema=state.schema_name(),
        entityversion=state.version,
        data=state.model_dump(mode="json"),
    )
    return Received(event, state)


def organisation(version: int, name: str, **given: Any) -> Received:
    """An organisation at a version."""
    roles = (OrganisationRole.employer, OrganisationRole.host)
    values = {"id": HOST, "version": version, "name": name, "roles": roles, "siren": "264400136", "status": OrganisationStatus.active}
    return received(OrganisationState.model_validate(values | given), "access.organisation.changed")


def site(version: int, name: str, **given: Any) -> Received:
    """A site at a version."""
    values = {"id": SITE, "version": version, "organisation_id": HOST, "name": name, "commune_code": "44184"}
    values |= {"department": Department.loire_atlantique, "status": SiteStatus.active}
    return received(SiteState.model_validate(values | given), "access.site.changed")


@pytest.mark.parametrize(
    "batches",
    [
        [[organisation(1, "a"), site(1, "a"), organisation(2, "b"), site(2, "b")]],
        [[organisation(2, "b"), site(2, "b")], [organisation(1, "a"), site(1, "a")]],
        [[site(2, "b")], [organisation(2, "b")], [organisation(2, "b"), site(2, "b")]],
        [[site(2, "b"), site(1, "a"), organisation(2, "b"), organisation(1, "a"), site(2, "b")]],
    ],
    ids=["in order", "out of order", "twice", "all at once"],
)
async def test_the_copies_hold_the_newest_version(databases: Databases, batches: Sequence[Sequence[Received]]) -> None:
    for batch in batches:
        async with databases.open("internships", "worker") as db:
            await apply(db, batch)

    async with databases.open("internships", "worker") as db:
        host, site_of_host = await ORGANISATIONS.find(db, HOST), await SITES.find(db, SITE)
    assert host is not None
    assert (host.id, host.version, host.name) == (HOST, 2, "b")
    assert host.roles == (OrganisationRole.employer, OrganisationRole.host)
    assert site_of_host is not None
    assert (site_of_host.id, site_of_host.version, site_of_host.name, site_of_host.organisation_id) == (SITE, 2, "b", HOST)
    assert site_of_host.department is Department.loire_atlantique


async def events(databases: Databases, kind: str = "%") -> list[Event]:
    """The events that the service has told, oldest first."""
    async with databases.open("internships", "worker") as db:
        rows = await db.fetch(text("SELECT event FROM outbox WHERE kind LIKE :kind ORDER BY id"), kind=kind)
    return [Event.model_validate_json(row[0]) for row in rows]


async def test_an_acceptance_tells_of_the_offer_the_placements_and_the_request(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place), seats=2)
    request = await a_request(steering, place, offer, learners=2)
    before = len(await events(databases))

    answer = await move(steering, "requests", request, "accept")

    told = (await events(databases))[before:]
    assert [event.type for event in told] == [
        "internships.offer.taken",
        "internships.placement.confirmed",
        "internships.placement.confirmed",
        "internships.request.accepted",
        "internships.notice.raised",
    ]
    assert {event.correlationid for event in told} == {answer.headers["x-request-id"]}
    offer_state, first, _, request_state, _ = [read_state(event) for event in told]
    assert (offer_state.version, offer_state.model_dump()["taken"]) == (3, 2)
    assert [step.status for step in request_state.history] == ["submitted", "accepted"]
    assert first.model_dump()["institute_id"] == place.institute


async def test_each_event_waits_for_who_hears_it(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    await move(steering, "requests", await a_request(steering, place, await an_offer(steering, await a_unit(steering, place))), "accept")

    async with databases.open("internships", "worker") as db:
        rows = await db.fetch(text("SELECT kind, consumer FROM outbox JOIN delivery ON event_id = outbox.id"))
    of_figures = {(kind, "observatory") for kind in ("unit", "offer", "request", "placement")}
    assert {tuple(row) for row in rows} == of_figures | {("notice", "access")}
    assert len(rows) == len(await events(databases))


async def test_a_placement_is_told_under_a_pseudonym(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    await move(steering, "requests", await a_request(steering, place, offer), "accept")
    placement = (await listed(steering, "placements"))[0]
    changed = ok(await patch(steering, "placements", placement, learner_ref="IDE27-0042"))
    await move(steering, "placements", changed, "cancel", reason="other")

    told = await events(databases, "placement")

    assert [event.type.rpartition(".")[2] for event in told] == ["confirmed", "changed", "cancelled"]
    assert len({event.subject for event in told}) == 1
    said = orjson.dumps([event.model_dump(mode="json") for event in told]).decode()
    for secret in (placement["id"], "IDE27-0042", "learner"):
        assert secret not in said
    last = read_state(told[-1])
    assert isinstance(last, PlacementState)
    assert (last.cancelled_on, UUID(told[-1].subject)) == (clock.today(), last.id)


async def test_a_refused_move_tells_nothing(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place), seats=1)
    first, second = await a_request(steering, place, offer), await a_request(steering, place, offer)
    await move(steering, "requests", first, "accept")
    before = await events(databases)

    assert (await move(steering, "requests", second, "accept")).status_code == 409

    assert await events(databases) == before
