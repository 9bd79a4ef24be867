"""G1, G2 in the ledger: when a planned end had passed, and the rows in which what names no department counts."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from services.contracts.actions import EndsChange
from services.contracts.codes import Department
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.dimensions import REGIONAL
from services.observatory_api.indicators.plan import past_end_spells
from services.observatory_api.values.departments import EVERY_ROW, kept_as, rows_of
from tests.observatory_api.ledger_support import record, values
from tests.observatory_api.states import ANGERS, LAVAL, NANTES, action, commitment, envelope, history, number, on
from tests.support.figures import began_with, switch_to

START = date(2026, 1, 1)
days = st.integers(0, 30).map(lambda days: START + timedelta(days=days))


@given(st.none() | days, st.lists(st.tuples(days, st.none() | days), max_size=4), st.lists(days, min_size=2, max_size=2, unique=True))
def test_g1_past_days_are_told_by_the_end_that_stood_on_them(
    first: date | None, moves: list[tuple[date, date | None]], live: list[date]
) -> None:
    moves.sort(key=lambda move: move[0])
    ends = [first, *(end for _, end in moves)]
    changes = tuple(EndsChange(on=day, old=old, new=new) for (day, new), old in zip(moves, ends, strict=False))
    approved, completed = sorted(live)
    told = history(("approved", approved.isoformat()), ("completed", completed.isoformat()))

    spells = list(past_end_spells(action(history=told, ends_on=ends[-1], ends_changes=changes)))

    for day in (START + timedelta(days=days) for days in range(32)):
        stood = ends[len([move for move in moves if move[0] <= day])]
        late = approved <= day < completed and stood is not None and stood <= day
        assert sum(start <= day and (end is None or day < end) for start, end in spells) == late, day


def test_g2_a_row_is_kept_under_what_is_read_in_it() -> None:
    actions, money = CATALOGUE.definitions("K03")[2], CATALOGUE.definitions("R04")[1]
    assert (*Department, REGIONAL) == EVERY_ROW
    assert rows_of(actions, REGIONAL) == EVERY_ROW
    assert rows_of(money, REGIONAL) == (REGIONAL,), "money without a department stands in that row alone"
    assert {row: set(kept_as(actions, row)) for row in EVERY_ROW} == {row: {row, REGIONAL} for row in EVERY_ROW}
    assert {row: set(kept_as(money, row)) for row in EVERY_ROW} == {row: {row} for row in EVERY_ROW}


@pytest.mark.parametrize("asked", [{}, {"every": "month"}])
async def test_g2_each_euro_counts_once(databases: Databases, asked: dict[str, Any]) -> None:
    await record(
        databases,
        envelope(id=number(1)),
        envelope(id=number(2), department=LAVAL, ceiling_cents=1_000_000),
        commitment(id=number(1)),
        commitment(id=number(2), department=LAVAL),
    )
    known_at = (await values(databases, "R08", as_of="2026-03-01")).known_at
    ways: list[dict[str, Any]] = [{}, {"known_at": known_at}]
    for known in ways:
        for code in ("R04", "R05", "R08", "R12"):
            found = await values(databases, code, as_of="2026-03-01", by="department", **asked, **known)
            rows = {group.dimensions["department"]: group.numerator or 0 for group in found.groups}
            assert rows.keys() == {"53", "regional"}
            assert sum(rows.values()) == found.numerator
            for row, amount in rows.items():
                assert (await values(databases, code, as_of="2026-03-01", department=row, **asked, **known)).numerator == amount


async def test_g2_a_definition_of_before_counts_as_it_did(databases: Databases) -> None:
    await began_with(databases, K03=1)
    await record(databases, action(id=number(1), departments=(NANTES,)), action(id=number(2), departments=()))
    before = await values(databases, "K03", as_of="2026-06-30", by="department")
    assert {group.dimensions["department"]: group.value for group in before.groups} == {"44": 1}

    await switch_to(databases, "K03", 2)

    after = await values(databases, "K03", as_of="2026-06-30", by="department")
    assert {group.dimensions["department"]: group.value for group in after.groups} == {row: 2 if row == "44" else 1 for row in EVERY_ROW}
    again = await values(databases, "K03", as_of="2026-06-30", by="department", known_at=before.known_at)
    assert again.model_dump_json() == before.model_dump_json()


async def test_g2_one_cell_of_several_departments_is_one_member_in_each(databases: Databases) -> None:
    await record(
        databases,
        action(id=number(1), departments=(NANTES,), objectives=("O2",)),
        action(id=number(2), departments=(), objectives=("O2", "O3")),
        action(id=number(3), departments=(ANGERS,), objectives=("O1",)),
    )
    found = await values(databases, "K15", as_of=on("2026-06-30"), by="department")
    told = {group.dimensions["department"]: group.numerator for group in found.groups}
    assert told == {"44": 2, "49": 3, "53": 2, "72": 2, "85": 2, "regional": 2}
