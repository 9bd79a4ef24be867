"""Envelopes: opened for an active scheme, their ceiling, freezing and closing, and the ledger that explains them."""

from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import update
from sqlmodel import select

from services.contracts.codes import Department, Role
from services.contracts.recruitment import EnvelopeStatus
from services.kernel.api.paging import cursor
from services.kernel.base.principals import SYSTEM, somebody
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.recruitment_api.copies import ORGANISATIONS
from services.recruitment_api.envelopes.lifecycle import OPERATIONS
from services.recruitment_api.envelopes.schemas import EnvelopeRead
from services.recruitment_api.envelopes.tables import SchemeEnvelope
from tests.conftest import Client
from tests.support.allowed import asked_from
from tests.support.http import at, ok, pointers, problem_type
from tests.support.recruitment import (
    EURO,
    HOME,
    a_commitment,
    a_funder,
    a_scheme,
    again,
    an_active_scheme,
    an_envelope,
    commitment_body,
    entries_of,
    event_types,
    events_of,
    folded,
    move,
    with_key,
)

REASON = {"reason": "Arbitrage budgétaire"}
S = EnvelopeStatus
LEAVES = {"freeze": {S.open}, "unfreeze": {S.frozen}, "close": {S.open, S.frozen}, "reopen": {S.closed}}
"""verb → the states that it may leave."""


async def test_an_envelope_opens_with_its_ceiling_in_the_ledger(steering: httpx.AsyncClient, databases: Databases) -> None:
    scheme = await an_active_scheme(steering, code="CAE")
    envelope = await an_envelope(steering, scheme_id=scheme["id"], department="44")

    assert (envelope["scheme_code"], envelope["status"], envelope["committed_cents"]) == ("CAE", "open", 0)
    assert envelope["available_cents"] == envelope["ceiling_cents"] == 100_000 * EURO
    (entry,) = await entries_of(steering, envelope)
    assert (entry["seq"], entry["kind"], entry["balance_after_cents"], entry["by"]) == (
        1,
        "ceiling_change",
        100_000 * EURO,
        somebody("tests"),
    )
    (event,) = await events_of(databases, "scheme_envelope")
    assert event["type"] == "recruitment.scheme_envelope.opened"
    assert event["event"]["data"]["ceiling_cents"] == 100_000 * EURO


async def test_only_an_active_scheme_is_funded(steering: httpx.AsyncClient) -> None:
    draft = await a_scheme(steering)
    body = {"scheme_id": draft["id"], "fiscal_year": 2026, "funder": "ARS-PDL", "ceiling_cents": 1}

    answer = await steering.post(f"{HOME}/envelopes", json=body, headers=with_key())
    assert (answer.status_code, problem_type(answer)) == (409, "scheme-not-active")

    answer = await steering.post(
        f"{HOME}/envelopes", json={**body, "scheme_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}, headers=with_key()
    )
    assert (answer.status_code, pointers(answer)) == (422, ["#/scheme_id"])


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"ceiling_cents": 0}, "#/ceiling_cents"),
        ({"ceiling_cents": 10.5}, "#/ceiling_cents"),
        ({"fiscal_year": 26}, "#/fiscal_year"),
        ({"department": "75"}, "#/department"),
        ({"committed_cents": 5}, "#/committed_cents"),
        ({"funder": "\u202eSRA"}, "#/funder"),
        ({"funder": "ARS Pays de la Loire"}, "#/funder"),
    ],
)
async def test_an_envelope_is_checked(steering: httpx.AsyncClient, wrong: dict[str, Any], pointer: str) -> None:
    scheme = await an_active_scheme(steering)
    body = {"scheme_id": scheme["id"], "fiscal_year": 2026, "funder": "ARS-PDL", "ceiling_cents": 1, **wrong}

    answer = await steering.post(f"{HOME}/envelopes", json=body, headers=with_key())

    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert ok(await steering.get(f"{HOME}/envelopes"))["items"] == []


async def test_an_envelope_names_the_code_of_an_active_organisation_that_funds(steering: httpx.AsyncClient, databases: Databases) -> None:
    scheme = await an_active_scheme(steering)
    ended = [{"since": "2026-01-05", "until": "2026-02-02"}]
    await a_funder(databases, "ONCE-SUSPENDED", suspended_spells=ended)
    await a_funder(databases, "CLOSED")
    await a_funder(databases, "SUSPENDED", suspended_spells=[{"since": "2026-11-02", "until": None}])
    await a_funder(databases, "NO-FUNDER")
    async with databases.open("recruitment") as db:
        table = ORGANISATIONS.table
        await db.fetch(update(table).where(table.c.funder_code == "CLOSED").values(status="closed"))
        await db.fetch(update(table).where(table.c.funder_code == "NO-FUNDER").values(roles=["employer"]))
    body = {"scheme_id": scheme["id"], "fiscal_year": 2026, "ceiling_cents": 1}

    for funder in ("UNKNOWN", "CLOSED", "SUSPENDED", "NO-FUNDER", "ars-pdl"):
        answer = await steering.post(f"{HOME}/envelopes", json={**body, "funder": funder}, headers=with_key())
        assert (answer.status_code, pointers(answer), answer.json()["errors"][0]["code"]) == (422, ["#/funder"], "unknown_reference")
        assert "funder_code" in answer.json()["detail"]
    assert (await an_envelope(steering, funder="ONCE-SUSPENDED"))["funder"] == "ONCE-SUSPENDED"


