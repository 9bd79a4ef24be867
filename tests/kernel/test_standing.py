"""Dated lists: who has had something and when it was concealed, from a day on; and what is not explained by them."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
import time_machine

from services.contracts.access import OrganisationState, OrganisationStatus, SiteState
from services.contracts.codes import Department
from services.contracts.standing import (
    ConcealedWhy,
    Concealment,
    Owner,
    Spell,
    blocks,
    concealments_from,
    handed_over,
    owners_from,
)
from services.kernel.base import ids
from services.kernel.data.standing import Concealable, Ground, Owned, follow, ground_of_site, in_order, owners_of, suspension_of

A, B, C = ids.new(), ids.new(), ids.new()
WHY = ConcealedWhy.site_closed


def on(day: int) -> date:
    return date(2026, 3, day)


def had(*owners: tuple[UUID, int]) -> tuple[Owner, ...]:
    return tuple(Owner(organisation_id=organisation, since=on(day)) for organisation, day in owners)


def hidden(*spells: tuple[int, int | None]) -> tuple[Concealment, ...]:
    return tuple(Concealment(since=on(start), until=end and on(end), why=WHY) for start, end in spells)


@pytest.mark.parametrize(
    ("start", "kept"),
    [
        (1, had((A, 2), (B, 10), (C, 20))),
        (2, had((A, 2), (B, 10), (C, 20))),
        (9, had((A, 9), (B, 10), (C, 20))),
        (10, had((B, 10), (C, 20))),
        (25, had((C, 25))),
    ],
)
def test_what_begins_later_was_had_by_whoever_had_it_then(start: int, kept: tuple[Owner, ...]) -> None:
    assert owners_from(had((A, 2), (B, 10), (C, 20)), on(start)) == kept


@pytest.mark.parametrize(
    ("to", "day", "after"),
    [
        (C, 20, had((A, 2), (B, 10), (C, 20))),
        (C, 10, had((A, 2), (C, 10))),
        (A, 10, had((A, 2))),
        (A, 12, had((A, 2), (B, 10), (A, 12))),
        (B, 2, had((B, 2))),
    ],
    ids=["later", "instead", "back, as if never", "back", "as if always"],
)
def test_a_transfer_holds_from_its_day_on(to: UUID, day: int, after: tuple[Owner, ...]) -> None:
    assert handed_over(had((A, 2), (B, 10)), to, on(day)) == after


def test_what_lasted_no_day_is_left_out_and_the_order_stays() -> None:
    assert concealments_from(hidden((2, 2), (4, 6), (3, None), (1, 5)), on(5)) == hidden((5, 6), (5, None))


@pytest.mark.parametrize(
    ("spells", "periods"),
    [
        ((), []),
        (((2, 4), (6, None)), [(2, 4), (6, None)]),
        (((6, 9), (2, 4), (3, 6)), [(2, 9)]),
        (((2, None), (3, 5)), [(2, None)]),
        (((3, 5), (2, 9), (9, 10), (12, 13)), [(2, 10), (12, 13)]),
        (((2, 4), (3, None), (20, 21)), [(2, None)]),
    ],
)
def test_periods_neither_overlap_nor_touch(spells: tuple[tuple[int, int | None], ...], periods: list[tuple[int, int | None]]) -> None:
    assert list(blocks(hidden(*spells))) == [(on(start), end and on(end)) for start, end in periods]


def suspended(organisation: UUID, *spells: tuple[int, int | None]) -> OrganisationState:
    """An organisation, and when it was suspended."""
    dated = tuple(Spell(since=on(start), until=end and on(end)) for start, end in spells)
    return OrganisationState(id=organisation, version=2, name="CH", roles=(), status=OrganisationStatus.active, suspended_spells=dated)


def site(*owners: tuple[UUID, int], closed: tuple[int, int] | None = None) -> SiteState:
    """A site, who has had it, and when it was closed."""
    steps = [("active", 1), *zip(("closed", "active"), closed or (), strict=False)]
    given = {"id": C, "version": 2, "name": "Site", "commune_code": "44109", "department": Department.loire_atlantique}
    history = [{"status": status, "at": f"2026-03-{day:02}T12:00:00Z"} for status, day in steps]
    return SiteState.model_validate(
        {
            **given,
            "organisation_id": owners[-1][0],
            "owners": had(*owners)[0 if owners[1:] else 1 :],
            "status": "active",
            "history": history,
        }
    )


@pytest.mark.parametrize(
    ("owners", "spells", "periods"),
    [
        (((A, 1),), {}, []),
        (((A, 1),), {A: ((2, 4), (6, None))}, [(2, 4), (6, None)]),
        (((A, 3), (B, 8)), {A: ((1, 4), (6, None))}, [(1, 4), (6, 8)]),
        (((A, 3), (B, 8)), {B: ((1, 4), (6, None))}, [(8, None)]),
        (((A, 3), (B, 8)), {A: ((5, None),), B: ((7, 12),)}, [(5, 12)]),
        (((A, 3), (B, 8)), {A: ((9, None),), B: ((1, 8),)}, []),
    ],
    ids=["unheard of", "its own", "what it had no more", "what it had not yet", "both, as one", "neither while it had it"],
)
def test_a_suspended_organisation_conceals_a_site_s_things_while_it_has_the_site(
    owners: tuple[tuple[UUID, int], ...], spells: dict[UUID, Any], periods: list[tuple[int, int | None]]
) -> None:
    one = site(*owners)
    found = ground_of_site(one, {organisation: suspended(organisation, *each) for organisation, each in spells.items()}).concealed
    assert [(each.since, each.until) for each in found] == [(on(start), end and on(end)) for start, end in periods]
    assert {each.why for each in found} <= {ConcealedWhy.organisation_suspended}
    assert owners_of([one]) == {organisation for organisation, _ in owners}


def test_a_closed_site_and_a_suspended_organisation_stand_side_by_side() -> None:
    found = ground_of_site(site((A, 1), closed=(4, 9)), {A: suspended(A, (4, 6))}).concealed
    assert [(each.why, each.since) for each in found] == [(ConcealedWhy.organisation_suspended, on(4)), (WHY, on(4))]
    assert in_order(found, hidden((2, 3))) == (*hidden((2, 3)), *found)


def test_an_organisation_conceals_while_its_last_spell_has_no_end() -> None:
    assert suspension_of(None) is None
    assert suspension_of(suspended(A, (2, 4))) is None
    assert suspension_of(suspended(A, (2, 4), (6, None))) == Concealment(since=on(6), until=None, why=ConcealedWhy.organisation_suspended)


class Row(Owned, Concealable):
    """Something that stands on something else."""

    organisation_id: Any
    history: list[dict[str, Any]]


def row(**given: Any) -> Row:
    return Row(organisation_id=A, history=[{"status": "active", "at": "2026-03-02T23:30:00+00:00"}], **given)


@time_machine.travel("2026-03-15T12:00:00+00:00")
def test_a_change_of_hands_that_nobody_dated_is_dated_today() -> None:
    one = row()
    assert follow([one], lambda _: Ground(B, (), ())) == {"transferred": [one]}
    assert one.owners == [{"organisation_id": str(A), "since": "2026-03-03"}, {"organisation_id": str(B), "since": "2026-03-15"}]
    assert follow([one], lambda _: Ground(B, (), ())) == {}


def test_days_stood_still_are_told_once_and_only_when_all_has_ended() -> None:
    one, told = row(), list[int]()

    def told_of(*spells: tuple[int, int | None]) -> list[str]:
        return list(follow([one], lambda _: Ground(A, (), hidden(*spells)), lambda _, days: told.append(days)))

    assert [told_of((1, None)), told_of((1, None), (5, None)), told_of((1, 8), (5, None)), told] == [["concealed"]] * 3 + [[]]
    assert (told_of((1, 8), (5, 12)), told) == (["revealed"], [9]), "from the row's first day, the 3rd"
    assert (told_of((1, 8), (5, 12)), told) == ([], [9])
    assert (told_of((1, 8), (5, 12), (20, 22)), told) == (["revealed"], [9, 2])
