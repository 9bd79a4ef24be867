"""An application that waits ends with its need: in the same transaction, dated, with a reason that is not the employer's."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.kernel.events.scheduler import run_job
from services.recruitment_api.applications import operations
from services.recruitment_api.applications.schemas import ApplicationCreate
from services.recruitment_api.needs import endings, operations as needs
from services.recruitment_api.service import SERVICE
from tests.support.figures import figure, hand_over
from tests.support.http import ok, problem_type
from tests.support.recruitment import HOME, Employer, accept, again, an_application, an_open_need, move, with_key

ENDED_ON = datetime(2026, 11, 25, 10, tzinfo=UTC)
LAST_DAY = "2026-11-24"
ROUNDS = 15
LEFT_BEHIND = """
UPDATE application SET status = 'submitted', ended_on = NULL, why = NULL, history = jsonb_path_query_array(history, '$[0]')
WHERE status = 'need_closed'
"""
"""As the release before left what waited."""
WAITING_IN_VAIN = """
SELECT count(*) FROM application a JOIN need n ON n.id = a.need_id
WHERE a.status = 'submitted' AND n.status NOT IN ('open', 'partially_filled')
"""
DEADLOCK = "Une autre requête a changé la même ressource"


async def end(employer: Employer, databases: Databases, need: dict[str, Any], how: str) -> None:
    """Ends a need of one post, whose last day is past, one of three ways."""
    if how == "expired":
        assert await run_job(databases, SERVICE, "expire_needs")
    elif how == "cancelled":
        await move(employer.client, "needs", need, "cancel", reason="Le service ferme")
    else:
        with time_machine.travel(datetime(2026, 11, 24, 10, tzinfo=UTC)):
            await accept(employer.client, await an_application(employer.client, need))


@pytest.mark.parametrize(("how", "day"), [("filled", "2026-11-24"), ("cancelled", "2026-11-25"), ("expired", "2026-11-25")])
async def test_e4_what_waits_for_a_need_ends_with_it(employer: Employer, databases: Databases, how: str, day: str) -> None:
    need = await an_open_need(employer, expires_on=LAST_DAY)
    other = await an_open_need(employer, headcount=2)
    waiting = [await an_application(employer.client, need) for _ in range(3)]
    declined = await move(employer.client, "applications", await an_application(employer.client, need), "decline", reason="other")
    elsewhere = await an_application(employer.client, other)

    with time_machine.travel(ENDED_ON):
        await end(employer, databases, need, how)

    for before in waiting:
        after = await again(employer.client, "applications", before)
        assert (after["status"], after["ended_on"], after["why"]) == ("need_closed", day, how)
        assert (after["answered_at"], after["decline_reason"], after["version"]) == (None, None, 2)
        assert [step["status"] for step in after["history"]] == ["submitted", "need_closed"]
        live = ok(await employer.client.get(f"{HOME}/applications/{after['id']}/live"))
        assert live == {"overdue": False, "days_left": None, "allowed_operations": []}
    assert await again(employer.client, "applications", declined) == declined
    assert await again(employer.client, "applications", elsewhere) == elsewhere
    pool = await databases.pool("recruitment", "worker")
    told = [row["type"] for row in await pool.fetch("SELECT type FROM outbox ORDER BY id DESC LIMIT 4")]
    assert sorted(told) == [*["recruitment.application.ended"] * 3, f"recruitment.need.{how}"]


@pytest.mark.parametrize("how", ["filled", "cancelled", "expired"])
async def test_e4_what_ended_with_its_need_neither_waits_nor_was_left_without_an_answer(
    employer: Employer, databases: Databases, how: str
) -> None:
    """R11 falls on the day, R07 on the deadlines that were still to come. One deadline had passed before: it was not kept."""
    need = await an_open_need(employer, expires_on=LAST_DAY)
    for _ in range(3):
        await an_application(employer.client, need)
    with time_machine.travel(datetime(2026, 11, 1, 10, tzinfo=UTC)):
        await an_application(employer.client, await an_open_need(employer, headcount=2))
        long_ago = await an_application(employer.client, need)
    await move(employer.client, "applications", await an_application(employer.client, need), "decline", reason="other")
    assert long_ago["respond_by"] < "2026-11-23"
    assert (await hand_over(databases, SERVICE)).differences == []
    before = [await figure(databases, "R11"), await figure(databases, "R07", "2026-12-31"), await figure(databases, "R10")]

    with time_machine.travel(ENDED_ON):
        await end(employer, databases, need, how)
        found = await hand_over(databases, SERVICE)
        after = [await figure(databases, "R11"), await figure(databases, "R07", "2026-12-31"), await figure(databases, "R10")]

    one_more = 1 if how == "filled" else 0
    assert before == [(5, None), (round(1 / 6, 6), 6), (6, None)]
    assert after == [(1, None), (round((1 + one_more) / (3 + one_more), 6), 3 + one_more), (6 + one_more, None)]
    assert found.differences == []


async def test_e4_a_need_that_seeks_again_does_not_wake_what_ended(employer: Employer) -> None:
    need = await an_open_need(employer)
    waiting = await an_application(employer.client, need, candidate_ref="C7F3A9K2")
    assignment = await accept(employer.client, await an_application(employer.client, need))
    ended = await again(employer.client, "applications", waiting)

    await move(employer.client, "assignments", assignment, "cancel", reason="candidate_withdrew")

    assert (await again(employer.client, "needs", need))["status"] == "open"
    assert await again(employer.client, "applications", waiting) == ended
    await accept(employer.client, await an_application(employer.client, need, candidate_ref="C7F3A9K2"))


async def test_e4_one_post_filled_of_two_ends_nothing(employer: Employer) -> None:
    need = await an_open_need(employer, headcount=2)
    waiting = await an_application(employer.client, need)

    await accept(employer.client, await an_application(employer.client, need))

    assert await again(employer.client, "applications", waiting) == waiting


async def test_e4_an_acceptance_refused_ends_nothing(employer: Employer) -> None:
    need = await an_open_need(employer)
    waiting, wrong = [await an_application(employer.client, need) for _ in range(2)]

    address = f"{HOME}/applications/{wrong['id']}/accept"
    answer = await employer.client.post(address, json={"legal_form": "interim"}, headers=with_key(wrong))

    assert (answer.status_code, problem_type(answer)) == (422, "invalid")
    assert await again(employer.client, "applications", waiting) == waiting


async def test_e4_200_that_wait_end_in_a_few_statements(employer: Employer, databases: Databases) -> None:
    need = await an_open_need(employer)
    async with databases.open("recruitment", "worker") as db:
        for number in range(200):
            await operations.submit(db, ApplicationCreate(need_id=UUID(need["id"]), candidate_ref=f"C{number:06}"), by=SYSTEM)

    statements: list[str] = []
    async with databases.open("recruitment", "worker") as db:
        connection = await db.connection()
        with connection.query_logger(lambda record: statements.append(record.query)):
            await needs.cancel(db, UUID(need["id"]), "Le service ferme", by=SYSTEM, version=need["version"])

    ended = ok(await employer.client.get(f"{HOME}/applications", params={"status": "need_closed", "limit": "200"}))["items"]
    assert len(ended) == 200
    assert len(statements) < 10


async def test_e4_what_an_earlier_release_left_waiting_is_ended_by_a_job(
    employer: Employer, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dated as its need, so that R07 does not count it as unanswered."""
    monkeypatch.setattr(endings, "AT_ONCE", 2)
    open_one = await an_open_need(employer)
    waiting = await an_application(employer.client, open_one)
    filled, *cancelled = [await an_open_need(employer) for _ in range(5)]
    left = [await an_application(employer.client, need) for need in (filled, *cancelled)]
    with time_machine.travel(ENDED_ON):
        await accept(employer.client, await an_application(employer.client, filled))
        for need in cancelled:
            await move(employer.client, "needs", need, "cancel", reason="Le service ferme")
    pool = await databases.pool("recruitment", "worker")
    await pool.execute(LEFT_BEHIND)
    assert await pool.fetchval(WAITING_IN_VAIN) == 5

    with time_machine.travel(datetime(2027, 1, 15, 10, tzinfo=UTC)):
        for _ in range(2):
            assert await run_job(databases, SERVICE, "end_applications")

    after = [await again(employer.client, "applications", application) for application in left]
    assert [(row["status"], row["ended_on"], row["version"]) for row in after] == [("need_closed", "2026-11-25", 3)] * 5
    assert [row["why"] for row in after] == ["filled", *["cancelled"] * 4]
    assert await again(employer.client, "applications", waiting) == waiting


