"""A closed envelope takes no more commitments, gives back those that it has, and is opened again with a reason."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.contracts.codes import Department, Role
from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.recruitment_api.envelopes import operations
from services.recruitment_api.schemes import operations as schemes
from services.recruitment_api.service import SERVICE
from tests.conftest import Client
from tests.support.figures import figure, hand_over
from tests.support.http import at, ok, pointers, problem_type
from tests.support.recruitment import (
    EURO,
    HOME,
    a_commitment,
    again,
    an_active_scheme,
    an_envelope,
    at_once,
    commitment_body,
    entries_of,
    event_types,
    folded,
    move,
    with_key,
)

REASON = {"reason": "Close sur la mauvaise ligne"}


async def a_closed_envelope(steering: httpx.AsyncClient, **given: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A closed envelope, and the commitment of 3,500 euros that it has."""
    envelope = await an_envelope(steering, **given)
    commitment = await a_commitment(steering, envelope)
    return await move(steering, "envelopes", await again(steering, "envelopes", envelope), "close", reason="Fin d'exercice"), commitment


async def test_e5_a_closed_envelope_still_releases(steering: httpx.AsyncClient, databases: Databases) -> None:
    closed, commitment = await a_closed_envelope(steering)
    assert (await hand_over(databases, SERVICE)).differences == []
    assert await figure(databases, "R04") == (3_500 * EURO, None)

    released = await move(steering, "commitments", commitment, "release", reason="Contrat rompu")

    after = await again(steering, "envelopes", closed)
    assert (released["status"], after["status"], after["committed_cents"]) == ("released", "closed", 0)
    entries = await entries_of(steering, closed)
    assert [entry["kind"] for entry in entries] == ["ceiling_change", "commit", "release"]
    assert folded(entries) == (0, 100_000 * EURO)
    assert (await hand_over(databases, SERVICE)).differences == []
    assert await figure(databases, "R04") == (0, None)
    refused = await steering.post(f"{HOME}/commitments", json=commitment_body(closed), headers=with_key())
    assert (refused.status_code, refused.json()["detail"]) == (409, "Rouvrez d'abord l'enveloppe, qui est close.")


async def test_e5_an_envelope_closed_by_mistake_is_opened_again(steering: httpx.AsyncClient, databases: Databases) -> None:
    closed, _ = await a_closed_envelope(steering)
    assert ok(await steering.get(f"{HOME}/envelopes/{closed['id']}/live"))["allowed_operations"] == ["reopenEnvelope"]
    assert (await hand_over(databases, SERVICE)).differences == []
    assert await figure(databases, "R12") == (0, None)

    reopened = await move(steering, "envelopes", closed, "reopen", **REASON)

    assert (reopened["status"], reopened["status_reason"]) == ("open", REASON["reason"])
    assert [step["status"] for step in reopened["history"]] == ["open", "closed", "open"]
    assert (await event_types(databases, closed))[-2:] == ["scheme_envelope.closed", "scheme_envelope.reopened"]
    await a_commitment(steering, reopened)
    assert (await hand_over(databases, SERVICE)).differences == []
    assert await figure(databases, "R12") == (1, None)


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        (None, "C'est déjà fait : le statut est « ouverte ». D'ici, il peut passer à « gelée » ou « close »."),
        ("freeze", "Le statut est « gelée » ; cette opération demande « close ». D'ici, il peut passer à « ouverte » ou « close »."),
    ],
)
async def test_e5_only_a_closed_envelope_is_reopened(steering: httpx.AsyncClient, verb: str | None, said: str) -> None:
    envelope = await an_envelope(steering)
    if verb:
        envelope = await move(steering, "envelopes", envelope, verb, **REASON)

    answer = await steering.post(f"{HOME}/envelopes/{envelope['id']}/reopen", json=REASON, headers=at(envelope))

    assert (answer.status_code, problem_type(answer), answer.json()["detail"]) == (409, "move-refused", said)


async def test_e5_an_envelope_is_reopened_once_with_a_reason_at_the_version_that_was_read(steering: httpx.AsyncClient) -> None:
    closed, _ = await a_closed_envelope(steering)
    address = f"{HOME}/envelopes/{closed['id']}/reopen"

    unfrozen = await steering.post(f"{HOME}/envelopes/{closed['id']}/unfreeze", headers=at(closed))
    silent = [await steering.post(address, json=body, headers=at(closed)) for body in ({}, {"reason": ""})]
    blind = await steering.post(address, json=REASON)
    stale = await steering.post(address, json=REASON, headers={"If-Match": '"1"'})
    both = await at_once([(steering, address, REASON, at(closed)) for _ in range(2)])

    assert (unfrozen.status_code, problem_type(unfrozen)) == (409, "move-refused")
    assert [(answer.status_code, pointers(answer)) for answer in silent] == [(422, ["#/reason"])] * 2
    assert (blind.status_code, stale.status_code) == (428, 412)
    assert sorted(answer.status_code for answer in both) == [200, 412]


