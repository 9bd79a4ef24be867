"""Applications: submitted to a need that seeks, answered by its employer, seen by those whom they concern."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
import time_machine
from sqlmodel import select, update

from services.contracts.codes import Department, Role
from services.contracts.recruitment import NeedUrgency
from services.kernel.api.existing import already_exists
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM, Principal, somebody
from services.kernel.data.database import Databases
from services.recruitment_api.applications.deadlines import respond_by
from services.recruitment_api.applications.schemas import ApplicationRead
from services.recruitment_api.applications.tables import Application, ApplicationDeclineReason
from services.recruitment_api.assignments.tables import Assignment
from services.recruitment_api.copies import SITES
from tests.conftest import Client
from tests.support.http import at, ok, pointers, problem_type
from tests.support.recruitment import (
    HOME,
    Employer,
    a_need,
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

CDI = {"legal_form": "cdi"}
NO_POSITION = {"reason": "no_position"}
FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
VERBS: dict[str, dict[str, Any] | None] = {"accept": CDI, "decline": NO_POSITION, "withdraw": None}


async def test_acceptance_fills_a_post_by_an_assignment(employer: Employer, databases: Databases) -> None:
    need = await an_open_need(employer, headcount=2, urgency="critical")
    application = await an_application(employer.client, need, candidate_ref="C7F3A9K2")
    assert (application["status"], application["answered_at"], application["urgency"]) == ("submitted", None, "critical")

    assignment = await accept(employer.client, application, starts_on="2030-02-01")

    application, need = await again(employer.client, "applications", application), await again(employer.client, "needs", need)
    assert application["status"] == "accepted"
    assert application["submitted_at"] < application["answered_at"] <= application["updated_at"]
    assert (need["status"], need["filled_count"], need["ended_on"]) == ("partially_filled", 1, None)
    assert (assignment["candidate_ref"], assignment["starts_on"], assignment["legal_form"]) == ("C7F3A9K2", "2030-02-01", "cdi")
    assert assignment["need_published_at"] == need["published_at"]
    await accept(employer.client, await an_application(employer.client, need))
    need = await again(employer.client, "needs", need)
    assert (need["status"], need["filled_count"], need["ended_on"]) == ("filled", 2, clock.today().isoformat())
    assert (await event_types(databases, need))[2:] == ["need.partially_filled", "need.filled"]
    assert [step["status"] for step in need["history"]] == ["draft", "open", "partially_filled", "filled"]


async def test_events_about_a_person_name_nobody(employer: Employer, databases: Databases) -> None:
    application = await an_application(employer.client, await an_open_need(employer), candidate_ref="C7F3A9K2")
    assignment = await accept(employer.client, application)

    for kind, types in (("application", ["submitted", "accepted"]), ("assignment", ["confirmed"])):
        events = await events_of(databases, kind)
        assert [event["type"] for event in events] == [f"recruitment.{kind}.{verb}" for verb in types]
        for event in events:
            for identifier in ("C7F3A9K2", application["id"], assignment["id"]):
                assert identifier not in str(event)


async def test_who_applies_to_a_need_that_seeks_nobody_is_told_what_to_do(employer: Employer) -> None:
    draft, full, gone = await a_need(employer), await an_open_need(employer), await an_open_need(employer)
    await accept(employer.client, await an_application(employer.client, full))
    await move(employer.client, "needs", gone, "cancel", reason="Poste supprimé")
    for need, said in (
        (draft, "brouillon : publiez-le d'abord"),
        (full, "pourvu : ajoutez-y un poste"),
        (gone, "annulé : choisissez-en un autre"),
    ):
        answer = await employer.client.post(
            "/recruitment/v1/applications", json={"need_id": need["id"], "candidate_ref": "C7F3A9K2"}, headers=with_key()
        )
        assert (answer.status_code, problem_type(answer), said in answer.json()["detail"]) == (409, "need-not-open", True), answer.text


async def test_the_last_post_is_given_once(employer: Employer) -> None:
    need = await an_open_need(employer)
    first, second = await an_application(employer.client, need), await an_application(employer.client, need)
    await accept(employer.client, first)

    late = await employer.client.post(f"{HOME}/applications/{second['id']}/accept", json=CDI, headers=with_key(second))
    second = await again(employer.client, "applications", second)
    answer = await employer.client.post(f"{HOME}/applications/{second['id']}/accept", json=CDI, headers=with_key(second))

    assert (second["status"], second["why"], second["version"]) == ("need_closed", "filled", 2)
    assert (late.status_code, problem_type(late)) == (412, "precondition-failed")
    assert (answer.status_code, problem_type(answer)) == (409, "move-refused")
    assert len(ok(await employer.client.get(f"{HOME}/assignments"))["items"]) == 1


async def test_e12_a_person_who_has_a_post_does_not_apply_again(employer: Employer, steering: httpx.AsyncClient, client: Client) -> None:
    need, other = await an_open_need(employer, headcount=2), await an_open_need(employer)
    assignment = await accept(employer.client, await an_application(employer.client, need, candidate_ref="C7F3A9K2"))
    body = {"need_id": need["id"], "candidate_ref": "C7F3A9K2"}

    for who in (employer.client, steering, client(Role.hr_partner, departments=frozenset({Department.loire_atlantique}))):
        refused = await who.post(f"{HOME}/applications", json=body)
        assert (refused.status_code, problem_type(refused), refused.json()["existing_id"]) == (409, "already-assigned", assignment["id"])
        assert "7 janvier 2030" in refused.json()["detail"]

    ok(await employer.client.post(f"{HOME}/applications", json={**body, "candidate_ref": "C7F3A9K3"}))
    ok(await employer.client.post(f"{HOME}/applications", json={**body, "need_id": other["id"]}))
    await move(employer.client, "assignments", assignment, "cancel", reason="candidate_withdrew")
    ok(await employer.client.post(f"{HOME}/applications", json=body))


async def test_e12_an_assignment_that_the_caller_does_not_see_is_not_named(
    employer: Employer, databases: Databases, client: Client
) -> None:
    """The need's site has taken another organisation: assignments stay with the employer that made them."""
    need = await an_open_need(employer, headcount=2)
    assignment = await accept(employer.client, await an_application(employer.client, need, candidate_ref="C7F3A9K2"))
    former = await an_employer(databases, client)
    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(Assignment).where(Assignment.id == UUID(assignment["id"])))
        row.organisation_id = former.id
        await db.save(row, by=SYSTEM)

    refused = await employer.client.post(f"{HOME}/applications", json={"need_id": need["id"], "candidate_ref": "C7F3A9K2"})

    assert (refused.status_code, problem_type(refused)) == (409, "already-assigned")
    assert "existing_id" not in refused.json()
    assert assignment["id"] not in refused.text


