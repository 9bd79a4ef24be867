"""G2 in the ledger: the rows in which what names no department counts."""

from typing import Any

import pytest

from services.contracts.codes import Department
from services.kernel.data.database import Databases
from services.observatory_api.indicators.model import REGION, REGIONAL
from services.observatory_api.values.departments import EVERY_ROW, kept_as, rows_of
from tests.observatory_api.ledger_support import record, values
from tests.observatory_api.states import ANGERS, LAVAL, NANTES, action, commitment, envelope, number, on
from tests.support.figures import switch_to


def test_g2_a_row_is_kept_under_what_is_read_in_it() -> None:
    assert rows_of(REGIONAL) == EVERY_ROW
    assert rows_of(REGION) == (REGIONAL,), "money without a department stands in that row alone"
    assert {row: set(kept_as(row)) for row in EVERY_ROW} == {
        **{department.value: {department.value, REGIONAL} for department in Department},
        REGIONAL: {REGIONAL, REGION},
    }


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
    await record(databases, action(id=number(1), departments=(NANTES,)), action(id=number(2), departments=()))
    before = await values(databases, "K03", as_of="2026-06-30", by="department")
    assert {group.dimensions["department"]: group.value for group in before.groups} == {"44": 1}

    await switch_to(databases, "K03", 2)

    after = await values(databases, "K03", as_of="2026-06-30", by="department")
    assert {group.dimensions["department"]: group.value for group in after.groups} == {row: 2 if row == "44" else 1 for row in EVERY_ROW}
    again = await values(databases, "K03", as_of="2026-06-30", by="department", known_at=before.known_at)
    assert again.model_dump_json() == before.model_dump_json()


async def test_g2_one_cell_of_several_departments_is_one_member_in_each(databases: Databases) -> None:
    await switch_to(databases, "K15", 2)
    await record(
        databases,
        action(id=number(1), departments=(NANTES,), objectives=("O2",)),
        action(id=number(2), departments=(), objectives=("O2", "O3")),
        action(id=number(3), departments=(ANGERS,), objectives=("O1",)),
    )
    found = await values(databases, "K15", as_of=on("2026-06-30"), by="department")
    told = {group.dimensions["department"]: group.numerator for group in found.groups}
    assert told == {"44": 2, "49": 3, "53": 2, "72": 2, "85": 2, "regional": 2}
