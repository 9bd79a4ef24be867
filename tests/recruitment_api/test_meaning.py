"""What the observatory says after our events is what our own tables say."""

import httpx
import pytest

from services.contracts.envelope import Event
from services.contracts.registry import read_state
from services.kernel.base import clock
from services.kernel.data.database import Databases
from services.kernel.data.service import Received
from services.observatory_api.service import SERVICE as OBSERVATORY
from services.observatory_api.verification.operations import Meaning, meaning
from services.recruitment_api.meaning import MEANING
from services.recruitment_api.service import SERVICE
from tests.support.recruitment import (
    Employer,
    a_commitment,
    a_need,
    accept,
    again,
    an_active_scheme,
    an_application,
    an_envelope,
    an_open_need,
    move,
)


async def a_busy_day(employer: Employer, steering: httpx.AsyncClient) -> None:
    """Something in each state that an indicator tells apart."""
    envelope = await an_envelope(steering, department="44")
    await move(steering, "schemes", await an_active_scheme(steering), "retire")
    await a_commitment(steering, envelope)
    await move(steering, "commitments", await a_commitment(steering, envelope), "release", reason="Contrat non signé")
    envelope = await move(
        steering, "envelopes", await again(steering, "envelopes", envelope), "ceiling", ceiling_cents=2_000_000, reason="Gel"
    )
    await move(steering, "envelopes", await an_envelope(steering), "freeze", reason="Gel")

    await a_need(employer, headcount=7)
    need = await an_open_need(employer, headcount=5)
    _kept, cancelled = [await accept(employer.client, await an_application(employer.client, need)) for _ in range(2)]
    await move(employer.client, "assignments", cancelled, "cancel", reason="no_show")
    await an_application(employer.client, need)
    await move(employer.client, "applications", await an_application(employer.client, need), "decline", reason="no_position")
    await accept(employer.client, await an_application(employer.client, await an_open_need(employer)))
    over = await an_open_need(employer, headcount=9)
    await accept(employer.client, await an_application(employer.client, over))
    await move(employer.client, "needs", await again(employer.client, "needs", over), "cancel", reason="Le service ferme")


async def compared(databases: Databases) -> Meaning:
    """Hands every event over, then asks both sides."""
    pool = await databases.pool("recruitment", "worker")
    events = [Event.model_validate_json(row["event"]) for row in await pool.fetch("SELECT event FROM outbox ORDER BY id")]
    assert OBSERVATORY.apply is not None
    async with databases.open("observatory", "worker") as db:
        await OBSERVATORY.hear(db, [Received(event, read_state(event)) for event in events])
    return await meaning(databases, [SERVICE], clock.today())


async def test_the_figures_mean_what_the_tables_say(employer: Employer, steering: httpx.AsyncClient, databases: Databases) -> None:
    await a_busy_day(employer, steering)

    found = await compared(databases)

    assert found.compared == len(MEANING)
    assert found.differences == []


async def test_no_figure_is_nothing_by_chance(employer: Employer, steering: httpx.AsyncClient, databases: Databases) -> None:
    await a_busy_day(employer, steering)

    pool = await databases.pool("recruitment", "worker")
    figures = {code: tuple(await pool.fetchrow(query, clock.today())) for code, query in MEANING.items() if "/" not in code}

    assert figures == {
        "R01": (4, None),
        "R02": (3, 7),
        "R03": (0, 3),
        "R04": (350_000, None),
        "R05": (350_000, 12_000_000),
        "R08": (12_000_000, None),
        "R06": (1, None),
        "R09": (2, None),
        "R10": (6, None),
        "R11": (1, None),
        "R12": (1, None),
    }


@pytest.mark.tampers
async def test_a_row_changed_behind_the_events_shows(employer: Employer, steering: httpx.AsyncClient, databases: Databases) -> None:
    await a_busy_day(employer, steering)
    pool = await databases.pool("recruitment", "worker")
    await pool.execute("UPDATE commitment SET amount_cents = amount_cents + 1 WHERE status = 'committed'")

    found = await compared(databases)

    assert [difference.indicator for difference in found.differences] == ["R04"]
