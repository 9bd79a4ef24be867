"""Schemes: written as drafts, activated, retired once their money is settled."""

from itertools import product
from typing import Any

import httpx
import pytest
from sqlmodel import select

from services.contracts.codes import Role
from services.contracts.recruitment import SchemeStatus
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.recruitment_api.schemes.lifecycle import LIFECYCLE, OPERATIONS
from services.recruitment_api.schemes.schemas import SchemeRead
from services.recruitment_api.schemes.tables import Scheme
from tests.conftest import Client
from tests.support.allowed import asked_from
from tests.support.http import at, ok, pointers, problem_type
from tests.support.recruitment import HOME, a_scheme, again, an_active_scheme, an_envelope, event_types, events_of, move, scheme_body

VERBS = {"activate": SchemeStatus.active, "retire": SchemeStatus.retired}


async def codes(client: httpx.AsyncClient, **query: Any) -> list[str]:
    """The codes that a list shows."""
    return [item["code"] for item in ok(await client.get(f"{HOME}/schemes", params=query))["items"]]


async def test_a_scheme_lives_from_draft_to_retirement(steering: httpx.AsyncClient, databases: Databases) -> None:
    scheme = await a_scheme(steering, code="CAE", kind="study_allowance")
    changed = ok(await steering.patch(f"{HOME}/schemes/{scheme['id']}", json={"legal_basis": "Appel 2026"}, headers=at(scheme)))
    scheme = await move(steering, "schemes", changed, "activate")
    scheme = await move(steering, "schemes", scheme, "retire")

    assert [step["status"] for step in scheme["history"]] == ["draft", "active", "retired"]
    assert scheme["legal_basis"] == "Appel 2026"
    assert await event_types(databases, scheme) == ["scheme.created", "scheme.changed", "scheme.activated", "scheme.retired"]
    last = (await events_of(databases, "scheme"))[-1]["event"]
    assert (last["data"]["code"], last["data"]["scheme_kind"], last["data"]["status"]) == ("CAE", "study_allowance", "retired")
    history = ok(await steering.get(f"{HOME}/schemes/{scheme['id']}/history"))
    assert [version["document"]["status"] for version in history["items"]] == ["retired", "active", "draft", "draft"]


async def test_a_code_is_taken_once(steering: httpx.AsyncClient) -> None:
    await a_scheme(steering, code="CAE")

    answer = await steering.post(f"{HOME}/schemes", json=scheme_body(code="CAE"))

    assert (answer.status_code, problem_type(answer), pointers(answer)) == (409, "already-exists", ["#/code"])


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"kind": "loan"}, "#/kind"), ({"label": ""}, "#/label"), ({"status": "active"}, "#/status"), ({"code": "é t é"}, "#/code")],
)
async def test_a_scheme_is_checked(steering: httpx.AsyncClient, wrong: dict[str, Any], pointer: str) -> None:
    answer = await steering.post(f"{HOME}/schemes", json=scheme_body(**wrong))

    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert await codes(steering) == []


async def test_what_a_scheme_says_is_settled_once_it_is_active(steering: httpx.AsyncClient) -> None:
    scheme = await an_active_scheme(steering)

    answer = await steering.patch(f"{HOME}/schemes/{scheme['id']}", json={"label": "Autre"}, headers=at(scheme))

    assert (answer.status_code, problem_type(answer)) == (409, "scheme-not-draft")


async def test_a_code_never_changes(steering: httpx.AsyncClient) -> None:
    scheme = await a_scheme(steering)

    answer = await steering.patch(f"{HOME}/schemes/{scheme['id']}", json={"code": "AUTRE"}, headers=at(scheme))

    assert (answer.status_code, pointers(answer)) == (422, ["#/code"])


