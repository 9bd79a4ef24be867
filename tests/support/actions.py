"""Builders for the plan: keywords for what a test is about, defaults for the rest."""

from itertools import count
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import insert

from services.actions_api.copies import ORGANISATIONS
from services.contracts.codes import OrganisationRole
from services.kernel.base import ids
from services.kernel.data.database import Databases
from tests.support.http import at, ok

_numbers = count(1)


def action_body(**given: Any) -> dict[str, Any]:
    """The body of a new action."""
    return {"ref": f"T{next(_numbers)}", "title": "Charte du tutorat", "axis": "A4", "objectives": ["O2", "O3"], **given}


async def an_action(steering: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    """A draft."""
    return ok(await steering.post("/actions/v1/actions", json=action_body(**given)))


async def a_milestone(steering: httpx.AsyncClient, action: dict[str, Any], **given: Any) -> dict[str, Any]:
    """A milestone of an action."""
    body = {"action_id": action["id"], "title": "Charte signée", "due": "2027-03-31", **given}
    return ok(await steering.post("/actions/v1/milestones", json=body))


async def move(steering: httpx.AsyncClient, action: dict[str, Any], verb: str, **body: Any) -> dict[str, Any]:
    """Moves an action, at the version that the test holds."""
    return ok(await steering.post(f"/actions/v1/actions/{action['id']}/{verb}", json=body or None, headers=at(action)))


async def an_approved_action(steering: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    """An action that a committee has approved."""
    action = await move(steering, await an_action(steering, **given), "submit")
    return await move(steering, action, "approve", decision_ref="COPIL-2022-10-19-3")


async def an_organisation_copy(databases: Databases) -> UUID:
    """An organisation that the service has heard of."""
    organisation = ids.new()
    row = {"id": organisation, "version": 1, "name": "CH de Saint-Nazaire", "roles": [OrganisationRole.employer], "status": "active"}
    async with databases.open("actions") as db:
        await db.fetch(insert(ORGANISATIONS.table).values(**row))
    return organisation


async def move_milestone(steering: httpx.AsyncClient, milestone: dict[str, Any], verb: str, **body: Any) -> dict[str, Any]:
    """Moves a milestone, at the version that the test holds."""
    return ok(await steering.post(f"/actions/v1/milestones/{milestone['id']}/{verb}", json=body, headers=at(milestone)))
