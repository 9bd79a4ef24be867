"""A published need is corrected within bounds, never below what is filled, and prolonged while it seeks."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import time_machine
from sqlalchemy import update

from services.contracts.codes import Department, Role
from services.kernel.data.database import Databases
from services.kernel.events.scheduler import run_job
from services.recruitment_api.copies import SITES
from services.recruitment_api.service import SERVICE
from tests.conftest import Client
from tests.support.figures import figure, hand_over
from tests.support.http import at, ok, pointers, problem_type
from tests.support.recruitment import (
    HOME,
    Employer,
    a_need,
    a_site,
    accept,
    again,
    an_active_scheme,
    an_application,
    an_employer,
    an_open_need,
    event_types,
    events_of,
    move,
    with_key,
)

DEADLOCK = "Une autre requête a changé la même ressource"


async def correct(by: httpx.AsyncClient, need: dict[str, Any], **fields: Any) -> httpx.Response:
    """Changes a need, at the version that the test holds."""
    return await by.patch(f"{HOME}/needs/{need['id']}", json=fields, headers=at(need))


async def a_need_with(employer: Employer, filled: int, **given: Any) -> dict[str, Any]:
    """A published need of three posts, some of them filled."""
    need = await an_open_need(employer, **{"headcount": 3, **given})
    for _ in range(filled):
        await accept(employer.client, await an_application(employer.client, need))
    return await again(employer.client, "needs", need)


async def test_e6_a_published_need_is_corrected(employer: Employer, databases: Databases) -> None:
    need = await a_need_with(employer, 1)
    fields = {"headcount": 5, "description": "De nuit", "starts_on": "2030-01-02", "expires_on": "2029-11-30"}

    corrected = ok(await correct(employer.client, need, **fields, profession="as"))

    assert {name for name in need if need[name] != corrected[name]} == {*fields, "version", "updated_at"}
    assert (corrected["status"], corrected["published_at"]) == ("partially_filled", need["published_at"])
    assert (await event_types(databases, need))[-1] == "need.changed"
    assert ok(await correct(employer.client, corrected, **fields))["version"] == corrected["version"]


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"profession": "ide"}, "profession"),
        ({"legal_forms": ["cdi"], "headcount": 2}, "legal_forms"),
        ({"site_id": "", "sector": "medico_social"}, "sector, site_id"),
    ],
)
async def test_e6_what_applications_rest_on_is_kept_and_the_refusal_says_what_to_do(
    employer: Employer, databases: Databases, fields: dict[str, Any], kept: str
) -> None:
    if "site_id" in fields:
        fields = {**fields, "site_id": str(await a_site(databases, employer.id, Department.vendee))}
    need = await a_need_with(employer, 0)

    answer = await correct(employer.client, need, **fields)

    assert (answer.status_code, problem_type(answer)) == (409, "need-not-draft")
    assert answer.json()["detail"] == f"Un besoin publié garde ce que disent {kept} : annulez-le, et créez-en un autre."
    assert await again(employer.client, "needs", need) == need


async def test_e6_a_headcount_is_never_below_what_is_filled(employer: Employer) -> None:
    need = await a_need_with(employer, 2)

    answer = await correct(employer.client, need, headcount=1)

    assert (answer.status_code, problem_type(answer), answer.json()["filled_count"]) == (409, "headcount-below-filled", 2)
    assert answer.json()["detail"] == "2 postes sont pourvus : gardez-en au moins 2, ou annulez d'abord des affectations."


async def test_e6_a_headcount_lowered_to_what_is_filled_fills_the_need(employer: Employer, databases: Databases) -> None:
    need = await a_need_with(employer, 2)
    waiting = await an_application(employer.client, need)

    with time_machine.travel(datetime(2026, 11, 26, 10, tzinfo=UTC)):
        filled = ok(await correct(employer.client, need, headcount=2))

    assert (filled["status"], filled["ended_on"], filled["headcount"]) == ("filled", "2026-11-26", 2)
    ended = await again(employer.client, "applications", waiting)
    assert (ended["status"], ended["ended_on"], ended["why"]) == ("need_closed", "2026-11-26", "filled")
    assert (await event_types(databases, need))[-1] == "need.changed"


async def test_e6_a_headcount_raised_makes_a_filled_need_seek_again(employer: Employer) -> None:
    need = await a_need_with(employer, 1, headcount=1)
    assert need["status"] == "filled"

    raised = ok(await correct(employer.client, need, headcount=2))

    assert (raised["status"], raised["ended_on"]) == ("partially_filled", None)
    assert [step["status"] for step in raised["history"]] == ["draft", "open", "filled", "partially_filled"]
    await accept(employer.client, await an_application(employer.client, raised))
    assert (await again(employer.client, "needs", need))["status"] == "filled"


async def test_e6_a_filled_need_is_corrected_and_stays_filled(employer: Employer) -> None:
    need = await a_need_with(employer, 1, headcount=1)

    corrected = ok(await correct(employer.client, need, description="De nuit"))

    assert (corrected["status"], corrected["ended_on"]) == ("filled", need["ended_on"])


async def test_e6_more_posts_are_sought_where_the_need_could_be_published(
    employer: Employer, steering: httpx.AsyncClient, databases: Databases
) -> None:
    scheme = await an_active_scheme(steering)
    of_scheme = await a_need_with(employer, 1, scheme_id=scheme["id"])
    need = await a_need_with(employer, 1)
    await move(steering, "schemes", scheme, "retire")
    retired = await correct(employer.client, of_scheme, headcount=4)
    async with databases.open("recruitment", "worker") as db:
        await db.fetch(update(SITES.table).values(status="closed", version=2))

    shut = await correct(employer.client, need, headcount=4)

    assert (retired.status_code, problem_type(retired)) == (409, "scheme-not-active")
    assert (shut.status_code, problem_type(shut)) == (409, "concealed")
    assert ok(await correct(employer.client, need, headcount=2))["headcount"] == 2
    assert ok(await correct(employer.client, of_scheme, headcount=1))["status"] == "filled"


async def test_e6_what_has_ended_is_not_corrected(employer: Employer, databases: Databases) -> None:
    expired, cancelled = await a_need_with(employer, 0, expires_on="2026-11-24"), await a_need_with(employer, 0)
    cancelled = await move(employer.client, "needs", cancelled, "cancel", reason="Le service ferme")
    with time_machine.travel(datetime(2026, 11, 25, 10, tzinfo=UTC)):
        assert await run_job(databases, SERVICE, "expire_needs")
        answers = [
            await correct(employer.client, await again(employer.client, "needs", need), headcount=4) for need in (expired, cancelled)
        ]

    assert [(answer.status_code, problem_type(answer)) for answer in answers] == [(409, "need-not-draft")] * 2
    assert [answer.json()["detail"] for answer in answers] == [
        "Le besoin a expiré : prolongez-le d'abord.",
        "Un besoin annulé ne change plus : créez-en un autre.",
    ]


@pytest.mark.parametrize(
    ("fields", "pointer", "said"),
    [
        (
            {"starts_on": "2030-01-08"},
            "#/starts_on",
            "Une affectation commence le 7 janvier 2030, avant la prise de poste du besoin (8 janvier 2030). Choisissez un jour qui la "
            "comprend, ou annulez-la d'abord.",
        ),
        (
            {"ends_on": "2030-05-31"},
            "#/ends_on",
            "Une affectation dure jusqu'au 31 mai 2030 : elle dépasse le dernier jour du besoin (30 mai 2030). Choisissez un jour qui la "
            "comprend, ou annulez-la d'abord.",
        ),
    ],
)
async def test_e6_a_need_s_dates_comprise_its_assignments(employer: Employer, fields: dict[str, Any], pointer: str, said: str) -> None:
    need = await a_need_with(employer, 1, ends_on="2030-06-01")
    gone = await accept(employer.client, await an_application(employer.client, need))
    await move(employer.client, "assignments", gone, "cancel", reason="other")
    need = await again(employer.client, "needs", need)

    answer = await correct(employer.client, need, **fields)

    assert (answer.status_code, pointers(answer), answer.json()["detail"]) == (422, [pointer], said)
    wider = ok(await correct(employer.client, need, starts_on="2029-12-03", ends_on="2030-06-02", expires_on="2029-12-01"))
    assert (wider["starts_on"], wider["ends_on"]) == ("2029-12-03", "2030-06-02")


async def test_e6_an_assignment_without_an_end_keeps_its_need_without_one(employer: Employer) -> None:
    need = await a_need_with(employer, 1)

    answer = await correct(employer.client, need, ends_on="2031-01-01")

    assert (answer.status_code, pointers(answer)) == (422, ["#/ends_on"])
    assert answer.json()["detail"].startswith("Une affectation n'a pas de fin : elle dépasse le dernier jour du besoin (31 décembre 2030)")


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"headcount": 0}, "#/headcount"),
        ({"headcount": None}, "#/headcount"),
        ({"ends_on": "2030-01-07"}, "#"),
        ({"urgency": "yesterday"}, "#/urgency"),
        ({"expires_on": "2026-11-22"}, "#/expires_on"),
        ({"expires_on": "2030-01-01"}, "#/expires_on"),
    ],
)
async def test_e6_a_correction_is_checked(employer: Employer, fields: dict[str, Any], pointer: str) -> None:
    need = await a_need_with(employer, 0)

    answer = await correct(employer.client, need, **fields)

    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert await again(employer.client, "needs", need) == need


async def test_e6_the_urgency_of_a_need_is_its_assignments_too(employer: Employer, databases: Databases) -> None:
    """Posts and what fills them are counted under one urgency; an application keeps the one that its deadline comes from."""
    need = await a_need_with(employer, 2)
    kept, cancelled = ok(await employer.client.get(f"{HOME}/assignments"))["items"]
    await move(employer.client, "assignments", cancelled, "cancel", reason="no_show")
    waiting = await an_application(employer.client, need)
    assert (await hand_over(databases, SERVICE)).differences == []

    ok(await correct(employer.client, await again(employer.client, "needs", need), urgency="critical"))

    items = ok(await employer.client.get(f"{HOME}/assignments"))["items"]
    assert [(item["urgency"], item["version"]) for item in items] == [("critical", 2), ("critical", 3)]
    assert [item["id"] for item in items] == [kept["id"], cancelled["id"]]
    assert await again(employer.client, "applications", waiting) == waiting
    assert [event["type"] for event in await events_of(databases, "assignment")][-2:] == ["recruitment.assignment.realigned"] * 2
    later = await accept(employer.client, waiting)
    assert later["urgency"] == "critical"
    assert (await an_application(employer.client, need))["urgency"] == "critical"
    assert (await hand_over(databases, SERVICE)).differences == []
    pool = await databases.pool("observatory", "worker")
    by_urgency = await pool.fetch(
        "SELECT s.dimensions->>'urgency' AS urgency, sum(e.amount)::int AS posts FROM entry e JOIN series s ON s.id = e.series "
        "WHERE s.indicator = 'R01' AND s.definition = 2 GROUP BY 1 ORDER BY 1"
    )
    assert [tuple(row) for row in by_urgency] == [("critical", 1), ("routine", 0)]


async def test_e6_the_figures_follow_a_correction(employer: Employer, databases: Databases) -> None:
    need = await a_need_with(employer, 1, headcount=4)
    assert (await hand_over(databases, SERVICE)).differences == []
    assert [await figure(databases, code) for code in ("R01", "R02", "R06")] == [(3, None), (0.25, 4), (1, None)]

    filled = ok(await correct(employer.client, need, headcount=1))
    assert (await hand_over(databases, SERVICE)).differences == []
    assert [await figure(databases, code) for code in ("R01", "R02", "R06")] == [(0, None), (1.0, 1), (0, None)]

    ok(await correct(employer.client, filled, headcount=2))
    assert (await hand_over(databases, SERVICE)).differences == []
    assert [await figure(databases, code) for code in ("R01", "R02", "R06")] == [(1, None), (0.5, 2), (1, None)]


async def test_e6_an_open_need_is_prolonged(employer: Employer, databases: Databases) -> None:
    """It was 409 « Passage de « open » à « open » refusé. »."""
    need = await a_need_with(employer, 0, expires_on="2026-11-30")

    prolonged = await move(employer.client, "needs", need, "prolong", expires_on="2026-12-31")
    again_ = await move(employer.client, "needs", prolonged, "prolong", expires_on="2027-01-31")
    assert [(each["status"], each["expires_on"], each["prolongation_count"]) for each in (prolonged, again_)] == [
        ("open", "2026-12-31", 1),
        ("open", "2027-01-31", 2),
    ]
    await accept(employer.client, await an_application(employer.client, need))
    partly = await move(employer.client, "needs", await again(employer.client, "needs", need), "prolong", expires_on="2027-02-28")
    assert (partly["status"], partly["prolongation_count"]) == ("partially_filled", 3)
    fourth = await employer.client.post(f"{HOME}/needs/{need['id']}/prolong", json={"expires_on": "2027-03-31"}, headers=at(partly))

    assert (fourth.status_code, problem_type(fourth)) == (409, "need-prolonged-too-often")
    assert fourth.json()["detail"] == "Créez un nouveau besoin pour les postes qui restent à pourvoir."
    assert (await event_types(databases, need)).count("need.prolonged") == 3


@pytest.mark.parametrize("day", ["2029-12-31", "2029-12-30", "2026-11-22"])
async def test_e6_a_need_is_prolonged_to_a_later_day(employer: Employer, day: str) -> None:
    need = await a_need_with(employer, 0)

    answer = await employer.client.post(f"{HOME}/needs/{need['id']}/prolong", json={"expires_on": day}, headers=at(need))

    assert (answer.status_code, pointers(answer)) == (422, ["#/expires_on"])


async def test_e6_a_need_whose_day_has_passed_before_the_job_came_by_is_prolonged(employer: Employer) -> None:
    need = await a_need_with(employer, 0, expires_on="2026-11-24")

    with time_machine.travel(datetime(2026, 11, 25, 10, tzinfo=UTC)):
        prolonged = await move(employer.client, "needs", need, "prolong", expires_on="2026-12-24")
        await an_application(employer.client, prolonged)

    assert [step["status"] for step in prolonged["history"]] == ["draft", "open"]


async def test_e6_a_need_is_corrected_by_its_employer_at_the_version_that_was_read(
    employer: Employer, client: Client, databases: Databases
) -> None:
    need, draft = await a_need_with(employer, 0), await a_need(employer)
    other = (await an_employer(databases, client)).client

    for role in Role:
        if role not in (Role.steering, Role.employer):
            assert (await correct(client(role, organisation=employer.id), need, headcount=4)).status_code == 403
    assert (await correct(other, need, headcount=4)).status_code == 403
    assert (await correct(other, draft, headcount=4)).status_code == 404
    assert (await correct(employer.client, {"id": str(uuid4()), "version": 1}, headcount=4)).status_code == 404
    assert (await correct(employer.client, {**need, "version": 1}, headcount=4)).status_code == 412
    assert (await employer.client.patch(f"{HOME}/needs/{need['id']}", json={"headcount": 4})).status_code == 428
    both = await asyncio.gather(*[correct(employer.client, need, headcount=number) for number in (4, 5)])
    assert sorted(answer.status_code for answer in both) == [200, 412]


async def busy(by: httpx.AsyncClient, address: str, body: dict[str, Any], headers: dict[str, str], after: float = 0) -> httpx.Response:
    """A move under a key, or else a correction, after a while; sent again while the server says that it is busy."""
    await asyncio.sleep(after)
    method = "POST" if "Idempotency-Key" in headers else "PATCH"
    while True:
        answer = await by.request(method, address, json=body, headers=headers)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.05)


async def test_e6_posts_are_given_up_while_others_are_filled_and_freed(employer: Employer, databases: Databases) -> None:
    """Whoever is first, no post is filled that is not sought, no application waits in vain, and nothing deadlocks."""
    by, seen = employer.client, set()
    pool = await databases.pool("recruitment", "worker")
    for number in range(15):
        need = await a_need_with(employer, 1, headcount=3)
        (assignment,) = ok(await by.get(f"{HOME}/assignments", params={"need_id": need["id"]}))["items"]
        applications = [await an_application(by, need) for _ in range(3)]
        now = await again(by, "needs", need)
        corrected, freed, *accepted = await asyncio.gather(
            busy(by, f"{HOME}/needs/{need['id']}", {"headcount": 1, "urgency": "urgent"}, at(now), number % 4 * 0.004),
            busy(by, f"{HOME}/assignments/{assignment['id']}/cancel", {"reason": "other"}, with_key(assignment), number % 3 * 0.004),
            *(
                busy(by, f"{HOME}/applications/{each['id']}/accept", {"legal_form": "cdi"}, with_key(each), 0.002)
                for each in applications[:2]
            ),
        )

        flat = [corrected, freed, *accepted]
        assert [answer.text for answer in flat if DEADLOCK in answer.text] == []
        assert {answer.status_code for answer in flat} <= {200, 409, 412}
        seen.add((corrected.status_code, freed.status_code))
        after = await again(by, "needs", need)
        assert after["filled_count"] <= after["headcount"]
        in_vain = "SELECT count(*) FROM application a JOIN need n ON n.id = a.need_id WHERE a.status = 'submitted' AND n.status = 'filled'"
        assert await pool.fetchval(in_vain) == 0
        assert await pool.fetchval("SELECT count(*) FROM assignment a JOIN need n ON n.id = a.need_id WHERE a.urgency <> n.urgency") == 0
    assert any(corrected == 200 for corrected, _ in seen), "no correction ever passed"
    assert any(status == 412 for pair in seen for status in pair), "nothing ever met"


async def test_a_need_is_taken_before_its_assignments(employer: Employer, databases: Databases) -> None:
    """One order for all: who waits for the need holds none of its assignments."""
    need = await a_need_with(employer, 1)
    (assignment,) = ok(await employer.client.get(f"{HOME}/assignments"))["items"]
    pool = await databases.pool("recruitment", "worker")
    async with pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM need WHERE id = $1 FOR NO KEY UPDATE", need["id"])
        address = f"{HOME}/assignments/{assignment['id']}/cancel"
        moving = asyncio.create_task(busy(employer.client, address, {"reason": "other"}, with_key(assignment)))
        await asyncio.sleep(0.3)
        assert not moving.done()
        assert await pool.fetchval("SELECT 1 FROM assignment WHERE id = $1 FOR UPDATE NOWAIT", assignment["id"])
    assert (await moving).status_code == 200


async def test_a_post_is_freed_once_however_often_it_is_asked(employer: Employer) -> None:
    need = await a_need_with(employer, 2)
    assignment = ok(await employer.client.get(f"{HOME}/assignments"))["items"][0]
    address = f"{HOME}/assignments/{assignment['id']}/cancel"

    both = await asyncio.gather(*[busy(employer.client, address, {"reason": "other"}, with_key(assignment)) for _ in range(2)])

    assert sorted(answer.status_code for answer in both) == [200, 412]
    assert (await again(employer.client, "needs", need))["filled_count"] == 1
