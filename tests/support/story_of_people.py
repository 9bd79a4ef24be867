"""The story goes on: who is invited accepts, asks, leaves; who manages approves, declines, suspends and resumes."""

from collections.abc import Callable
from typing import Any

import httpx

from services.kernel.base import clock
from tests.support.http import at, ok
from tests.support.story import Resource, day, invite, make, verb, where

Acting = Callable[[Resource], httpx.AsyncClient]
"""The client of the person of a membership, who acts by it."""


async def tell_of_people(steering: httpx.AsyncClient, acting: Acting, hospital: Resource, other: Resource) -> dict[str, Resource]:
    """Tells it of two organisations; status → a membership of the first that is left in it, of its department."""
    here: dict[str, Any] = {"departments": ["44"]}
    managers = [await accepted(acting, await invite(steering, hospital, manager=True, **here)) for _ in range(2)]
    manager = acting(managers[0])
    me = ok(await manager.get("/access/v1/me"))
    ok(await manager.patch("/access/v1/me", json={"family_name": "Martin"}, headers=at(me)))
    rows = {"invited": await invite(steering, hospital, **here), "active": managers[1]}
    asking = [await accepted(acting, await invite(steering, other)) for _ in range(3)]
    asked = [await ask(acting(each), hospital, **here) for each in asking]
    rows["requested"] = asked[0]
    rows["declined"] = await verb(manager, where("memberships", asked[1]), asked[1], "decline", reason="Inconnu du service")
    approved = await verb(manager, where("memberships", asked[2]), asked[2], "approve")
    suspended = await verb(manager, where("memberships", approved), approved, "suspend", reason="Absence")
    resumed = await verb(manager, where("memberships", suspended), suspended, "resume")
    rows["suspended"] = await verb(manager, where("memberships", resumed), resumed, "suspend", reason="Absence")
    await tell_of_credentials(manager)
    left = await accepted(acting, await invite(steering, hospital, **here))
    rows["ended"] = await verb(acting(left), where("memberships", left), left, "leave")
    return rows


async def tell_of_credentials(manager: httpx.AsyncClient) -> None:
    """A credential that replaces another, and one that is revoked."""
    own, until = "/access/v1/me/credentials", day(clock.today(), 300)
    made = [await make(manager, own, name="Logiciel de gestion", roles=["reader"], departments=["44"], expires_on=until) for _ in range(2)]
    ok(await manager.post(f"{own}/{made[0]['id']}/rotate", json={"expires_on": until}, headers=at(made[0])))
    await verb(manager, f"{own}/{made[1]['id']}", made[1], "revoke", reason="Fuite")


async def accepted(acting: Acting, membership: Resource) -> Resource:
    """A membership, accepted by its person."""
    return await verb(acting(membership), where("memberships", membership), membership, "accept")


async def ask(person: httpx.AsyncClient, organisation: Resource, **given: Any) -> Resource:
    """What a person asks for."""
    return await make(person, "/access/v1/memberships/requests", organisation_id=organisation["id"], roles=["reader"], **given)