async def test_a_need_for_which_more_wait_than_a_transaction_ends_is_cancelled_all_the_same(
    employer: Employer, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "MOST", 2)
    need = await an_open_need(employer)
    waiting = [await an_application(employer.client, need) for _ in range(5)]

    await move(employer.client, "needs", need, "cancel", reason="Le service ferme")

    statuses = [(await again(employer.client, "applications", application))["status"] for application in waiting]
    assert statuses == ["need_closed"] * 2 + ["submitted"] * 3
    assert await run_job(databases, SERVICE, "end_applications")
    assert {(await again(employer.client, "applications", application))["status"] for application in waiting} == {"need_closed"}


async def patient(by: httpx.AsyncClient, address: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    """A POST that is sent again, under its key, while the server says that it is busy."""
    while True:
        answer = await by.post(address, json=body, headers=headers)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.05)


async def cancelled_at_last(by: httpx.AsyncClient, need: dict[str, Any], *, after: float = 0) -> list[httpx.Response]:
    """Cancels a need as somebody does who reads it again when told so, unless it is filled."""
    await asyncio.sleep(after)
    answers: list[httpx.Response] = []
    while not answers or answers[-1].status_code == 412:
        now = await again(by, "needs", need)
        answers.append(await patient(by, f"{HOME}/needs/{need['id']}/cancel", {"reason": "Fermeture"}, with_key(now)))
    return answers