async def test_one_person_has_one_post_of_a_need(employer: Employer, databases: Databases) -> None:
    """Whatever the application that is accepted: one that waited before such persons were refused, here."""
    need = await an_open_need(employer, headcount=2)
    assignment = await accept(employer.client, await an_application(employer.client, need, candidate_ref="C7F3A9K2"))
    once_more = await an_application(employer.client, need)
    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(Application).where(Application.id == UUID(once_more["id"])))
        row.candidate_ref = "C7F3A9K2"
        once_more["version"] = (await db.save(row, by=SYSTEM)).version
    accepting = f"{HOME}/applications/{once_more['id']}/accept"

    answer = await employer.client.post(accepting, json=CDI, headers=with_key(once_more))

    assert (answer.status_code, problem_type(answer), answer.json()["existing_id"]) == (409, "already-assigned", assignment["id"])
    assert (await again(employer.client, "needs", need))["filled_count"] == 1
    await move(employer.client, "assignments", assignment, "cancel", reason="candidate_withdrew")
    ok(await employer.client.post(accepting, json=CDI, headers=with_key(once_more)))


async def test_a_cancelled_need_gives_no_post(employer: Employer) -> None:
    need = await an_open_need(employer)
    application = await an_application(employer.client, need)
    await move(employer.client, "needs", need, "cancel", reason="Le service ferme")

    application = await again(employer.client, "applications", application)
    answer = await employer.client.post(f"{HOME}/applications/{application['id']}/accept", json=CDI, headers=with_key(application))

    assert (answer.status_code, problem_type(answer)) == (409, "move-refused")


