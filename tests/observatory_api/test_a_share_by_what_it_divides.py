"""A dimension that only what is divided has: each of its values is out of the same whole, and the switch to it is dated."""

from typing import Any

import pytest

from services.contracts.codes import Sector, Side
from services.kernel.base.problems import Invalid
from services.kernel.data.database import Databases
from services.observatory_api.ledger.definitions import switch
from tests.observatory_api.ledger_support import record, values
from tests.observatory_api.states import ANGERS, NANTES, action, at, number, request
from tests.support.figures import began_with

JUNE: dict[str, Any] = {"as_of": "2026-06-30"}
Parts = dict[tuple[str | None, ...], tuple[int | None, int | None]]


async def declined_and_accepted(databases: Databases) -> None:
    """Of five answers in two departments, three refusals; the first in January, the others in March."""
    answers = (
        {"department": NANTES, "decline_reason": "full", "answered_at": at("2026-01-09"), "status": "declined"},
        {"department": NANTES, "decline_reason": "dates", "answered_at": at("2026-03-09"), "status": "declined"},
        {"department": ANGERS, "decline_reason": "full", "answered_at": at("2026-03-09"), "status": "declined"},
        {"department": NANTES, "answered_at": at("2026-03-09"), "status": "accepted"},
        {"department": ANGERS, "answered_at": at("2026-03-09"), "status": "accepted"},
    )
    await record(databases, *(request(id=number(key), **answer) for key, answer in enumerate(answers, start=1)))


async def parts(databases: Databases, code: str, by: str, **asked: Any) -> Parts:
    """(numerator, denominator) of each group."""
    found = await values(databases, code, by=by, **JUNE, **asked)
    return {tuple(group.dimensions.values()): (group.numerator, group.denominator) for group in found.groups}


async def test_each_reason_is_out_of_all_the_answers(databases: Databases) -> None:
    await declined_and_accepted(databases)
    assert await parts(databases, "I09", "decline_reason") == {("full",): (2, 5), ("dates",): (1, 5)}
    assert await parts(databases, "I09", "department") == {("44",): (2, 3), ("49",): (1, 2)}
    both = {("full", "44"): (1, 3), ("dates", "44"): (1, 3), ("full", "49"): (1, 2)}
    assert await parts(databases, "I09", "decline_reason,department") == both
    assert await parts(databases, "I09", "department", decline_reason="full") == {("44",): (1, 3), ("49",): (1, 2)}
    total = await values(databases, "I09", **JUNE)
    filtered = await values(databases, "I09", **JUNE, decline_reason="dates", every="month")
    assert (total.numerator, total.denominator, filtered.numerator, filtered.denominator) == (3, 5, 1, 5)
    assert [(one.month, one.numerator, one.denominator) for one in filtered.series or () if one.denominator] == [
        ("2026-01", 0, 1),
        ("2026-03", 1, 4),
    ]
    questions: list[dict[str, Any]] = [{"by": "decline_reason", "every": "month"}, {"by": "department"}, {"decline_reason": "full"}]
    for asked in questions:
        now = await values(databases, "I09", **JUNE, **asked)
        again = await values(databases, "I09", **JUNE, **asked, known_at=now.known_at)
        assert again.model_dump_json() == now.model_dump_json()


async def test_a_reason_taken_back_is_no_group(databases: Databases) -> None:
    await record(databases, request(version=1, decline_reason="full", answered_at=at("2026-01-09"), status="declined"))
    await record(databases, request(version=2, decline_reason="dates", answered_at=at("2026-01-09"), status="declined"))
    assert await parts(databases, "I09", "decline_reason") == {("dates",): (1, 1)}


async def some_actions(databases: Databases) -> None:
    """Four live actions: one covers everything, one the sectors, one the sides (of the whole region), one nothing."""
    every: dict[str, Any] = {"sectors": tuple(Sector)}
    both: dict[str, Any] = {"sides": tuple(Side)}
    await record(
        databases,
        action(id=number(1), departments=(NANTES,), **every, **both),
        action(id=number(2), departments=(NANTES, ANGERS), **every, sides=()),
        action(id=number(3), departments=(), sectors=(Sector.social,), **both),
        action(id=number(4), departments=(ANGERS,), sectors=(), sides=()),
    )


async def test_an_action_counts_in_each_of_what_it_covers_and_the_figure_is_that_of_the_three_sectors(databases: Databases) -> None:
    await some_actions(databases)
    total = await values(databases, "K14", **JUNE)
    assert (total.numerator, total.denominator) == (2, 4)
    assert await parts(databases, "K14", "cover") == {("sectors",): (2, 4), ("sides",): (2, 4)}
    assert await parts(databases, "K14", "cover", department="44") == {("sectors",): (2, 3), ("sides",): (2, 3)}
    assert await parts(databases, "K14", "cover", department="regional") == {("sides",): (1, 1)}
    assert (await parts(databases, "K14", "department"))["44",] == (2, 3)


async def test_the_switch_is_dated_and_what_was_read_before_stays(databases: Databases) -> None:
    await began_with(databases, K14=2, I09=1)
    await some_actions(databases)
    await declined_and_accepted(databases)
    before = {code: await values(databases, code, **JUNE, by="department", every="month") for code in ("K14", "I09")}
    for code, dimension in (("K14", "cover"), ("I09", "decline_reason")):
        with pytest.raises(Invalid, match=f"n'a pas de dimension « {dimension} »"):
            await values(databases, code, **JUNE, by=dimension)

    async with databases.open("observatory", "worker") as db:
        _, changed = await switch(db, {})

    assert changed == {"K14": 3, "I09": 2}
    for code, dimension in (("K14", "cover"), ("I09", "decline_reason")):
        old, now = before[code], await values(databases, code, **JUNE, by="department", every="month")
        assert (now.definition, now.numerator, now.denominator, now.groups) == (changed[code], old.numerator, old.denominator, old.groups)
        assert (await values(databases, code, **JUNE, by=dimension)).groups
        again = await values(databases, code, **JUNE, by="department", every="month", known_at=old.known_at)
        assert again.model_dump_json() == old.model_dump_json()
        with pytest.raises(Invalid, match=f"n'a pas de dimension « {dimension} »"):
            await values(databases, code, **JUNE, by=dimension, known_at=old.known_at)