@pytest.mark.parametrize(
    ("verb", "status"), [(verb, status) for verb, status in product(VERBS, SchemeStatus) if VERBS[verb] not in LIFECYCLE.allowed(status)]
)
async def test_every_other_move_is_refused_and_says_which_are_allowed(
    steering: httpx.AsyncClient, databases: Databases, verb: str, status: SchemeStatus
) -> None:
    scheme = await a_scheme(steering)
    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(Scheme))
        row.status = status
        scheme["version"] = (await db.save(row, by=SYSTEM)).version

    answer = await steering.post(f"{HOME}/schemes/{scheme['id']}/{verb}", headers=at(scheme))

    assert (answer.status_code, problem_type(answer)) == (409, "move-refused")
    assert answer.json()["allowed_operations"] == asked_from(OPERATIONS, status)
    assert ok(await steering.get(f"{HOME}/schemes/{scheme['id']}/live")) == {"allowed_operations": asked_from(OPERATIONS, status)}


async def test_a_scheme_retires_once_its_envelopes_are_closed(steering: httpx.AsyncClient) -> None:
    scheme = await an_active_scheme(steering)
    envelope = await an_envelope(steering, scheme_id=scheme["id"])

    refused = await steering.post(f"{HOME}/schemes/{scheme['id']}/retire", headers=at(scheme))
    assert (refused.status_code, problem_type(refused)) == (409, "scheme-still-funded")

    await move(steering, "envelopes", envelope, "close", reason="Exercice terminé")
    assert (await move(steering, "schemes", scheme, "retire"))["status"] == "retired"


async def test_drafts_are_seen_by_those_who_prepare_them(client: Client, steering: httpx.AsyncClient) -> None:
    draft, active = await a_scheme(steering), await an_active_scheme(steering)
    reader, finance = client(Role.reader), client(Role.finance)

    assert await codes(reader) == [active["code"]]
    assert await codes(finance) == [active["code"], draft["code"]]
    assert (await reader.get(f"{HOME}/schemes/{draft['id']}")).status_code == 404
    assert (await reader.get(f"{HOME}/schemes/{draft['id']}/live")).status_code == 404
    assert ok(await reader.get(f"{HOME}/schemes/{active['id']}"))["label"] == active["label"]


async def test_lists_are_filtered(steering: httpx.AsyncClient) -> None:
    first = await a_scheme(steering, kind="study_allowance")
    second = await an_active_scheme(steering)

    assert await codes(steering, kind="study_allowance") == [first["code"]]
    assert await codes(steering, status="active") == [second["code"]]
    assert (await steering.get(f"{HOME}/schemes", params={"status": "unknown"})).status_code == 422


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.steering])
async def test_schemes_are_steering_s_to_write(client: Client, steering: httpx.AsyncClient, role: Role) -> None:
    scheme = await a_scheme(steering)
    other = client(role)

    answers = [
        await other.post(f"{HOME}/schemes", json=scheme_body()),
        await other.patch(f"{HOME}/schemes/{scheme['id']}", json={"label": "Autre"}, headers=at(scheme)),
        await other.post(f"{HOME}/schemes/{scheme['id']}/activate", headers=at(scheme)),
        await other.post(f"{HOME}/schemes/{scheme['id']}/retire", headers=at(scheme)),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert await again(steering, "schemes", scheme) == scheme


async def test_a_stale_or_missing_version_changes_nothing(steering: httpx.AsyncClient) -> None:
    scheme = await a_scheme(steering)
    await steering.patch(f"{HOME}/schemes/{scheme['id']}", json={"label": "Autre"}, headers=at(scheme))

    assert (await steering.post(f"{HOME}/schemes/{scheme['id']}/activate", headers=at(scheme))).status_code == 412
    assert (await steering.post(f"{HOME}/schemes/{scheme['id']}/activate")).status_code == 428


async def test_the_stored_document_is_the_row_s(steering: httpx.AsyncClient, databases: Databases) -> None:
    await an_active_scheme(steering)

    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(Scheme))
        assert row.document == SchemeRead.model_validate(row).model_dump_json()