@pytest.mark.parametrize(
    ("given", "pointer", "said"),
    [
        ({"starts_on": "2030-01-06"}, "#/starts_on", "La prise de poste (6 janvier 2030) précède celle du besoin (7 janvier 2030) : "),
        ({"starts_on": "2030-06-01"}, "#/starts_on", "La prise de poste (1er juin 2030) vient après la fin du besoin (31 mai 2030) : "),
        (
            {"ends_on": "2030-06-02"},
            "#/ends_on",
            "Le dernier jour de l'affectation (1er juin 2030) vient après celui du besoin (31 mai 2030) : ",
        ),
        ({"ends_on": None}, "#/ends_on", "Une affectation sans fin dépasse le dernier jour du besoin (31 mai 2030) : "),
        (
            {"starts_on": "2030-02-01", "ends_on": "2030-02-01"},
            "#/ends_on",
            "La fin (le 1er février 2030, exclu) doit suivre le début (le 1er février 2030) : ",
        ),
    ],
)
async def test_typed_dates_an_assignment_is_within_its_need(employer: Employer, given: dict[str, Any], pointer: str, said: str) -> None:
    need = await an_open_need(employer, ends_on="2030-06-01")
    application = await an_application(employer.client, need)

    refused = await employer.client.post(
        f"{HOME}/applications/{application['id']}/accept", json={**CDI, **given}, headers=with_key(application)
    )

    assert (refused.status_code, pointers(refused)) == (422, [pointer])
    assert refused.json()["detail"].startswith(said)
    assert (await again(employer.client, "needs", need))["filled_count"] == 0
    assert (await accept(employer.client, application, starts_on="2030-05-31", ends_on="2030-06-01"))["starts_on"] == "2030-05-31"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"legal_form": "interim"}, "#/legal_form"),
        ({"legal_form": "cdi", "ends_on": "2030-01-07"}, "#/ends_on"),
        ({"starts_on": "2030-01-08"}, "#/legal_form"),
        ({"legal_form": "cdi", "name": "Jeanne Martin"}, "#/name"),
    ],
)
async def test_an_assignment_is_what_the_need_offers(employer: Employer, wrong: dict[str, Any], pointer: str) -> None:
    need = await an_open_need(employer)
    application = await an_application(employer.client, need)

    answer = await employer.client.post(f"{HOME}/applications/{application['id']}/accept", json=wrong, headers=with_key(application))

    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert (await again(employer.client, "needs", need))["filled_count"] == 0


async def test_a_post_moves_under_a_key_and_once(employer: Employer) -> None:
    need = await an_open_need(employer, headcount=2)
    application = await an_application(employer.client, need)
    address, headers = f"{HOME}/applications/{application['id']}/accept", with_key(application)

    keyless = await employer.client.post(address, json=CDI, headers=at(application))
    assert (keyless.status_code, problem_type(keyless)) == (400, "idempotency-key-missing")
    first, second = [await employer.client.post(address, json=CDI, headers=headers) for _ in range(2)]
    assert (first.status_code, first.content) == (second.status_code, second.content) == (200, first.content)
    other = await employer.client.post(address, json={"legal_form": "cdd"}, headers=headers)
    assert (other.status_code, problem_type(other)) == (422, "idempotency-key-reused")
    assert (await again(employer.client, "needs", need))["filled_count"] == 1


async def test_a_refusal_has_a_reason(employer: Employer, databases: Databases) -> None:
    application = await an_application(employer.client, await an_open_need(employer))

    unsaid = await employer.client.post(f"{HOME}/applications/{application['id']}/decline", json={}, headers=at(application))
    assert (unsaid.status_code, pointers(unsaid)) == (422, ["#/reason"])
    free = await employer.client.post(
        f"{HOME}/applications/{application['id']}/decline", json={"reason": "trop âgée"}, headers=at(application)
    )
    assert (free.status_code, pointers(free)) == (422, ["#/reason"])

    declined = await move(employer.client, "applications", application, "decline", reason="incompatible_schedule")
    assert (declined["status"], declined["decline_reason"]) == ("declined", ApplicationDeclineReason.incompatible_schedule)
    assert declined["submitted_at"] < declined["answered_at"] <= declined["updated_at"]
    assert (await events_of(databases, "application"))[-1]["type"] == "recruitment.application.declined"