async def test_e4_whatever_happens_to_applications_while_their_need_ends_none_waits_and_nothing_deadlocks(
    employer: Employer, databases: Databases
) -> None:
    seen: set[tuple[str, int]] = set()
    pool = await databases.pool("recruitment", "worker")
    for number in range(ROUNDS):
        need = await an_open_need(employer, headcount=1 + number % 3)
        first, second, declined, withdrawn, *_ = [await an_application(employer.client, need) for _ in range(6)]

        def asked(application: dict[str, Any], verb: str, **body: Any) -> Any:
            return patient(employer.client, f"{HOME}/applications/{application['id']}/{verb}", body, with_key(application))

        new = {"need_id": need["id"], "candidate_ref": f"N{number:06}"}
        cancelling, *others = await asyncio.gather(
            cancelled_at_last(employer.client, need, after=number % 4 * 0.006),  # now the ending is first, now the others
            asked(first, "accept", legal_form="cdi"),
            asked(second, "accept", legal_form="cdi"),
            asked(declined, "decline", reason="other"),
            asked(withdrawn, "withdraw"),
            patient(employer.client, f"{HOME}/applications", new, with_key()),
        )

        flat = [*cancelling, *others]
        assert [answer.text for answer in flat if DEADLOCK in answer.text] == []
        assert {answer.status_code for answer in flat} <= {200, 201, 409, 412}
        seen |= {(answer.request.url.path.rpartition("/")[2], answer.status_code) for answer in flat}
        assert await pool.fetchval(WAITING_IN_VAIN) == 0
        assert (await again(employer.client, "needs", need))["status"] in ("filled", "cancelled")
    assert {("accept", 200), ("decline", 200), ("withdraw", 200), ("cancel", 200)} <= seen
    assert any(status in (409, 412) for _, status in seen), "nothing ever met"


async def test_e4_a_need_does_not_end_while_an_application_is_being_made(employer: Employer, databases: Databases) -> None:
    """An application that slipped in is there when its need ends, or is refused."""
    need = await an_open_need(employer)
    async with databases.open("recruitment", "worker") as slow:
        made = await operations.submit(slow, ApplicationCreate(need_id=UUID(need["id"]), candidate_ref="C7F3A9K2"), by=SYSTEM)
        ending = asyncio.create_task(cancelled_at_last(employer.client, need))
        await asyncio.sleep(0.3)
        assert not ending.done()

    assert [answer.status_code for answer in await ending] == [200]
    assert (await again(employer.client, "applications", {"id": str(made.id)}))["status"] == "need_closed"


@pytest.mark.parametrize("verb", ["accept", "cancel"])
async def test_e4_a_need_is_taken_before_its_applications(employer: Employer, databases: Databases, verb: str) -> None:
    """One order for all: who waits for the need holds none of what waits for it."""
    need = await an_open_need(employer)
    application = await an_application(employer.client, need)
    pool = await databases.pool("recruitment", "worker")
    async with pool.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM need WHERE id = $1 FOR NO KEY UPDATE", need["id"])
        if verb == "accept":
            address = f"{HOME}/applications/{application['id']}/accept"
            moving = asyncio.create_task(patient(employer.client, address, {"legal_form": "cdi"}, with_key(application)))
        else:
            moving = asyncio.create_task(patient(employer.client, f"{HOME}/needs/{need['id']}/cancel", {"reason": "x"}, with_key(need)))
        await asyncio.sleep(0.3)
        assert not moving.done()
        assert await pool.fetchval("SELECT 1 FROM application WHERE id = $1 FOR UPDATE NOWAIT", application["id"])
    assert (await moving).status_code == 200
