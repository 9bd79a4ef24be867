"""Days typed of milestones are within what they belong to: the dates of the action, or of the plan; the time since the planning."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine
import yaml

from services.actions_api.imports.plan import PLAN as PLAN_FACTS
from services.actions_api.milestones import operations
from services.actions_api.milestones.schemas import MilestoneReschedule
from services.actions_api.milestones.tables import RescheduleReason
from services.contracts.codes import PLAN
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from tests.support.actions import a_milestone, action_body, an_action, move_milestone
from tests.support.http import at, ok, pointers

ACTIONS, PATH = "/actions/v1/actions", "/actions/v1/milestones"
DATED = {"starts_on": "2026-03-01", "ends_on": "2027-07-01"}

OUTSIDE = [
    (
        DATED,
        "2026-02-28",
        "L'échéance (28 février 2026) précède le début de l'action (1er mars 2026) : choisissez un autre jour, ou changez",
    ),
    (
        DATED,
        "2027-07-01",
        "L'échéance (1er juillet 2027) vient après le dernier jour de l'action (30 juin 2027) : choisissez un autre jour",
    ),
    ({}, "2021-12-31", "L'échéance (31 décembre 2021) précède le début du plan (1er janvier 2022) : donnez d'abord le début de l'action."),
    ({}, "2028-01-01", "L'échéance (1er janvier 2028) vient après le dernier jour du plan (31 décembre 2027) : donnez d'abord la fin de"),
    (
        {"ends_on": "2029-01-01"},
        "2029-01-01",
        "L'échéance (1er janvier 2029) vient après le dernier jour de l'action (31 décembre 2028) : ",
    ),
    (
        {"starts_on": "2028-02-01"},
        "2028-03-01",
        "L'échéance (1er mars 2028) vient après le dernier jour du plan (31 décembre 2027) : donnez",
    ),
]


@pytest.fixture(autouse=True)
def in_november() -> Iterator[None]:
    """The day on which these tests take place."""
    with time_machine.travel(datetime(2026, 11, 22, 11, tzinfo=UTC)):
        yield


def refused(answer: httpx.Response, pointer: str) -> str:
    """What a 422 that names a field says to a person."""
    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    said: str = answer.json()["detail"]
    return said


def test_the_plan_s_years_hold_the_five_of_its_roadmap() -> None:
    plan = yaml.safe_load(PLAN_FACTS.read_text("utf-8"))["plan"]
    over = plan["presented_on"].replace(year=plan["presented_on"].year + plan["duration_years"])
    assert (date(plan["presented_on"].year, 1, 1), date(over.year + 1, 1, 1)) == (PLAN.starts_on, PLAN.ends_on)


@pytest.mark.parametrize(("dates", "due", "said"), OUTSIDE)
async def test_typed_dates_a_milestone_is_due_within_its_action(
    steering: httpx.AsyncClient, dates: dict[str, str], due: str, said: str
) -> None:
    action = await an_action(steering, **dates)

    made = await steering.post(PATH, json={"action_id": action["id"], "title": "Charte signée", "due": due})

    assert refused(made, "#/due").startswith(said)


@pytest.mark.parametrize(("dates", "due", "said"), OUTSIDE[:4])
async def test_typed_dates_a_milestone_is_rescheduled_within_its_action(
    steering: httpx.AsyncClient, dates: dict[str, str], due: str, said: str
) -> None:
    milestone = await a_milestone(steering, await an_action(steering, **dates), due="2027-06-30" if dates else "2027-12-31")

    moved = await steering.post(f"{PATH}/{milestone['id']}/reschedule", json={"due": due, "reason": "scope"}, headers=at(milestone))

    assert refused(moved, "#/due").startswith(said)
    assert (await move_milestone(steering, milestone, "reschedule", due="2026-03-01", reason="scope"))["due"] == "2026-03-01"


async def test_typed_dates_an_action_keeps_its_open_milestones_within(steering: httpx.AsyncClient) -> None:
    action = await an_action(steering, **DATED)
    done = await a_milestone(steering, action, title="Bilan", due="2027-01-31")
    first = await a_milestone(steering, action, title="Charte", due="2027-03-31")
    await a_milestone(steering, action, title="Annuaire", due="2027-04-30")
    await move_milestone(steering, done, "reach")

    async def change(**dates: Any) -> httpx.Response:
        return await steering.patch(f"{ACTIONS}/{action['id']}", json=dates, headers=at(action))

    assert refused(await change(ends_on="2027-03-31"), "#/ends_on") == (
        "Le jalon « Charte » (31 mars 2027) dépasserait le dernier jour de l'action (30 mars 2027), et 1 autre : reportez-le d'abord, ou "
        "annulez-le."
    )
    assert refused(await change(starts_on="2027-04-01"), "#/starts_on") == (
        "Le jalon « Charte » (31 mars 2027) précéderait le premier jour de l'action (1er avril 2027) : reportez-le d'abord, ou annulez-le."
    )
    assert ok(await steering.get(f"{ACTIONS}/{action['id']}")) == action
    await move_milestone(steering, first, "cancel", reason="Sans objet")
    assert ok(await change(starts_on="2027-02-01", ends_on="2027-05-01"))["ends_on"] == "2027-05-01"


async def test_typed_dates_an_action_s_end_follows_its_start(steering: httpx.AsyncClient) -> None:
    made = await steering.post(ACTIONS, json=action_body(starts_on="2027-01-01", ends_on="2027-01-01"))

    assert (made.status_code, pointers(made)) == (422, ["#"])
    assert made.json()["errors"][0]["detail"] == (
        "La fin (le 1er janvier 2027, exclu) doit suivre le début (le 1er janvier 2027) : changez l'une des deux."
    )


async def test_typed_dates_an_action_and_its_milestones_change_one_after_the_other(
    steering: httpx.AsyncClient, databases: Databases
) -> None:
    """A milestone that is moved holds the dates of its action: whoever shortens the action waits, and then sees it."""
    action = await an_action(steering, **DATED)
    milestone = await a_milestone(steering, action, due="2026-12-31")
    body = MilestoneReschedule(due=date(2027, 6, 30), reason=RescheduleReason.scope)
    async with databases.open("actions") as db:
        await operations.reschedule(db, UUID(milestone["id"]), body, by=SYSTEM, version=milestone["version"])
        shortening = asyncio.create_task(steering.patch(f"{ACTIONS}/{action['id']}", json={"ends_on": "2027-02-01"}, headers=at(action)))
        await asyncio.sleep(0.3)
        assert not shortening.done()

    assert "Charte signée » (30 juin 2027)" in refused(await shortening, "#/ends_on")


@pytest.mark.parametrize(
    ("reached_on", "said"),
    [
        (
            "2026-11-19",
            "Un jalon ne peut pas être atteint (19 novembre 2026) avant d'être prévu : choisissez un jour du 20 novembre 2026 au ",
        ),
        ("2026-11-23", "Un jalon ne peut pas être atteint un jour à venir (23 novembre 2026) : choisissez un jour du 20 novembre 2026 au "),
    ],
)
async def test_typed_dates_a_milestone_is_reached_between_its_planning_and_today(
    steering: httpx.AsyncClient, reached_on: str, said: str
) -> None:
    with time_machine.travel(datetime(2026, 11, 19, 23, 30, tzinfo=UTC)):  # the 20th, in Paris
        milestone = await a_milestone(steering, await an_action(steering))

    reach = await steering.post(f"{PATH}/{milestone['id']}/reach", json={"reached_on": reached_on}, headers=at(milestone))

    assert refused(reach, "#/reached_on").startswith(said + "22 novembre 2026")
    assert (await move_milestone(steering, milestone, "reach", reached_on="2026-11-20"))["reached_on"] == "2026-11-20"