async def test_g7_who_does_not_see_what_exists_is_not_told_its_id(employer: Employer, databases: Databases) -> None:
    need = await an_open_need(employer)
    application = await an_application(employer.client, need, candidate_ref="C7F3A9K2")
    broken = asyncpg.UniqueViolationError("x")
    broken.schema_name, broken.table_name, broken.constraint_name = "recruitment", "application", "application_pending"
    broken.detail = f"Key (need_id, candidate_ref)=({need['id']}, C7F3A9K2) already exists."
    for who, told in (
        (Principal(somebody("s"), frozenset({Role.steering})), application["id"]),
        (Principal(somebody("e"), frozenset({Role.employer}), uuid4()), None),
        (Principal(somebody("h"), frozenset({Role.hr_partner}), None, frozenset({Department.vendee})), None),
    ):
        problem = await already_exists(broken, databases, "recruitment", by=who)
        assert problem.extra.get("existing_id") == told


async def test_a_candidate_withdraws_and_comes_back(employer: Employer) -> None:
    need = await an_open_need(employer)
    application = await an_application(employer.client, need, candidate_ref="C7F3A9K2")

    twice = await employer.client.post(f"{HOME}/applications", json={"need_id": need["id"], "candidate_ref": "C7F3A9K2"})
    assert (twice.status_code, problem_type(twice), twice.json()["existing_id"]) == (409, "already-exists", application["id"])
    assert "#/candidate_ref" in pointers(twice)

    withdrawn = await move(employer.client, "applications", application, "withdraw")
    assert (withdrawn["status"], withdrawn["answered_at"]) == ("withdrawn", None)
    await an_application(employer.client, need, candidate_ref="C7F3A9K2")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("answered", VERBS)
async def test_an_answer_is_final(employer: Employer, answered: str, verb: str) -> None:
    need = await an_open_need(employer, headcount=2)
    application = await an_application(employer.client, need)
    application = await move(employer.client, "applications", application, answered, **(VERBS[answered] or {}))

    answer = await employer.client.post(f"{HOME}/applications/{application['id']}/{verb}", json=VERBS[verb], headers=with_key(application))

    assert (answer.status_code, problem_type(answer), answer.json()["allowed_operations"]) == (409, "move-refused", [])


@pytest.mark.parametrize(
    "name",
    ["Jeanne Martin", "jeanne.martin", "JMARTIN", "0612345678", "269054958815780", "j.martin@chu.fr", "C1", "C" * 40 + "1", "Zoé123"],
)
async def test_a_candidate_is_a_code(employer: Employer, name: str) -> None:
    need = await an_open_need(employer)

    answer = await employer.client.post(f"{HOME}/applications", json={"need_id": need["id"], "candidate_ref": name})

    assert (answer.status_code, pointers(answer)) == (422, ["#/candidate_ref"])


async def test_an_application_answers_a_need_that_seeks(employer: Employer, steering: httpx.AsyncClient) -> None:
    draft = await a_need(employer)
    body = {"need_id": draft["id"], "candidate_ref": "C7F3A9K2"}

    answer = await employer.client.post(f"{HOME}/applications", json=body)
    assert (answer.status_code, problem_type(answer)) == (409, "need-not-open")
    answer = await steering.post(f"{HOME}/applications", json={**body, "need_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"})
    assert (answer.status_code, pointers(answer)) == (422, ["#/need_id"])


@pytest.mark.parametrize(
    ("urgency", "submitted_on", "expected"),
    [
        ("routine", date(2026, 11, 20), date(2026, 12, 4)),
        ("priority", date(2026, 11, 22), date(2026, 12, 4)),
        ("routine", date(2026, 11, 23), date(2026, 12, 7)),
        ("routine", date(2026, 12, 18), date(2027, 1, 5)),  # Christmas and New Year are Fridays
        ("priority", date(2027, 3, 25), date(2027, 4, 9)),  # Easter Monday
        ("urgent", date(2026, 11, 24), date(2026, 11, 26)),
        ("urgent", date(2026, 11, 20), date(2026, 11, 23)),  # 48 hours end on a Sunday
        ("critical", date(2026, 12, 30), date(2027, 1, 4)),  # on New Year's Day, a Friday
        ("critical", date(2027, 5, 4), date(2027, 5, 7)),  # on Ascension Day
    ],
)
def test_ten_worked_days_to_answer_and_two_days_when_it_presses(urgency: str, submitted_on: date, expected: date) -> None:
    assert respond_by(submitted_on, NeedUrgency(urgency)) == expected


