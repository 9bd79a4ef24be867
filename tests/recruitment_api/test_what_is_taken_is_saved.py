"""Whoever takes a post or money cannot forget to save the row it is taken from, nor save it when what it was taken for fails."""

from uuid import UUID, uuid4

import httpx
import pytest

from services.kernel.base.principals import SYSTEM
from services.kernel.data.database import Databases
from services.recruitment_api.envelopes import operations as envelopes
from services.recruitment_api.needs import operations as needs
from tests.support.recruitment import (
    EURO,
    Employer,
    a_commitment,
    again,
    an_application,
    an_envelope,
    an_open_need,
    entries_of,
    event_types,
    folded,
)


class GivenUp(Exception):
    """What was to be done with the post or the money fails."""


async def test_the_need_of_a_post_is_saved_by_whoever_takes_it(employer: Employer, databases: Databases) -> None:
    need = await an_open_need(employer)
    waiting = await an_application(employer.client, need)
    async with databases.open("recruitment", "worker") as db, needs.take_post(db, UUID(need["id"]), by=SYSTEM) as taken:
        assert taken.version == need["version"]

    filled = await again(employer.client, "needs", need)
    assert (filled["status"], filled["filled_count"], filled["version"]) == ("filled", 1, need["version"] + 1)
    assert await event_types(databases, need) == ["need.created", "need.published", "need.filled"]
    assert (await again(employer.client, "applications", waiting))["status"] == "need_closed"


async def test_the_envelope_of_money_is_saved_with_its_entry_by_whoever_moves_it(steering: httpx.AsyncClient, databases: Databases) -> None:
    envelope = await an_envelope(steering)
    commitment = await a_commitment(steering, envelope, amount_cents=100 * EURO)
    envelope_id, commitment_id = UUID(envelope["id"]), UUID(commitment["id"])
    async with databases.open("recruitment", "worker") as db:
        async with envelopes.take(db, envelope_id, 30 * EURO, by=SYSTEM, reference="Essai", commitment_id=commitment_id):
            pass
        async with envelopes.give_back(db, envelope_id, 10 * EURO, by=SYSTEM, reference="Essai", commitment_id=commitment_id):
            pass

    after = await again(steering, "envelopes", envelope)
    assert (after["committed_cents"], after["version"]) == (120 * EURO, envelope["version"] + 3)
    assert folded(await entries_of(steering, envelope)) == (after["committed_cents"], after["ceiling_cents"])
    events = ["opened", "committed", "committed", "released"]
    assert await event_types(databases, envelope) == [f"scheme_envelope.{event}" for event in events]


async def test_nothing_is_taken_when_what_it_is_taken_for_fails(
    employer: Employer, steering: httpx.AsyncClient, databases: Databases
) -> None:
    need, envelope = await an_open_need(employer), await an_envelope(steering)
    with pytest.raises(GivenUp):
        async with databases.open("recruitment", "worker") as db, needs.take_post(db, UUID(need["id"]), by=SYSTEM):
            raise GivenUp
    with pytest.raises(GivenUp):
        async with (
            databases.open("recruitment", "worker") as db,
            envelopes.take(db, UUID(envelope["id"]), EURO, by=SYSTEM, reference="Essai", commitment_id=uuid4()),
        ):
            raise GivenUp

    assert await again(employer.client, "needs", need) == need
    assert await again(steering, "envelopes", envelope) == envelope
