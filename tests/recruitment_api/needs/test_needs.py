"""Staffing needs: written, published, cancelled, seen; what a draft's employer alone may do."""

from itertools import product
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import select

from services.contracts.codes import Department, OrganisationRole, Role
from services.contracts.recruitment import NeedStatus
from services.kernel.base import clock, ids
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.recruitment_api.copies import ORGANISATIONS, SITES
from services.recruitment_api.needs.lifecycle import OPERATIONS, SEEKING
from services.recruitment_api.needs.schemas import NeedRead
from services.recruitment_api.needs.tables import StaffingNeed
from tests.conftest import Client
from tests.support.allowed import asked_from
from tests.support.http import at, ok, pointers, problem_type
from tests.support.recruitment import (
    HOME,
    Employer,
    a_need,
    a_scheme,
    a_site,
    again,
    an_active_scheme,
    an_application,
    an_employer,
    an_open_need,
    event_types,
    events_of,
    move,
    need_body,
)

REASON = {"reason": "Le service ferme"}
VERBS: dict[str, tuple[dict[str, Any] | None, tuple[NeedStatus, ...]]] = {
    "publish": (None, (NeedStatus.draft,)),
    "cancel": (REASON, SEEKING),
    "prolong": ({"expires_on": "2029-12-31"}, (*SEEKING, NeedStatus.expired)),
}
"""verb → its body, the states it may leave."""


async def refs(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """The references that a list shows."""
    return [item["external_ref"] for item in ok(await client.get(f"{HOME}/needs", params=query))["items"]]


async def test_a_need_is_written_changed_published_and_cancelled(employer: Employer, databases: Databases) -> None:
    need = await a_need(employer, headcount=3, urgency="urgent", external_ref="CHSN-1")
    assert (need["status"], need["department"], need["sector"], need["published_at"]) == ("draft", "44", "sanitary", None)
    assert need["organisation_id"] == str(employer.id)

    need = ok(await employer.client.patch(f"{HOME}/needs/{need['id']}", json={"headcount": 4}, headers=at(need)))
    need = await move(employer.client, "needs", need, "publish")
    assert (need["status"], need["headcount"]) == ("open", 4)
    assert need["published_at"] <= need["updated_at"]
    need = await move(employer.client, "needs", need, "cancel", **REASON)

    assert (need["status_reason"], need["ended_on"]) == ("Le service ferme", clock.today().isoformat())
    assert [step["status"] for step in need["history"]] == ["draft", "open", "cancelled"]
    assert await event_types(databases, need) == ["need.created", "need.changed", "need.published", "need.cancelled"]
    state = (await events_of(databases, "need"))[-1]["event"]["data"]
    assert (state["headcount"], state["filled_count"], state["urgency"], state["ended_on"]) == (4, 0, "urgent", need["ended_on"])
    history = ok(await employer.client.get(f"{HOME}/needs/{need['id']}/history"))
    assert [version["document"]["status"] for version in history["items"]] == ["cancelled", "open", "draft", "draft"]


async def test_steering_names_the_employer_and_an_employer_is_itself(
    employer: Employer, steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    other = await an_employer(databases, client)

    unnamed = await steering.post(f"{HOME}/needs", json=need_body(employer))
    assert (unnamed.status_code, pointers(unnamed)) == (422, ["#/organisation_id"])
    assert ok(await steering.post(f"{HOME}/needs", json=need_body(employer, organisation_id=str(employer.id))))["version"] == 1
    named = need_body(employer, organisation_id=str(employer.id), headcount=9)
    assert ok(await employer.client.post(f"{HOME}/needs", json=named))["version"] == 1
    assert (await other.client.post(f"{HOME}/needs", json=need_body(employer, organisation_id=str(employer.id)))).status_code == 403
    assert (await client(Role.employer).post(f"{HOME}/needs", json=need_body(employer))).status_code == 403


async def test_a_site_is_the_employer_s(employer: Employer, databases: Databases, client: Client) -> None:
    other = await an_employer(databases, client)

    answer = await employer.client.post(f"{HOME}/needs", json=need_body(other))
    assert (answer.status_code, pointers(answer)) == (422, ["#/site_id"])

    need = await a_need(employer)
    answer = await employer.client.patch(f"{HOME}/needs/{need['id']}", json={"site_id": str(other.site_id)}, headers=at(need))
    assert (answer.status_code, pointers(answer)) == (422, ["#/site_id"])


async def test_an_unknown_employer_has_no_need(employer: Employer, steering: httpx.AsyncClient, client: Client) -> None:
    unknown = ids.new()

    answer = await steering.post(f"{HOME}/needs", json=need_body(employer, organisation_id=str(unknown)))
    assert (answer.status_code, pointers(answer)) == (422, ["#/organisation_id"])
    answer = await client(Role.employer, organisation=unknown).post(f"{HOME}/needs", json=need_body(employer))
    assert (answer.status_code, pointers(answer)) == (422, ["#/organisation_id"])


async def test_a_need_follows_its_site_to_another_department(employer: Employer, databases: Databases) -> None:
    need = await a_need(employer)
    moved = await a_site(databases, employer.id, Department.vendee)

    need = ok(await employer.client.patch(f"{HOME}/needs/{need['id']}", json={"site_id": str(moved)}, headers=at(need)))

    assert need["department"] == "85"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"headcount": 0}, "#/headcount"),
        ({"headcount": 501}, "#/headcount"),
        ({"legal_forms": []}, "#/legal_forms"),
        ({"legal_forms": ["cdi", "cdi"]}, "#/legal_forms"),
        ({"legal_forms": ["friend"]}, "#/legal_forms/0"),
        ({"profession": "wizard"}, "#/profession"),
        ({"urgency": "yesterday"}, "#/urgency"),
        ({"starts_on": "2030-02-30"}, "#/starts_on"),
        ({"ends_on": "2030-01-07"}, "#"),
        ({"filled_count": 1}, "#/filled_count"),
        ({"department": "44"}, "#/department"),
        ({"scheme_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}, "#/scheme_id"),
    ],
)
async def test_a_need_is_checked(employer: Employer, wrong: dict[str, Any], pointer: str) -> None:
    answer = await employer.client.post(f"{HOME}/needs", json=need_body(employer, **wrong))

    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert await refs(employer.client) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"ends_on": "2030-01-07"}, "La fin (le 7 janvier 2030, exclu) doit suivre le début (le 7 janvier 2030) : changez l'une des deux."),
        (
            {"ends_on": "2030-06-01", "expires_on": "2030-06-01"},
            "Le dernier jour de publication (1er juin 2030) vient après le dernier jour des postes (31 mai 2030) : avancez-le, ou reculez "
            "la fin des postes (ends_on).",
        ),
    ],
)
async def test_typed_dates_a_need_seeks_until_its_posts_are_over(employer: Employer, given: dict[str, Any], said: str) -> None:
    refused = await employer.client.post(f"{HOME}/needs", json=need_body(employer, **given))
    draft = await a_need(employer, ends_on="2030-06-01", expires_on="2030-05-31")
    late = await employer.client.patch(f"{HOME}/needs/{draft['id']}", json=given, headers=at(draft))

    for answer in (refused, late):
        assert (answer.status_code, pointers(answer), [error["detail"] for error in answer.json()["errors"]]) == (422, ["#"], [said])


