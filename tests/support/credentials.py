"""Builders for credentials: an organisation's manager, and what is made and exchanged."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from services.contracts.codes import Department, Role
from services.kernel.api.auth import Tokens
from services.kernel.base import clock
from services.kernel.base.principals import Principal, somebody
from tests.support.callers import Bearer
from tests.support.http import ok

OWN = "/access/v1/me/credentials"
TOKEN = "/access/v1/token"


def manager_of(organisation: Mapping[str, Any], *roles: Role, departments: frozenset[Department] = frozenset()) -> Principal:
    """Somebody who manages an organisation."""
    held = frozenset(roles or (Role.employer,))
    return Principal(somebody(f"manager of {organisation['id']}"), held, UUID(organisation["id"]), departments, manager=True)


def as_caller(client: httpx.AsyncClient, tokens: Tokens, principal: Principal) -> httpx.AsyncClient:
    """A client that asks as somebody."""
    client.auth = Bearer(tokens, principal)
    return client


def in_days(days: int) -> str:
    """The day so many days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


def credential_body(**given: Any) -> dict[str, Any]:
    """The body of a new credential."""
    return {"name": "Logiciel de gestion des stages", "roles": ["employer"], "expires_on": in_days(365), **given}


async def a_credential(manager: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    """A credential and its secret."""
    return ok(await manager.post(OWN, json=credential_body(**given)))


async def exchanged(client: httpx.AsyncClient, made: Mapping[str, Any], **given: str) -> httpx.Response:
    """The answer to a credential that is exchanged for a token, its secret in the form."""
    form = {"grant_type": "client_credentials", "client_id": made["client_id"], "client_secret": made["client_secret"], **given}
    return await client.post(TOKEN, data=form)
