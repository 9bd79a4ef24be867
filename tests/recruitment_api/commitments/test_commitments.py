"""Commitments: money taken from an envelope and given back, once."""

from typing import Any

import httpx
import pytest
from sqlmodel import select

from services.kernel.base import clock
from services.kernel.data.database import Databases
from services.recruitment_api.commitments.schemas import CommitmentRead
from services.recruitment_api.commitments.tables import Commitment
from tests.support.http import at, ok, pointers, problem_type
from tests.support.recruitment import (
    EURO,
    HOME,
    a_commitment,
    again,
    an_envelope,
    commitment_body,
    entries_of,
    event_types,
    folded,
    move,
    with_key,
)

REASON = {"reason": "Contrat non signé"}


async def test_a_commitment_takes_money_and_its_release_gives_it_back(steering: httpx.AsyncClient, databases: Databases) -> None:
    envelope = await an_envelope(steering, department="85")
    commitment = await a_commitment(steering, envelope, reference="CAE-1")
    after = await again(steering, "envelopes", envelope)
    assert (after["committed_cents"], after["available_cents"], after["version"]) == (3_500 * EURO, 96_500 * EURO, 2)
    assert (commitment["scheme_code"], commitment["fiscal_year"], commitment["department"]) == (envelope["scheme_code"], 2026, "85")

    released = await move(steering, "commitments", commitment, "release", **REASON)

    assert (released["status"], released["status_reason"], released["released_on"]) == (
        "released",
        "Contrat non signé",
        clock.today().isoformat(),
    )
    entries = await entries_of(steering, envelope)
    assert [(entry["kind"], entry["reference"], entry["commitment_id"]) for entry in entries[1:]] == [
        ("commit", "CAE-1", commitment["id"]),
        ("release", "CAE-1", commitment["id"]),
    ]
    assert folded(entries) == (0, 100_000 * EURO)
    assert (await again(steering, "envelopes", envelope))["available_cents"] == 100_000 * EURO
    assert await event_types(databases, commitment) == ["commitment.committed", "commitment.released"]
    assert await event_types(databases, envelope) == ["scheme_envelope.opened", "scheme_envelope.committed", "scheme_envelope.released"]
    history = ok(await steering.get(f"{HOME}/commitments/{commitment['id']}/history"))
    assert [version["document"]["status"] for version in history["items"]] == ["released", "committed"]


async def test_the_last_cent_is_taken_and_not_one_more(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering)
    await a_commitment(steering, envelope, amount_cents=100_000 * EURO - 5)

    refused = await steering.post(f"{HOME}/commitments", json=commitment_body(envelope, amount_cents=6), headers=with_key())
    assert (refused.status_code, problem_type(refused), refused.json()["available_cents"]) == (409, "envelope-exceeded", 5)

    await a_commitment(steering, envelope, amount_cents=5)
    assert (await again(steering, "envelopes", envelope))["available_cents"] == 0
    assert len(await entries_of(steering, envelope)) == 3


async def test_money_is_given_back_once(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering)
    commitment = await a_commitment(steering, envelope)
    released = await move(steering, "commitments", commitment, "release", **REASON)

    answer = await steering.post(f"{HOME}/commitments/{commitment['id']}/release", json=REASON, headers=with_key(released))

    assert (answer.status_code, problem_type(answer), answer.json()["allowed_operations"]) == (409, "move-refused", [])
    assert (await again(steering, "envelopes", envelope))["committed_cents"] == 0


async def test_a_reference_is_taken_once_in_an_envelope(steering: httpx.AsyncClient) -> None:
    envelope, other = await an_envelope(steering), await an_envelope(steering)
    await a_commitment(steering, envelope, reference="CAE-1")
    await a_commitment(steering, other, reference="CAE-1")

    answer = await steering.post(f"{HOME}/commitments", json=commitment_body(envelope, reference="CAE-1"), headers=with_key())

    assert (answer.status_code, problem_type(answer)) == (409, "already-exists")
    assert "#/reference" in pointers(answer)
    assert (await again(steering, "envelopes", envelope))["committed_cents"] == 3_500 * EURO


async def test_a_repeated_request_has_one_effect_and_the_same_answer(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering)
    body, headers = commitment_body(envelope), with_key()

    first = await steering.post(f"{HOME}/commitments", json=body, headers=headers)
    second = await steering.post(f"{HOME}/commitments", json=body, headers=headers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert (await again(steering, "envelopes", envelope))["committed_cents"] == 3_500 * EURO
    assert len(await entries_of(steering, envelope)) == 2


async def test_a_key_stands_for_one_request(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering)
    body, headers = commitment_body(envelope), with_key()
    await steering.post(f"{HOME}/commitments", json=body, headers=headers)

    answer = await steering.post(f"{HOME}/commitments", json={**body, "amount_cents": 1}, headers=headers)

    assert (answer.status_code, problem_type(answer)) == (422, "idempotency-key-reused")
    assert len(await entries_of(steering, envelope)) == 2


async def test_money_moves_under_a_key_only(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering)
    commitment = await a_commitment(steering, envelope)

    answers = [
        await steering.post(f"{HOME}/commitments", json=commitment_body(envelope)),
        await steering.post(f"{HOME}/commitments/{commitment['id']}/release", json=REASON, headers=at(commitment)),
    ]

    assert [(answer.status_code, problem_type(answer)) for answer in answers] == [(400, "idempotency-key-missing")] * 2


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"amount_cents": 0}, "#/amount_cents"),
        ({"amount_cents": -350_000}, "#/amount_cents"),
        ({"amount_cents": "350000"}, "#/amount_cents"),
        ({"amount_cents": 10**30}, "#/amount_cents"),
        ({"reference": "Jeanne Martin"}, "#/reference"),
        ({"envelope_id": "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"}, "#/envelope_id"),
        ({"status": "released"}, "#/status"),
    ],
)
async def test_a_commitment_is_checked(steering: httpx.AsyncClient, wrong: dict[str, Any], pointer: str) -> None:
    envelope = await an_envelope(steering)

    answer = await steering.post(f"{HOME}/commitments", json=commitment_body(envelope, **wrong), headers=with_key())

    assert (answer.status_code, pointers(answer)) == (422, [pointer])
    assert await again(steering, "envelopes", envelope) == envelope


async def test_lists_are_filtered(steering: httpx.AsyncClient) -> None:
    envelope, other = await an_envelope(steering), await an_envelope(steering)
    first, second = await a_commitment(steering, envelope), await a_commitment(steering, other)
    await move(steering, "commitments", second, "release", **REASON)

    async def found(**query: Any) -> list[str]:
        return [item["id"] for item in ok(await steering.get(f"{HOME}/commitments", params=query))["items"]]

    assert await found() == [second["id"], first["id"]]
    assert await found(envelope_id=envelope["id"]) == [first["id"]]
    assert await found(status="released") == [second["id"]]


async def test_the_stored_document_is_the_row_s(steering: httpx.AsyncClient, databases: Databases) -> None:
    envelope = await an_envelope(steering)
    await move(steering, "commitments", await a_commitment(steering, envelope), "release", **REASON)

    async with databases.open("recruitment", "worker") as db:
        row = await db.one(select(Commitment))
        assert row.document == CommitmentRead.model_validate(row).model_dump_json()