async def test_a_reference_is_taken_once_by_an_employer(employer: Employer, databases: Databases, client: Client) -> None:
    other = await an_employer(databases, client)
    await a_need(employer, external_ref="A-1")
    await a_need(other, external_ref="A-1")

    answer = await employer.client.post(f"{HOME}/needs", json=need_body(employer, external_ref="A-1", headcount=9))

    assert (answer.status_code, problem_type(answer)) == (409, "already-exists")
    assert "#/external_ref" in pointers(answer)


async def test_a_need_goes_to_an_active_scheme(employer: Employer, steering: httpx.AsyncClient) -> None:
    draft, active = await a_scheme(steering), await an_active_scheme(steering)

    answer = await employer.client.post(f"{HOME}/needs", json=need_body(employer, scheme_id=draft["id"]))
    assert (answer.status_code, problem_type(answer)) == (409, "scheme-not-active")
    assert (await a_need(employer, scheme_id=active["id"]))["scheme_id"] == active["id"]


async def test_a_need_is_not_published_for_a_scheme_that_has_retired(employer: Employer, steering: httpx.AsyncClient) -> None:
    scheme = await an_active_scheme(steering)
    need = await a_need(employer, scheme_id=scheme["id"])
    await move(steering, "schemes", scheme, "retire")

    answer = await employer.client.post(f"{HOME}/needs/{need['id']}/publish", headers=at(need))

    assert (answer.status_code, problem_type(answer)) == (409, "scheme-not-active")


async def test_a_need_is_published_while_its_last_day_is_to_come_and_its_site_is_open(employer: Employer, databases: Databases) -> None:
    late = await a_need(employer, expires_on="2020-01-01")
    answer = await employer.client.post(f"{HOME}/needs/{late['id']}/publish", headers=at(late))
    assert (answer.status_code, problem_type(answer)) == (409, "need-not-ready")

    need = await a_need(employer)
    async with databases.open("recruitment", "worker") as db:
        await db.fetch(update(SITES.table).values(status="closed", version=2))
    answer = await employer.client.post(f"{HOME}/needs/{need['id']}/publish", headers=at(need))
    assert (answer.status_code, problem_type(answer)) == (409, "concealed")