async def test_e5_an_envelope_is_reopened_by_finance_within_its_departments(client: Client, steering: httpx.AsyncClient) -> None:
    regional, _ = await a_closed_envelope(steering)
    local, _ = await a_closed_envelope(steering, department="44")
    nantes = client(Role.finance, departments=frozenset({Department.loire_atlantique}))

    async def status(by: httpx.AsyncClient, envelope: dict[str, Any]) -> int:
        return (await by.post(f"{HOME}/envelopes/{envelope['id']}/reopen", json=REASON, headers=at(envelope))).status_code

    for role in Role:
        if role not in (Role.steering, Role.finance):
            assert await status(client(role), local) == 403
    assert await status(nantes, regional) == 403
    assert await status(steering, {"id": UUID(int=1), "version": 1}) == 404
    assert await status(nantes, local) == 200


async def test_e5_an_envelope_of_a_scheme_that_has_retired_stays_closed(steering: httpx.AsyncClient) -> None:
    scheme = await an_active_scheme(steering)
    closed, commitment = await a_closed_envelope(steering, scheme_id=scheme["id"])
    await move(steering, "schemes", scheme, "retire")

    refused = await steering.post(f"{HOME}/envelopes/{closed['id']}/reopen", json=REASON, headers=at(closed))

    assert (refused.status_code, problem_type(refused)) == (409, "scheme-not-active")
    assert ok(await steering.get(f"{HOME}/envelopes/{closed['id']}/live"))["allowed_operations"] == []
    assert (await move(steering, "commitments", commitment, "release", **REASON))["status"] == "released"


@pytest.mark.parametrize("first", ["reopen", "retire"])
async def test_e5_no_envelope_is_reopened_while_its_scheme_is_being_retired(
    steering: httpx.AsyncClient, databases: Databases, first: str
) -> None:
    """Whoever is first, no retired scheme has an open envelope."""
    scheme = await an_active_scheme(steering)
    closed, _ = await a_closed_envelope(steering, scheme_id=scheme["id"])

    async with databases.open("recruitment", "worker") as db:
        await db.connection()
        if first == "reopen":
            await operations.reopen(db, UUID(closed["id"]), "Erreur", by=SYSTEM, version=closed["version"])
            other = asyncio.create_task(steering.post(f"{HOME}/schemes/{scheme['id']}/retire", headers=at(scheme)))
        else:
            await schemes.retire(db, UUID(scheme["id"]), by=SYSTEM, version=scheme["version"])
            other = asyncio.create_task(steering.post(f"{HOME}/envelopes/{closed['id']}/reopen", json=REASON, headers=at(closed)))
        await asyncio.sleep(0.3)
        assert not other.done()

    answer = await other
    expected = {"reopen": "scheme-still-funded", "retire": "scheme-not-active"}
    assert (answer.status_code, problem_type(answer)) == (409, expected[first])


async def test_e5_money_is_given_back_while_its_envelope_closes_or_opens(steering: httpx.AsyncClient) -> None:
    """Nothing is lost: the counters are what the ledger adds up to."""
    envelope = await an_envelope(steering)
    commitments = [await a_commitment(steering, envelope) for _ in range(12)]

    async def swing() -> int:
        done = 0
        for verb in ("close", "reopen") * 4:
            answer = None
            while answer is None or answer.status_code in (412, 503):
                now = await again(steering, "envelopes", envelope)
                answer = await steering.post(f"{HOME}/envelopes/{envelope['id']}/{verb}", json=REASON, headers=at(now))
            assert answer.status_code == 200
            done += 1
        return done

    releases = [(steering, f"{HOME}/commitments/{each['id']}/release", REASON, with_key(each)) for each in commitments]
    swings, answers = await asyncio.gather(swing(), at_once(releases))

    assert (swings, {answer.status_code for answer in answers}) == (8, {200})
    after = await again(steering, "envelopes", envelope)
    assert (after["status"], after["committed_cents"]) == ("open", 0)
    assert folded(await entries_of(steering, envelope)) == (0, 100_000 * EURO)
