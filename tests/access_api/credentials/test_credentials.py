"""Credentials of an organisation's software: made, replaced and revoked by its managers; of the secret, only a hash is kept."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import time_machine

from services.access_api.credentials.operations import expire
from services.contracts.codes import STAFF, Department, Role
from services.kernel.api.auth import Tokens
from services.kernel.base import clock
from services.kernel.data.database import Databases
from tests.conftest import Client
from tests.support.access import an_organisation
from tests.support.credentials import OWN, a_credential, as_caller, credential_body, exchanged, in_days, manager_of
from tests.support.http import at, ok, problem_type

ALL = "/access/v1/credentials"
SECRET = re.compile(r"plam_live_[0-9a-f]{8}_[0-9A-Za-z_-]{43}")


@pytest.fixture
async def organisation(steering: httpx.AsyncClient) -> dict[str, Any]:
    return await an_organisation(steering)


@pytest.fixture
def manager(client: Client, tokens: Tokens, organisation: dict[str, Any]) -> httpx.AsyncClient:
    return as_caller(client(), tokens, manager_of(organisation))


async def test_a_secret_is_shown_once_and_only_its_hash_is_kept(manager: httpx.AsyncClient, databases: Databases) -> None:
    answer = await manager.post(OWN, json=credential_body(services=["internships"]), headers={"Idempotency-Key": "the same"})
    made = ok(answer)
    secret = made["client_secret"]
    credential = {name: value for name, value in made.items() if name not in ("client_id", "client_secret", "token_url")}
    assert SECRET.fullmatch(secret)
    assert secret.startswith(credential["prefix"])
    assert made["client_id"] == credential["id"]
    assert made["token_url"] == "http://plam.test/access/v1/token"
    assert answer.headers["cache-control"] == "no-store"
    assert ok(await manager.get(answer.headers["location"])) == credential
    assert secret.rpartition("_")[2] not in (await manager.get(f"{OWN}/{credential['id']}")).text + (await manager.get(OWN)).text
    again = ok(await manager.post(OWN, json=credential_body(services=["internships"]), headers={"Idempotency-Key": "the same"}))
    assert again["client_secret"] != secret, "an answer that holds a secret is not kept"
    async with databases.open("access", "worker") as db:
        connection = await db.connection()
        tables = [row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'access'")]
        for table in tables:
            rows = await connection.fetch(f'SELECT row_to_json(t)::text AS row FROM "{table}" t')  # noqa: S608  # a table of ours
            assert not any(secret in row["row"] or secret[-43:] in row["row"] for row in rows), table


async def test_a_credential_is_rotated_and_both_serve_for_seven_days(manager: httpx.AsyncClient, client: Client) -> None:
    former = await a_credential(manager, services=["internships"], departments=["44"])
    with_etag = at(former)
    latter = ok(await manager.post(f"{OWN}/{former['client_id']}/rotate", json={"expires_on": in_days(400)}, headers=with_etag))
    assert latter["replaces_id"] == former["client_id"]
    kept = ("organisation_id", "organisation_name", "name", "roles", "departments", "services", "environment")
    assert [latter[name] for name in kept] == [former[name] for name in kept]
    assert ok(await manager.get(f"{OWN}/{former['client_id']}"))["expires_on"] == in_days(7)
    for made in (former, latter):
        assert (await exchanged(client(), made)).status_code == 200
    with time_machine.travel(clock.real_now() + timedelta(days=7)):
        assert (await exchanged(client(), former)).status_code == 401
        assert (await exchanged(client(), latter)).status_code == 200


async def test_a_revoked_credential_gets_no_token(manager: httpx.AsyncClient, steering: httpx.AsyncClient, client: Client) -> None:
    first, second = await a_credential(manager), await a_credential(manager)
    for caller, path, made in ((manager, OWN, first), (steering, ALL, second)):
        assert ok(await caller.get(f"{path}/{made['client_id']}/live"))["last_used_on"] is None
        assert (await exchanged(client(), made)).status_code == 200
        assert ok(await caller.get(f"{path}/{made['client_id']}/live"))["last_used_on"] == in_days(0)
        revoked = await caller.post(f"{path}/{made['client_id']}/revoke", json={"reason": "Fuite"}, headers=at(made))
        assert ok(revoked)["status"] == "revoked"
        refused = await exchanged(client(), made)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        again = await caller.post(f"{path}/{made['client_id']}/revoke", json={"reason": "Fuite"}, headers=at(ok(revoked)))
        assert (again.status_code, problem_type(again)) == (409, "move-refused")


async def test_a_credential_expires(manager: httpx.AsyncClient, client: Client, databases: Databases) -> None:
    made = await a_credential(manager, expires_on=in_days(1))
    assert (await exchanged(client(), made)).status_code == 200
    with time_machine.travel(clock.real_now() + timedelta(days=1)):
        assert (await exchanged(client(), made)).status_code == 401
        async with databases.open("access", "worker") as db:
            await expire(db)
        found = ok(await manager.get(f"{OWN}/{made['client_id']}"))
        assert found["status"] == "expired"
        assert ok(await manager.get(f"{OWN}/{made['client_id']}/live"))["allowed_operations"] == []


@pytest.mark.parametrize(("days", "status"), [(0, 422), (1, 201), (547, 201), (548, 422), (-1, 422)])
async def test_it_lasts_eighteen_months_at_most(days: int, status: int, manager: httpx.AsyncClient) -> None:
    answer = await manager.post(OWN, json=credential_body(expires_on=in_days(days)))
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["pointer"] == "#/expires_on"
        assert in_days(547) in answer.json()["detail"]


async def test_nobody_gives_a_credential_more_than_they_hold(
    client: Client, tokens: Tokens, manager: httpx.AsyncClient, organisation: dict[str, Any]
) -> None:
    for roles, refused in ((["finance"], "role-not-allowed"), (["steering"], "grant-too-wide"), (["institute"], "role-not-allowed")):
        answer = await manager.post(OWN, json=credential_body(roles=roles))
        assert problem_type(answer) == refused
    local = as_caller(client(), tokens, manager_of(organisation, departments=frozenset({Department.sarthe})))
    assert problem_type(await local.post(OWN, json=credential_body(departments=[]))) == "grant-too-wide"
    assert problem_type(await local.post(OWN, json=credential_body(departments=["44"]))) == "grant-too-wide"
    wide = await a_credential(manager)
    rotated = await local.post(f"{OWN}/{wide['client_id']}/rotate", json={"expires_on": in_days(30)}, headers=at(wide))
    assert rotated.status_code == 403
    assert ok(await local.post(OWN, json=credential_body(departments=["72"])))["departments"] == ["72"]


async def test_the_kind_is_asked_again_when_a_credential_is_rotated(
    steering: httpx.AsyncClient, manager: httpx.AsyncClient, organisation: dict[str, Any]
) -> None:
    made = await a_credential(manager)
    ok(await steering.patch(f"/access/v1/organisations/{organisation['id']}", json={"roles": ["institute"]}, headers=at(organisation)))

    answer = await manager.post(f"{OWN}/{made['client_id']}/rotate", json={"expires_on": in_days(30)}, headers=at(made))

    assert (answer.status_code, problem_type(answer)) == (409, "role-not-allowed")
    assert ok(await manager.get(f"{OWN}/{made['client_id']}"))["expires_on"] == made["expires_on"]


async def test_credentials_are_their_managers_and_steerings(
    client: Client, tokens: Tokens, steering: httpx.AsyncClient, manager: httpx.AsyncClient, organisation: dict[str, Any]
) -> None:
    made = await a_credential(manager)
    other = as_caller(client(), tokens, manager_of(await an_organisation(steering)))
    plain = client(*STAFF, organisation=UUID(organisation["id"]))
    path = f"{OWN}/{made['client_id']}"
    assert ok(await other.get(OWN))["items"] == ok(await plain.get(OWN))["items"] == []
    for caller in (other, plain):
        assert (await caller.get(path)).status_code == 404
        assert (await caller.post(f"{path}/revoke", json={"reason": "x"}, headers=at(made))).status_code == 404
    assert (await plain.post(OWN, json=credential_body())).status_code == 403
    assert (await other.get(ALL)).status_code == (await manager.get(f"{ALL}/{made['client_id']}")).status_code == 403
    assert [row["id"] for row in ok(await steering.get(ALL, params={"organisation_id": organisation["id"]}))["items"]] == [
        made["client_id"]
    ]
    assert ok(await steering.get(ALL, params={"organisation_id": str(uuid4())}))["items"] == []
    assert (await client(Role.steering).post(OWN, json=credential_body())).status_code == 403
