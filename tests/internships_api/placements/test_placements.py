"""Placements: cancelled with a reason, which frees the seat; seen by their two parties; never a name."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import time_machine

from services.contracts.codes import Department, Role
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.http import at, ok, pointers, problem_type
from tests.support.internships import (
    API,
    Json,
    Place,
    a_place,
    a_request,
    a_unit,
    an_offer,
    counters,
    fresh,
    listed,
    move,
    names,
    patch,
)


async def a_placement(steering: httpx.AsyncClient, place: Place, offer: Json) -> Json:
    """A confirmed placement on an offer."""
    request = await a_request(steering, place, offer)
    await move(steering, "requests", request, "accept")
    return (await listed(steering, "placements", request_id=request["id"]))[0]


async def test_cancelling_frees_the_seat_and_its_weeks(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    offer = await an_offer(steering, unit, seats=1)
    placement = await a_placement(steering, place, offer)
    institute = client(Role.institute, organisation=place.institute)

    cancelled = ok(await move(institute, "placements", placement, "cancel", reason="learner_withdrew"))

    assert (cancelled["status"], cancelled["cancel_reason"]) == ("cancelled", "learner_withdrew")
    assert cancelled["cancelled_on"]
    assert (await fresh(steering, "offers", offer))["taken"] == 0
    assert await counters(steering, unit) == [(100, 10, 0)] * 5
    assert (await a_placement(steering, place, offer))["status"] == "confirmed"


async def test_what_a_closed_offer_frees_goes_back_to_the_unit(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    unit = await a_unit(steering, place)
    offer = await an_offer(steering, unit, seats=3)
    placement = await a_placement(steering, place, offer)
    await move(steering, "offers", await fresh(steering, "offers", offer), "close")

    await move(client(Role.employer, organisation=place.host), "placements", placement, "cancel", reason="no_tutor")

    assert await counters(steering, unit) == [(100, 0, 0)] * 5


async def test_a_placement_is_cancelled_once_with_a_reason_and_a_key(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    offer = await an_offer(steering, await a_unit(steering, place))
    placement = await a_placement(steering, place, offer)

    keyless = await steering.post(f"{API}/placements/{placement['id']}/cancel", json={"reason": "other"}, headers=at(placement))
    mute = await move(steering, "placements", placement, "cancel", reason="")
    cancelled = ok(await move(steering, "placements", placement, "cancel", reason="other"))
    again = await move(steering, "placements", cancelled, "cancel", reason="other")

    assert (keyless.status_code, problem_type(keyless)) == (400, "idempotency-key-missing")
    assert (mute.status_code, pointers(mute)) == (422, ["#/reason"])
    assert (again.status_code, again.json()["allowed_operations"]) == (409, [])
    assert (await fresh(steering, "offers", offer))["taken"] == 0


async def test_a_placement_that_is_over_stands(steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    placement = await a_placement(steering, place, await an_offer(steering, await a_unit(steering, place)))

    with time_machine.travel(datetime(2027, 3, 8, 11, tzinfo=UTC), tick=False):
        live = ok(await steering.get(f"{API}/placements/{placement['id']}/live"))
        refused = await move(steering, "placements", placement, "cancel", reason="other")
    with time_machine.travel(datetime(2027, 3, 7, 11, tzinfo=UTC), tick=False):
        last_day = await move(steering, "placements", placement, "cancel", reason="other")

    assert live == {"allowed_operations": ["changePlacement"]}
    assert (refused.status_code, problem_type(refused)) == (409, "placement-over")
    assert last_day.status_code == 200


async def test_the_institute_says_who_comes_by_a_code(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place = await a_place(databases)
    placement = await a_placement(steering, place, await an_offer(steering, await a_unit(steering, place)))
    institute, host = client(Role.institute, organisation=place.institute), client(Role.employer, organisation=place.host)

    changed = ok(await patch(institute, "placements", placement, learner_ref="IDE27-0042"))
    by_host = await patch(client(Role.institute, Role.employer, organisation=place.host), "placements", changed, learner_ref="IDE1")
    cancelled = ok(await move(host, "placements", changed, "cancel", reason="no_tutor"))
    late = await patch(institute, "placements", cancelled, learner_ref="IDE1")

    assert changed["learner_ref"] == "IDE27-0042"
    assert by_host.status_code == 403
    assert (await patch(host, "placements", placement, learner_ref="IDE1")).status_code == 403
    assert (late.status_code, problem_type(late)) == (409, "placement-over")


@pytest.mark.parametrize("name", ["Marie Dupont", "DUPONT", "marie", "184127645108946", "1841276451089", "", "É1", 12])
async def test_a_learner_s_reference_is_not_a_name_nor_a_national_number(
    steering: httpx.AsyncClient, databases: Databases, name: Any
) -> None:
    place = await a_place(databases)
    placement = await a_placement(steering, place, await an_offer(steering, await a_unit(steering, place)))

    answer = await patch(steering, "placements", placement, learner_ref=name)

    assert (answer.status_code, pointers(answer)) == (422, ["#/learner_ref"])


async def test_a_placement_is_seen_by_its_parties(client: Client, steering: httpx.AsyncClient, databases: Databases) -> None:
    place, neighbour = await a_place(databases), await a_place(databases, Department.vendee)
    ours = await a_placement(steering, place, await an_offer(steering, await a_unit(steering, place)))
    theirs = await a_placement(steering, neighbour, await an_offer(steering, await a_unit(steering, neighbour)))

    for caller, sees in (
        (client(Role.employer, organisation=place.host), {ours["id"]}),
        (client(Role.institute, organisation=place.institute), {ours["id"]}),
        (client(Role.institute, organisation=place.host), set()),
        (client(Role.hr_partner, departments=frozenset({Department.vendee})), {theirs["id"]}),
        (client(Role.institute), set()),
        (steering, {ours["id"], theirs["id"]}),
    ):
        assert names(await listed(caller, "placements")) == sees
        for placement in (ours, theirs):
            expected = 200 if placement["id"] in sees else 404
            for path in ("", "/live", "/history"):
                assert (await caller.get(f"{API}/placements/{placement['id']}{path}")).status_code == expected
    stranger = client(Role.employer, organisation=neighbour.host)
    assert (await move(stranger, "placements", ours, "cancel", reason="other")).status_code == 404
    partner = client(Role.hr_partner, Role.employer, organisation=neighbour.host)
    assert (await move(partner, "placements", ours, "cancel", reason="other")).status_code == 403
    for outsider in (client(Role.reader), client(Role.committee), client(Role.finance)):
        assert (await outsider.get(f"{API}/placements/{ours['id']}")).status_code == 403


async def test_filters_narrow_the_list(steering: httpx.AsyncClient, databases: Databases) -> None:
    place, south = await a_place(databases), await a_place(databases, Department.vendee)
    first = await a_placement(steering, place, await an_offer(steering, await a_unit(steering, place)))
    second = await a_placement(steering, south, await an_offer(steering, await a_unit(steering, south)))
    await move(steering, "placements", first, "cancel", reason="other")

    for query, found in (
        ({"offer_id": first["offer_id"]}, first),
        ({"unit_id": second["unit_id"]}, second),
        ({"status": "cancelled"}, first),
        ({"department": "85"}, second),
        ({"institute_id": str(south.institute)}, second),
        ({"organisation_id": str(place.host)}, first),
        ({"request_id": second["request_id"]}, second),
    ):
        assert names(await listed(steering, "placements", **query)) == {found["id"]}
    assert await listed(steering, "placements", profession="as") == []
