"""Assignments: their cancellation frees the post, in the same transaction."""

from typing import Any

import httpx
import pytest
import time_machine
from sqlmodel import select

from services.contracts.codes import Department, Role
from services.kernel.base import clock
from services.kernel.data.database import Databases
from services.kernel.events.scheduler import run_job
from services.recruitment_api.assignments.schemas import AssignmentRead
from services.recruitment_api.assignments.tables import Assignment
from services.recruitment_api.service import SERVICE
from tests.conftest import Client
from tests.support.http import at, ok, pointers, problem_type
from tests.support.recruitment import (
    HOME,
    Employer,
    accept,
    again,
    an_application,
    an_employer,
    an_open_need,
    event_types,
    events_of,
    move,
    with_key,
)

NO_SHOW = {"reason": "no_show"}


async def test_a_cancellation_frees_the_post(employer: Employer, databases: Databases) -> None:
    need = await an_open_need(employer, headcount=2)
    first, second = [await accept(employer.client, await an_application(employer.client, need)) for _ in range(2)]
    assert (await again(employer.client, "needs", need))["status"] == "filled"

    cancelled = await move(employer.client, "assignments", first, "cancel", **NO_SHOW)
    after = await again(employer.client, "needs", need)
    assert (cancelled["status"], cancelled["cancel_reason"], cancelled["cancelled_on"]) == (
        "cancelled",
        "no_show",
        clock.today().isoformat(),
    )
    assert (after["status"], after["filled_count"], after["ended_on"]) == ("partially_filled", 1, None)

    await move(employer.client, "assignments", second, "cancel", **NO_SHOW)
    after = await again(employer.client, "needs", need)
    assert (after["status"], after["filled_count"]) == ("open", 0)
    assert [step["status"] for step in after["history"]][1:] == ["open", "partially_filled", "filled", "partially_filled", "open"]
    assert (await event_types(databases, need))[-2:] == ["need.post_freed", "need.post_freed"]
    assert [event["type"] for event in await events_of(databases, "assignment")][2:] == ["recruitment.assignment.cancelled"] * 2
    await accept(employer.client, await an_application(employer.client, need))


async def test_a_post_is_freed_once(employer: Employer) -> None:
    need = await an_open_need(employer, headcount=2)
    first, _ = [await accept(employer.client, await an_application(employer.client, need)) for _ in range(2)]
    cancelled = await move(employer.client, "assignments", first, "cancel", **NO_SHOW)

    answer = await employer.client.post(f"{HOME}/assignments/{first['id']}/cancel", json=NO_SHOW, headers=with_key(cancelled))

    assert (answer.status_code, problem_type(answer), answer.json()["allowed_operations"]) == (409, "move-refused", [])
    assert (await again(employer.client, "needs", need))["filled_count"] == 1


async def test_a_need_that_is_over_stays_over(employer: Employer) -> None:
    need = await an_open_need(employer, headcount=2)
    assignment = await accept(employer.client, await an_application(employer.client, need))
    ended = await move(employer.client, "needs", await again(employer.client, "needs", need), "cancel", reason="Le service ferme")

    await move(employer.client, "assignments", assignment, "cancel", reason="employer_changed")

    after = await again(employer.client, "needs", need)
    assert (after["status"], after["filled_count"], after["ended_on"]) == ("cancelled", 0, ended["ended_on"])


async def test_a_post_freed_too_late_expires_again(employer: Employer, databases: Databases) -> None:
    with time_machine.travel("2026-12-31T10:00:00Z"):
        need = await an_open_need(employer, expires_on="2026-12-31")
        assignment = await accept(employer.client, await an_application(employer.client, need))
    with time_machine.travel("2027-01-15T10:00:00Z"):
        await move(employer.client, "assignments", assignment, "cancel", **NO_SHOW)
        assert await run_job(databases, SERVICE, "expire_needs")
        after = await again(employer.client, "needs", need)

    assert (after["status"], after["filled_count"], after["ended_on"]) == ("expired", 0, "2027-01-15")


@pytest.mark.parametrize("body", [{}, {"reason": "Madame Martin est malade"}, {**NO_SHOW, "name": "Martin"}])
async def test_a_cancellation_has_a_reason_of_the_list(employer: Employer, body: dict[str, Any]) -> None:
    assignment = await accept(employer.client, await an_application(employer.client, await an_open_need(employer)))

    answer = await employer.client.post(f"{HOME}/assignments/{assignment['id']}/cancel", json=body, headers=with_key(assignment))

    assert answer.status_code == 422
    assert pointers(answer)[0] in ("#/reason", "#/name")
    assert await again(employer.client, "assignments", assignment) == assignment


async def test_a_post_moves_under_a_key_and_at_a_version(employer: Employer) -> None:
    assignment = await accept(employer.client, await an_application(employer.client, await an_open_need(employer)))
    address = f"{HOME}/assignments/{assignment['id']}/cancel"

    keyless = await employer.client.post(address, json=NO_SHOW, headers=at(assignment))
    assert (keyless.status_code, problem_type(keyless)) == (400, "idempotency-key-missing")
    assert (await employer.client.post(address, json=NO_SHOW, headers=with_key())).status_code == 428
    assert (await employer.client.post(address, json=NO_SHOW, headers=with_key({"version": 7}))).status_code == 412


async def test_an_assignment_is_its_employer_s_to_cancel(employer: Employer, databases: Databases, client: Client) -> None:
    assignment = await accept(employer.client, await an_application(employer.client, await an_open_need(employer)))
    other = await an_employer(databases, client)
    address = f"{HOME}/assignments/{assignment['id']}/cancel"

    assert (await other.client.post(address, json=NO_SHOW, headers=with_key(assignment))).status_code == 404
    assert (await client(Role.hr_partner).post(address, json=NO_SHOW, headers=with_key(assignment))).status_code == 403
    both = client(Role.hr_partner, Role.employer, organisation=other.id)
    assert (await both.post(address, json=NO_SHOW, headers=with_key(assignment))).status_code == 403


async def test_lists_are_filtered(employer: Employer, databases: Databases, client: Client, steering: httpx.AsyncClient) -> None:
    sarthe = await an_employer(databases, client, Department.sarthe)
    need = await an_open_need(employer)
    first = await accept(steering, await an_application(steering, need))
    second = await accept(steering, await an_application(steering, await an_open_need(sarthe)))
    await move(steering, "assignments", second, "cancel", **NO_SHOW)

    async def found(**query: Any) -> list[str]:
        return [item["id"] for item in ok(await steering.get(f"{HOME}/assignments", params=query))["items"]]

    assert await found() == [second["id"], first["id"]]
    assert await found(need_id=need["id"]) == [first["id"]]
    assert await found(organisation_id=str(sarthe.id)) == [second["id"]]
    assert await found(department="44") == [first["id"]]
    assert await found(status="cancelled") == [second["id"]]
    assert await found(application_id=first["application_id"]) == [first["id"]]


async def test_the_stored_document_is_the_row_s(employer: Employer, databases: Databases) -> None:
    assignment = await accept(employer.client, await an_application(employer.client, await an_open_need(employer)))
    await move(employer.client, "assignments", assignment, "cancel", **NO_SHOW)
    history = ok(await employer.client.get(f"{HOME}/assignments/{assignment['id']}/history"))
    assert [version["document"]["status"] for version in history["items"]] == ["cancelled", "confirmed"]

    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(Assignment))
        assert row.document == AssignmentRead.model_validate(row).model_dump_json()
