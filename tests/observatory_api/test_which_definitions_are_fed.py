"""An empty ledger begins with the highest definitions; one in use keeps what it had, is switched, and lets go of what was before."""

from typing import Any

import pytest

from services.kernel.base import clock
from services.kernel.base.problems import NotFound
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.ledger import definitions
from services.observatory_api.ledger.definitions import AlreadyCurrent, current_numbers, feeds_to_post, let_go, switch
from services.observatory_api.ledger.rebuild import rebuild
from services.observatory_api.ledger.verify import arithmetic
from tests.observatory_api.ledger_support import dashboard_bytes, record, rows, values
from tests.observatory_api.states import NANTES, action, number
from tests.support.figures import began_with

FED = """
SELECT DISTINCT s.definition FROM series s JOIN entry e ON e.series = s.id WHERE s.indicator = $1
GROUP BY s.id, s.definition, e."on" HAVING sum(e.amount) <> 0 ORDER BY 1
"""
JUNE: dict[str, Any] = {"as_of": "2026-06-30", "by": "department", "every": "month"}


async def fed(databases: Databases, code: str) -> list[int]:
    """The definitions in which something stands."""
    return [row for (row,) in await rows(databases, FED, code)]


async def verified(databases: Databases) -> None:
    """The ledger agrees with itself and with the functions."""
    async with databases.open("observatory", "worker") as db:
        report = await arithmetic(db)
    assert report.sound, report.examples


async def current(databases: Databases) -> dict[str, int]:
    """The definitions that are current now."""
    async with databases.open("observatory") as db:
        return dict(await current_numbers(db, CATALOGUE, clock.real_now()))


async def test_an_empty_ledger_begins_with_the_highest_definitions_and_feeds_no_others(databases: Databases) -> None:
    empty = await values(databases, "K03", **JUNE)
    assert (empty.definition, await current(databases)) == (max(CATALOGUE.definitions("K03")), CATALOGUE.highest)
    await record(databases, action())
    assert (await current(databases), await fed(databases, "K03")) == (CATALOGUE.highest, [2])
    await verified(databases)
    again = await values(databases, "K03", **JUNE, known_at=empty.known_at)
    assert again.model_dump_json() == empty.model_dump_json()


async def test_a_ledger_in_use_keeps_its_definition_until_the_switch_and_what_was_known_before_for_ever(databases: Databases) -> None:
    await began_with(databases, K03=1)
    await record(databases, action(id=number(1), departments=(NANTES,)), action(id=number(2), departments=()))
    before, board = await values(databases, "K03", **JUNE), await dashboard_bytes(databases, as_of="2026-06-30")
    assert (before.definition, await fed(databases, "K03")) == (1, [1, 2])

    async with databases.open("observatory", "worker") as db:
        at, changed = await switch(db, {})
    assert changed == {"K03": 2}
    await record(databases, action(id=number(3), departments=()))
    assert await fed(databases, "K03") == [1, 2], "until a rebuild"
    await verified(databases)
    switched = await values(databases, "K03", **JUNE)

    assert (await rebuild(databases)).changed == 3
    assert await fed(databases, "K03") == [2]
    await record(databases, action(id=number(2), version=2, departments=()), action(id=number(4)))
    assert await fed(databases, "K03") == [2]
    assert (await rebuild(databases)).entries == 0
    await verified(databases)
    known_at = before.known_at.isoformat().replace("+00:00", "Z")
    assert await dashboard_bytes(databases, as_of="2026-06-30", known_at=known_at) == board
    for shown in (before, switched):
        again = await values(databases, "K03", **JUNE, known_at=shown.known_at)
        assert again.model_dump_json() == shown.model_dump_json()
    assert before.known_at < at < switched.known_at


async def test_what_was_recorded_before_a_rebuild_lets_go_is_reversed_by_the_next_event(databases: Databases) -> None:
    await began_with(databases, K03=1)
    await record(databases, action(id=number(1)))
    async with databases.open("observatory", "worker") as db:
        await switch(db, {"K03": 2})
    async with databases.open("observatory", "worker") as db:
        await let_go(await db.connection())
    await record(databases, action(id=number(1), version=2))
    assert await fed(databases, "K03") == [2]
    await verified(databases)


async def test_whoever_lets_go_waits_for_those_who_post_and_they_for_it(databases: Databases) -> None:
    pool = await databases.pool("observatory", "worker")
    alone, beside = (f"SELECT pg_try_advisory_xact_lock{how}({definitions.FEEDING})" for how in ("", "_shared"))
    async with databases.open("observatory", "worker") as db:
        await feeds_to_post(await db.connection(), CATALOGUE)
        assert [await pool.fetchval(alone), await pool.fetchval(beside)] == [False, True]
    async with databases.open("observatory", "worker") as db:
        await let_go(await db.connection())
        assert await pool.fetchval(beside) is False
    assert await pool.fetchval(alone) is True


async def test_only_a_later_definition_than_the_current_one_is_switched_to(databases: Databases) -> None:
    await began_with(databases, K06=2)
    for wrong, refusal in ((2, AlreadyCurrent), (1, NotFound)):
        with pytest.raises(refusal):
            async with databases.open("observatory", "worker") as db:
                await switch(db, {"K06": wrong})
    async with databases.open("observatory", "worker") as db:
        await switch(db, {"K06": 3})
    assert await rows(databases, "SELECT reason FROM batch") == [("definition",)]
    async with databases.open("observatory", "worker") as db:
        assert (await switch(db, {}))[1] == {}
