"""Milestones say what their action says, after the release before has changed it too, which knew of no lead."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, update

from services.actions_api.actions import followed
from services.actions_api.milestones.tables import Milestone
from services.actions_api.service import SERVICE
from services.contracts.codes import Role
from services.kernel.data.database import Databases
from services.kernel.events.scheduler import run_job
from tests.conftest import Client
from tests.support.actions import a_milestone, an_approved_action, an_organisation_copy, move_milestone
from tests.support.http import at, ok

MILESTONES = "/actions/v1/milestones"


async def known_to_nobody(databases: Databases, lead: UUID | None) -> None:
    """Milestones as the release before leaves them: with the lead that they had, or none."""
    async with databases.open("actions") as db:
        await db.fetch(update(Milestone).values(lead_organisation_id=lead).returning(col(Milestone.id)))


async def made(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Every milestone as it is now, by its id."""
    return {row["id"]: row for row in ok(await client.get(MILESTONES))["items"]}


@pytest.mark.parametrize("had_one", [True, False])
async def test_the_lead_keeps_milestones_that_followed_late(
    client: Client, steering: httpx.AsyncClient, databases: Databases, monkeypatch: pytest.MonkeyPatch, *, had_one: bool
) -> None:
    monkeypatch.setattr(followed, "ACTIONS_AT_ONCE", 2)
    before, now = await an_organisation_copy(databases), await an_organisation_copy(databases)
    then, lead = client(Role.employer, organisation=before), client(Role.employer, organisation=now)
    actions = [await an_approved_action(steering, lead_organisation_id=str(now)) for _ in range(3)]
    milestones = [await a_milestone(steering, action) for action in actions]
    await known_to_nobody(databases, before if had_one else None)

    assert await run_job(databases, SERVICE, "follow_actions")
    versions = {key: row["version"] for key, row in (await made(lead)).items()}
    assert await run_job(databases, SERVICE, "follow_actions")

    rows = await made(lead)
    assert versions == {key: row["version"] for key, row in rows.items()} == {each["id"]: 2 for each in milestones}
    first = rows[milestones[0]["id"]]
    assert (await then.post(f"{MILESTONES}/{first['id']}/reach", json={}, headers=at(first))).status_code == 403
    assert (await move_milestone(lead, first, "reach"))["status"] == "reached"