async def test_a_ceiling_rises_and_falls(steering: httpx.AsyncClient, databases: Databases) -> None:
    envelope = await an_envelope(steering)
    envelope = await move(steering, "envelopes", envelope, "ceiling", ceiling_cents=120_000 * EURO, **REASON)
    envelope = await move(steering, "envelopes", envelope, "ceiling", ceiling_cents=90_000 * EURO, **REASON)
    same = await move(steering, "envelopes", envelope, "ceiling", ceiling_cents=90_000 * EURO, **REASON)

    assert same["version"] == envelope["version"] == 3
    assert folded(await entries_of(steering, envelope)) == (0, 90_000 * EURO)
    assert await event_types(databases, envelope) == [
        "scheme_envelope.opened",
        "scheme_envelope.ceiling_changed",
        "scheme_envelope.ceiling_changed",
    ]


async def test_a_ceiling_does_not_fall_below_what_is_committed(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering)
    await a_commitment(steering, envelope, amount_cents=60_000 * EURO)
    envelope = await again(steering, "envelopes", envelope)

    body = {"ceiling_cents": 60_000 * EURO - 1, **REASON}
    answer = await steering.post(f"{HOME}/envelopes/{envelope['id']}/ceiling", json=body, headers=with_key(envelope))

    assert (answer.status_code, problem_type(answer), answer.json()["shortfall_cents"]) == (409, "ceiling-below-committed", 1)
    lowered = await move(steering, "envelopes", envelope, "ceiling", ceiling_cents=60_000 * EURO, **REASON)
    assert lowered["available_cents"] == 0


async def test_a_ceiling_moves_under_a_key(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering)

    answer = await steering.post(f"{HOME}/envelopes/{envelope['id']}/ceiling", json={"ceiling_cents": 1, **REASON}, headers=at(envelope))

    assert (answer.status_code, problem_type(answer)) == (400, "idempotency-key-missing")


async def test_only_an_open_envelope_takes_commitments(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering)
    frozen = await move(steering, "envelopes", envelope, "freeze", **REASON)
    assert frozen["status_reason"] == "Arbitrage budgétaire"

    answer = await steering.post(f"{HOME}/commitments", json=commitment_body(envelope), headers=with_key())
    assert (answer.status_code, problem_type(answer)) == (409, "envelope-not-open")

    await move(steering, "envelopes", frozen, "unfreeze")
    await a_commitment(steering, envelope)


async def test_a_closed_envelope_takes_no_money_and_keeps_its_ceiling(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering)
    await a_commitment(steering, envelope)
    closed = await move(steering, "envelopes", await again(steering, "envelopes", envelope), "close", **REASON)

    answers = [
        await steering.post(f"{HOME}/commitments", json=commitment_body(envelope), headers=with_key()),
        await steering.post(f"{HOME}/envelopes/{envelope['id']}/ceiling", json={"ceiling_cents": 99, **REASON}, headers=with_key(closed)),
    ]

    assert [(answer.status_code, problem_type(answer)) for answer in answers] == [(409, "envelope-not-open")] * 2
    assert len(await entries_of(steering, envelope)) == 2


@pytest.mark.parametrize(
    ("verb", "status"), [(verb, status) for verb, status in product(LEAVES, EnvelopeStatus) if status not in LEAVES[verb]]
)
async def test_every_other_move_is_refused_and_says_which_are_allowed(
    steering: httpx.AsyncClient, databases: Databases, verb: str, status: EnvelopeStatus
) -> None:
    envelope = await an_envelope(steering)
    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(SchemeEnvelope))
        row.status = status
        envelope["version"] = (await db.save(row, by=SYSTEM)).version

    body = None if verb == "unfreeze" else REASON
    answer = await steering.post(f"{HOME}/envelopes/{envelope['id']}/{verb}", json=body, headers=at(envelope))

    assert (answer.status_code, problem_type(answer)) == (409, "move-refused")
    assert answer.json()["allowed_operations"] == asked_from(OPERATIONS, status)
    assert ok(await steering.get(f"{HOME}/envelopes/{envelope['id']}/live")) == {"allowed_operations": asked_from(OPERATIONS, status)}


async def test_the_ledger_is_paged_by_rank(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering)
    for _ in range(4):
        await a_commitment(steering, envelope)
    address = f"{HOME}/envelopes/{envelope['id']}/entries"

    first = ok(await steering.get(address, params={"limit": 3}))
    second = ok(await steering.get(address, params={"limit": 3, "after": first["next"]}))

    assert [entry["seq"] for entry in first["items"]] == [5, 4, 3]
    assert [entry["seq"] for entry in second["items"]] == [2, 1]
    assert second["next"] is None
    beyond = await steering.get(address, params={"after": cursor(UUID(int=2**128 - 1))})
    assert len(ok(beyond)["items"]) == 5