@pytest.mark.parametrize(
    ("verb", "status"),
    [(verb, status) for (verb, (_, leaves)), status in product(VERBS.items(), NeedStatus) if status not in leaves],
)
async def test_every_other_move_is_refused_and_says_which_are_allowed(
    employer: Employer, databases: Databases, verb: str, status: NeedStatus
) -> None:
    need = await a_need(employer, headcount=2)
    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(StaffingNeed))
        row.status = status
        row.filled_count = {NeedStatus.partially_filled: 1, NeedStatus.filled: 2}.get(status, 0)
        row.published_at = None if status is NeedStatus.draft else row.created_at
        row.ended_on = row.starts_on if status in (NeedStatus.filled, NeedStatus.expired, NeedStatus.cancelled) else None
        need["version"] = (await db.save(row, by=SYSTEM)).version

    answer = await employer.client.post(f"{HOME}/needs/{need['id']}/{verb}", json=VERBS[verb][0], headers=at(need))

    assert (answer.status_code, problem_type(answer)) == (409, "move-refused")
    assert answer.json()["allowed_operations"] == asked_from(OPERATIONS, status)


async def test_a_draft_is_seen_by_its_employer_and_by_steering(
    employer: Employer, steering: httpx.AsyncClient, databases: Databases, client: Client
) -> None:
    draft = await a_need(employer, external_ref="draft")
    await an_open_need(employer, external_ref="open")
    other = await an_employer(databases, client)

    for sees in (employer.client, steering):
        assert await refs(sees) == ["open", "draft"]
        assert await again(sees, "needs", draft) == draft
    for does_not in (other.client, client(Role.reader), client(Role.hr_partner), client(Role.committee, organisation=employer.id)):
        assert await refs(does_not) == ["open"]
        assert (await does_not.get(f"{HOME}/needs/{draft['id']}")).status_code == 404
        assert (await does_not.get(f"{HOME}/needs/{draft['id']}/live")).status_code == 404


async def test_another_employer_s_need_is_not_moved(employer: Employer, databases: Databases, client: Client) -> None:
    draft, need = await a_need(employer), await an_open_need(employer)
    other = await an_employer(databases, client)

    for row, status in ((draft, 404), (need, 403)):
        answers = [
            await other.client.patch(f"{HOME}/needs/{row['id']}", json={"headcount": 9}, headers=at(row)),
            await other.client.post(f"{HOME}/needs/{row['id']}/publish", headers=at(row)),
            await other.client.post(f"{HOME}/needs/{row['id']}/cancel", json=REASON, headers=at(row)),
            await other.client.post(f"{HOME}/needs/{row['id']}/prolong", json={"expires_on": "2031-01-01"}, headers=at(row)),
            await other.client.get(f"{HOME}/needs/{row['id']}/history"),
        ]
        assert [answer.status_code for answer in answers] == [status] * 5


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.steering, Role.employer)])
async def test_needs_are_employers_to_write(employer: Employer, client: Client, role: Role) -> None:
    other = client(role, organisation=employer.id)
    need = await a_need(employer)

    answers = [
        await other.post(f"{HOME}/needs", json=need_body(employer)),
        await other.patch(f"{HOME}/needs/{need['id']}", json={"headcount": 9}, headers=at(need)),
        await other.post(f"{HOME}/needs/{need['id']}/publish", headers=at(need)),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3


async def test_lists_are_filtered(employer: Employer, steering: httpx.AsyncClient, databases: Databases, client: Client) -> None:
    sarthe = await an_employer(databases, client, Department.sarthe)
    scheme = await an_active_scheme(steering)
    await an_open_need(employer, external_ref="first", profession="ide", urgency="critical")
    await an_open_need(sarthe, external_ref="second", scheme_id=scheme["id"])

    assert await refs(steering, department="72") == ["second"]
    assert await refs(steering, profession="ide") == ["first"]
    assert await refs(steering, urgency="critical") == ["first"]
    assert await refs(steering, status="open") == ["second", "first"]
    assert await refs(steering, organisation_id=str(employer.id)) == ["first"]
    assert await refs(steering, site_id=str(sarthe.site_id)) == ["second"]
    assert await refs(steering, scheme_id=scheme["id"]) == ["second"]
    assert await refs(client(Role.reader), department="72", status="open") == ["second"]
    page = ok(await steering.get(f"{HOME}/needs", params={"limit": 1}))
    assert await refs(steering, limit=1, after=page["next"]) == ["first"]


async def test_the_stored_document_is_the_row_s(employer: Employer, databases: Databases) -> None:
    need = await an_open_need(employer, headcount=2)
    application = await an_application(employer.client, need)
    await move(employer.client, "applications", application, "accept", legal_form="cdi")

    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(StaffingNeed))
        assert row.status is NeedStatus.partially_filled
        assert row.document == NeedRead.model_validate(row).model_dump_json()


async def test_only_an_employer_has_needs(employer: Employer, databases: Databases) -> None:
    async with databases.open("recruitment", "worker") as db:
        await db.fetch(update(ORGANISATIONS.table).values(roles=[OrganisationRole.institute]))
    answer = await employer.client.post(f"{HOME}/needs", json=need_body(employer))
    assert (answer.status_code, pointers(answer)) == (422, ["#/organisation_id"])