async def test_silence_shows(employer: Employer) -> None:
    with time_machine.travel(FRIDAY):
        application = await an_application(employer.client, await an_open_need(employer, urgency="urgent"))
        answered = await an_application(employer.client, await an_open_need(employer, urgency="urgent"))
        await move(employer.client, "applications", answered, "decline", **NO_POSITION)
    assert application["respond_by"] == "2026-11-23"
    address = f"{HOME}/applications/{application['id']}/live"

    async def overdue(client: httpx.AsyncClient, *, late: bool) -> list[str]:
        return [item["id"] for item in ok(await client.get(f"{HOME}/applications", params={"overdue": late}))["items"]]

    with time_machine.travel(datetime(2026, 11, 23, 22, tzinfo=UTC)):
        assert ok(await employer.client.get(address)) == {
            "overdue": False,
            "days_left": 0,
            "allowed_operations": ["acceptApplication", "declineApplication", "withdrawApplication"],
        }
        assert await overdue(employer.client, late=True) == []
    with time_machine.travel(datetime(2026, 11, 23, 23, tzinfo=UTC)):
        live = ok(await employer.client.get(address))
        assert (live["overdue"], live["days_left"]) == (True, -1)
        assert await overdue(employer.client, late=True) == [application["id"]]
        assert await overdue(employer.client, late=False) == [answered["id"]]
        assert ok(await employer.client.get(f"{HOME}/applications/{answered['id']}/live"))["days_left"] is None


async def test_applications_are_seen_by_those_whom_they_concern(
    employer: Employer, steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    application = await an_application(employer.client, await an_open_need(employer))
    assignment = await accept(employer.client, await an_application(employer.client, await an_open_need(employer)))
    other = await an_employer(databases, client)
    nantes, le_mans = frozenset({Department.loire_atlantique}), frozenset({Department.sarthe})
    address, assigned = f"{HOME}/applications/{application['id']}", f"{HOME}/assignments/{assignment['id']}"

    for sees in (employer.client, steering, client(Role.hr_partner), client(Role.hr_partner, departments=nantes)):
        assert len(ok(await sees.get(f"{HOME}/applications"))["items"]) == 2
        assert len(ok(await sees.get(f"{HOME}/assignments"))["items"]) == 1
        for path in (address, f"{address}/live", f"{address}/history", assigned, f"{assigned}/history"):
            ok(await sees.get(path))
    both = client(Role.hr_partner, Role.employer, organisation=employer.id, departments=le_mans)
    assert len(ok(await both.get(f"{HOME}/applications"))["items"]) == 2
    assert ok(await both.get(address)) == application
    outsiders = (other.client, client(Role.employer), client(Role.hr_partner, departments=le_mans, organisation=employer.id))
    for does_not in outsiders:
        assert ok(await does_not.get(f"{HOME}/applications"))["items"] == []
        assert ok(await does_not.get(f"{HOME}/assignments"))["items"] == []
        for path in (address, f"{address}/live", f"{address}/history", assigned, f"{assigned}/history"):
            assert (await does_not.get(path)).status_code == 404
    for role in (Role.reader, Role.committee, Role.finance, Role.institute):
        stranger = client(role, organisation=employer.id)
        assert {(await stranger.get(path)).status_code for path in (address, assigned, f"{HOME}/applications", f"{HOME}/assignments")} == {
            403
        }


async def test_an_employer_answers_and_an_hr_partner_does_not(employer: Employer, databases: Databases, client: Client) -> None:
    need = await an_open_need(employer)
    partner = client(Role.hr_partner, departments=frozenset({Department.loire_atlantique}))
    application = await an_application(partner, need)
    other = await an_employer(databases, client)
    address = f"{HOME}/applications/{application['id']}"

    assert (await partner.post(f"{address}/accept", json=CDI, headers=with_key(application))).status_code == 403
    assert (await partner.post(f"{address}/decline", json=NO_POSITION, headers=at(application))).status_code == 403
    for verb, body in VERBS.items():
        assert (await other.client.post(f"{address}/{verb}", json=body, headers=with_key(application))).status_code == 404
    body = {"need_id": need["id"], "candidate_ref": "C7F3A9K2"}
    assert (await other.client.post(f"{HOME}/applications", json=body)).status_code == 403
    elsewhere = client(Role.hr_partner, departments=frozenset({Department.sarthe}))
    assert (await elsewhere.post(f"{HOME}/applications", json=body)).status_code == 403
    both = client(Role.hr_partner, Role.employer, organisation=other.id)
    assert (await both.post(f"{address}/accept", json=CDI, headers=with_key(application))).status_code == 403
    assert (await move(partner, "applications", application, "withdraw"))["status"] == "withdrawn"


async def test_lists_are_filtered(employer: Employer, databases: Databases, client: Client, steering: httpx.AsyncClient) -> None:
    sarthe = await an_employer(databases, client, Department.sarthe)
    need = await an_open_need(employer)
    first = await an_application(steering, need)
    second = await an_application(steering, await an_open_need(sarthe))
    await move(steering, "applications", second, "withdraw")

    async def found(**query: Any) -> list[str]:
        return [item["id"] for item in ok(await steering.get(f"{HOME}/applications", params=query))["items"]]

    assert await found() == [second["id"], first["id"]]
    assert await found(need_id=need["id"]) == [first["id"]]
    assert await found(organisation_id=str(sarthe.id)) == [second["id"]]
    assert await found(department="44") == [first["id"]]
    assert await found(status="withdrawn") == [second["id"]]


async def test_the_stored_document_is_the_row_s(employer: Employer, databases: Databases) -> None:
    await accept(employer.client, await an_application(employer.client, await an_open_need(employer)))

    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(Application))
        assert row.document == ApplicationRead.model_validate(row).model_dump_json()


