"""Concurrent commitments never overspend an envelope, and its ledger always folds to its counters."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlmodel import select

from services.kernel.base import ids
from services.kernel.base.principals import SYSTEM
from services.kernel.base.problems import Conflict
from services.kernel.base.settings import PoolSizes, Settings
from services.kernel.data.database import Databases
from services.plam import ROUTING
from services.recruitment_api.commitments import operations
from services.recruitment_api.commitments.schemas import CommitmentCreate
from services.recruitment_api.commitments.tables import Commitment
from tests.support.recruitment import (
    EURO,
    HOME,
    a_commitment,
    again,
    an_envelope,
    at_once,
    commitment_body,
    entries_of,
    folded,
    with_key,
)

AT_ONCE = 16
PRICE, CEILING = 3_500 * EURO, 100_000 * EURO

NAIVE = """
CREATE TABLE public.naive_commitment (amount_cents bigint NOT NULL);
INSERT INTO public.naive_commitment SELECT 350000 FROM generate_series(1, 27);
"""


@pytest.fixture
async def roomy(databases: Databases, settings: Settings) -> AsyncIterator[Databases]:
    """Pools that hold as many transactions at once as a test wants."""
    roomy = Databases(settings.model_copy(update={"pools": PoolSizes(worker=AT_ONCE)}), ROUTING)
    yield roomy
    await roomy.close()


async def test_200_commitments_at_once_are_exactly_28(steering: httpx.AsyncClient) -> None:
    envelope = await an_envelope(steering, ceiling_cents=CEILING)

    answers = await at_once([(steering, f"{HOME}/commitments", commitment_body(envelope), with_key()) for _ in range(200)])

    assert Counter(answer.status_code for answer in answers) == {201: 28, 409: 172}
    refusals = [answer.json() for answer in answers if answer.status_code == 409]
    assert {(refusal["type"], refusal["available_cents"]) for refusal in refusals} == {("urn:plam:problem:envelope-exceeded", 2_000 * EURO)}
    assert (await again(steering, "envelopes", envelope))["committed_cents"] == 98_000 * EURO
    entries = await entries_of(steering, envelope)
    assert len(entries) == 29
    assert folded(entries) == (98_000 * EURO, CEILING)


async def test_16_transactions_held_at_the_last_place_make_one_commitment(steering: httpx.AsyncClient, roomy: Databases) -> None:
    envelope = await an_envelope(steering, ceiling_cents=CEILING)
    await a_commitment(steering, envelope, amount_cents=27 * PRICE)
    begun = asyncio.Barrier(AT_ONCE)

    async def commit(number: int) -> bool:
        body = CommitmentCreate(envelope_id=UUID(envelope["id"]), amount_cents=PRICE, reference=f"CAE-{number}")
        try:
            async with roomy.open("recruitment", "worker") as db:
                await db.connection()
                await begun.wait()
                await operations.create(db, body, by=SYSTEM)
        except Conflict:
            return False
        return True

    made = await asyncio.gather(*[commit(number) for number in range(AT_ONCE)])

    assert made.count(True) == 1
    assert folded(await entries_of(steering, envelope)) == (28 * PRICE, CEILING)


async def test_the_naive_way_overspends_every_time(databases: Databases, settings: Settings) -> None:
    """SUM, then INSERT, in READ COMMITTED: why the envelope's own row is what is guarded."""
    url = settings.database_url_of("recruitment")
    connections = [await asyncpg.connect(url) for _ in range(AT_ONCE)]
    begun, read = asyncio.Barrier(AT_ONCE), asyncio.Barrier(AT_ONCE)

    async def commit(connection: asyncpg.Connection) -> bool:
        async with connection.transaction():
            await begun.wait()
            committed = await connection.fetchval("SELECT sum(amount_cents) FROM public.naive_commitment")
            await read.wait()
            if committed + PRICE > CEILING:
                return False
            await connection.execute("INSERT INTO public.naive_commitment VALUES ($1)", PRICE)
            return True

    try:
        await connections[0].execute(NAIVE)
        made = await asyncio.gather(*[commit(connection) for connection in connections])
        spent = await connections[0].fetchval("SELECT sum(amount_cents) FROM public.naive_commitment")
    finally:
        await connections[0].execute("DROP TABLE IF EXISTS public.naive_commitment")
        for connection in connections:
            await connection.close()

    assert made.count(True) == AT_ONCE
    assert spent == 43 * PRICE > CEILING


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_the_order_the_ledger_folds_to_the_counters(steering: httpx.AsyncClient, roomy: Databases, seed: int) -> None:
    envelope = await an_envelope(steering, ceiling_cents=CEILING)
    dice = random.Random(seed)  # noqa: S311  a test that can be replayed, not a secret
    plans = [[(dice.random() < 0.55, dice.randrange(1, 20_000) * EURO, dice.random()) for _ in range(12)] for _ in range(8)]

    outcomes = await asyncio.gather(*[_live(roomy, UUID(envelope["id"]), plan) for plan in plans])

    after = await again(steering, "envelopes", envelope)
    entries = await entries_of(steering, envelope)
    assert folded(entries) == (after["committed_cents"], CEILING)
    async with roomy.open("recruitment", "worker") as db:
        standing = [row.amount_cents for row in await db.fetch(select(Commitment)) if row.status == "committed"]
    assert sum(standing) == after["committed_cents"] <= CEILING
    assert len(entries) == 1 + sum(outcomes)


async def _live(databases: Databases, envelope_id: UUID, plan: list[tuple[bool, int, float]]) -> int:
    """Commits and releases what this one has committed, as the dice fell; how many entries that made."""
    mine: list[Any] = []
    entries = 0
    for commits, cents, which in plan:
        try:
            async with databases.open("recruitment", "worker") as db:
                if commits or not mine:
                    body = CommitmentCreate(envelope_id=envelope_id, amount_cents=cents, reference=f"C{ids.new().hex[-12:]}")
                    mine.append(await operations.create(db, body, by=SYSTEM))
                else:
                    gone = mine.pop(int(which * len(mine)))
                    await operations.release(db, gone.id, "Retrait", by=SYSTEM, version=gone.version)
            entries += 1
        except Conflict:
            pass
    return entries