async def test_the_ledger_of_an_unknown_envelope_is_not_found(steering: httpx.AsyncClient) -> None:
    assert (await steering.get(f"{HOME}/envelopes/0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/entries")).status_code == 404


@pytest.mark.parametrize("change", ["UPDATE envelope_entry SET amount_cents = 1", "DELETE FROM envelope_entry", "TRUNCATE envelope_entry"])
async def test_an_entry_never_changes(steering: httpx.AsyncClient, databases: Databases, settings: Settings, change: str) -> None:
    await an_envelope(steering)

    pool = await databases.pool("recruitment", "worker")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(change)

    owner = await asyncpg.connect(settings.database_url_of("recruitment"), server_settings={"search_path": "recruitment"})
    try:
        with pytest.raises(asyncpg.RestrictViolationError, match="ne changent pas"):
            await owner.execute(change)
    finally:
        await owner.close()


@pytest.mark.parametrize("noun", ["scheme", "scheme_envelope", "commitment", "need", "application", "assignment"])
async def test_a_history_is_not_rewritten(databases: Databases, noun: str) -> None:
    pool = await databases.pool("recruitment", "worker")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(f"DELETE FROM {noun}_version")  # noqa: S608  a name of this list


async def test_the_database_holds_the_ceiling_by_itself(steering: httpx.AsyncClient, databases: Databases) -> None:
    await an_envelope(steering)

    pool = await databases.pool("recruitment", "worker")
    with pytest.raises(asyncpg.CheckViolationError, match="scheme_envelope_committed_check"):
        await pool.execute("UPDATE scheme_envelope SET committed_cents = ceiling_cents + 1")
    with pytest.raises(asyncpg.CheckViolationError, match="scheme_envelope_committed_check"):
        await pool.execute("UPDATE scheme_envelope SET committed_cents = -1")


async def test_lists_are_filtered(steering: httpx.AsyncClient) -> None:
    first = await an_envelope(steering, fiscal_year=2025, department="44")
    second = await an_envelope(steering)

    async def found(**query: Any) -> list[str]:
        return [item["id"] for item in ok(await steering.get(f"{HOME}/envelopes", params=query))["items"]]

    assert await found() == [second["id"], first["id"]]
    assert await found(scheme_id=first["scheme_id"]) == [first["id"]]
    assert await found(fiscal_year=2026) == [second["id"]]
    assert await found(department="44") == [first["id"]]
    assert await found(status="closed") == []


async def test_money_is_finance_s_within_its_departments(client: Client, steering: httpx.AsyncClient) -> None:
    regional, local = await an_envelope(steering), await an_envelope(steering, department="44")
    nantes = client(Role.finance, departments=frozenset({Department.loire_atlantique}))

    async def commits(by: httpx.AsyncClient, envelope: dict[str, Any]) -> int:
        return (await by.post(f"{HOME}/commitments", json=commitment_body(envelope), headers=with_key())).status_code

    assert await commits(nantes, local) == 201
    assert await commits(nantes, regional) == 403
    assert await commits(client(Role.finance), regional) == 201
    answer = await nantes.post(
        f"{HOME}/envelopes/{regional['id']}/close", json=REASON, headers=at(await again(steering, "envelopes", regional))
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.steering, Role.finance)])
async def test_no_one_else_moves_money(client: Client, steering: httpx.AsyncClient, role: Role) -> None:
    envelope = await an_envelope(steering)
    other = client(role)
    body = {"scheme_id": envelope["scheme_id"], "fiscal_year": 2026, "funder": "ARS-PDL", "ceiling_cents": 1}

    answers = [
        await other.post(f"{HOME}/envelopes", json=body, headers=with_key()),
        await other.post(f"{HOME}/envelopes/{envelope['id']}/ceiling", json={"ceiling_cents": 1, **REASON}, headers=with_key(envelope)),
        *[
            await other.post(f"{HOME}/envelopes/{envelope['id']}/{verb}", json=None if verb == "unfreeze" else REASON, headers=at(envelope))
            for verb in LEAVES
        ],
        await other.get(f"{HOME}/envelopes/{envelope['id']}/entries"),
        await other.get(f"{HOME}/commitments"),
        await other.post(f"{HOME}/commitments", json=commitment_body(envelope), headers=with_key()),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert await again(steering, "envelopes", envelope) == envelope


async def test_the_stored_document_is_the_row_s(steering: httpx.AsyncClient, databases: Databases) -> None:
    await a_commitment(steering, await an_envelope(steering))

    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(SchemeEnvelope))
        assert row.document == EnvelopeRead.model_validate(row).model_dump_json()
        assert row.available_cents == 96_500 * EURO