async def close_site(databases: Databases) -> None:
    """The service hears that the site has closed."""
    async with databases.open("recruitment", "worker") as db:
        await db.fetch(update(SITES.table).values(status="closed", version=2))


async def test_nobody_is_recruited_for_a_site_that_has_closed(employer: Employer, databases: Databases) -> None:
    need = await an_open_need(employer, headcount=2)
    application = await an_application(employer.client, need)
    await close_site(databases)

    applied = await employer.client.post(f"{HOME}/applications", json={"need_id": need["id"], "candidate_ref": "C7F3A9K2"})
    accepted = await employer.client.post(f"{HOME}/applications/{application['id']}/accept", json=CDI, headers=with_key(application))

    assert [(answer.status_code, problem_type(answer)) for answer in (applied, accepted)] == [(409, "concealed")] * 2
    assert (await again(employer.client, "needs", need))["filled_count"] == 0


async def test_an_application_whose_need_is_over_is_no_longer_accepted(employer: Employer) -> None:
    need = await an_open_need(employer)
    application = await an_application(employer.client, need)
    assert (await live(employer, application))["allowed_operations"] == ["acceptApplication", "declineApplication", "withdrawApplication"]
    with time_machine.travel(datetime(2030, 1, 2, 11, tzinfo=UTC)):
        assert (await live(employer, application))["allowed_operations"] == ["declineApplication", "withdrawApplication"]
    await move(employer.client, "needs", need, "cancel", reason="Poste supprimé")
    assert (await live(employer, application))["allowed_operations"] == []


async def live(employer: Employer, application: dict[str, Any]) -> dict[str, Any]:
    """What depends on the day."""
    return ok(await employer.client.get(f"{HOME}/applications/{application['id']}/live"))


async def test_an_end_that_is_not_said_is_the_need_s(employer: Employer) -> None:
    lasting, over = await an_open_need(employer, headcount=2), await an_open_need(employer, ends_on="2030-06-01")
    permanent = await accept(employer.client, await an_application(employer.client, lasting), ends_on=None)
    fixed = await accept(employer.client, await an_application(employer.client, lasting), ends_on="2030-03-01")
    as_the_need = await accept(employer.client, await an_application(employer.client, over))
    assert (permanent["ends_on"], fixed["ends_on"], as_the_need["ends_on"]) == (None, "2030-03-01", "2030-06-01")
