"""The roll-up at three grains, and the figures that closed months keep: always what the entries say, and what was served."""

import asyncio
from bisect import bisect_right
from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from services.contracts.envelope import State
from services.kernel.base.settings import Settings
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE, NOT_COUNTED
from services.observatory_api.indicators.kinds import Kind
from services.observatory_api.indicators.model import Coverage, Figure, Indicator
from services.observatory_api.ledger.contributions import contributed
from services.observatory_api.ledger.rebuild import rebuild, refill
from services.observatory_api.ledger.verify import Arithmetic, arithmetic
from services.observatory_api.values import closed, operations
from services.observatory_api.values.closed import as_text, figure_from
from services.observatory_api.values.figures import Tally, figure, points
from services.observatory_api.values.queries import Question, ranges
from services.observatory_api.values.reading import open_snapshot, shown
from services.observatory_api.values.schemas import DashboardQuery, DashboardRead
from services.observatory_api.verification.closed_months import check_closed_months
from tests.observatory_api.golden_files import sample_states
from tests.observatory_api.ledger_support import as_superuser, by_entries_alone, record, rows, values
from tests.observatory_api.random_states import Chance
from tests.observatory_api.states import action, at, history, milestone, number, on, reschedule

KINDS = tuple(dict.fromkeys(type(state) for state in sample_states().values() if type(state) not in NOT_COUNTED))
ENTITIES, VERSIONS, BATCH = 15, 3, 40
FIRST, DAYS = date(2024, 8, 20), 700
AS_OF = date(2026, 5, 12)
ASKED: tuple[dict[str, Any], ...] = (
    {"every": "month"},
    {"every": "month", "department": "44"},
    {"every": "month", "as_of": date(2026, 4, 15)},
    {"every": "month", "department": "regional"},
    {"every": "week"},
    {"every": "quarter", "department": "49"},
    {"every": "school_year"},
    {},
)


class Years(Chance):
    """The same over two years, so that there are months to close."""

    def day(self) -> date:
        return FIRST + timedelta(self.below(DAYS))


def random_events(chance: Years) -> list[State]:
    """Entities of every kind at several versions, in any order, some more than once."""
    events = [
        chance.state(kind).model_copy(update={"id": number(entity), "version": version})
        for kind in KINDS
        for entity in range(1, ENTITIES + 1)
        for version in range(1, VERSIONS + 1)
    ]
    events += [events[chance.below(len(events))] for _ in range(len(events) // 2)]
    return [events.pop(chance.below(len(events))) for _ in range(len(events))]


async def board(databases: Databases, **asked: Any) -> DashboardRead:
    """The dashboard."""
    async with databases.open("observatory") as db:
        return await operations.dashboard(db, DashboardQuery(**{"as_of": AS_OF, **asked}))


async def verified(databases: Databases) -> Arithmetic:
    """The arithmetic of `plam verify`."""
    async with databases.open("observatory", "worker") as db:
        report = await arithmetic(db)
    await check_closed_months(databases, report)
    return report


@pytest.mark.parametrize("seed", ["a", "b", "c"])
@time_machine.travel(at("2026-04-15"), tick=False)
async def test_roll_up_entries_recomputation_and_rebuild_agree_for_any_history(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, seed: str
) -> None:
    chance = Years(seed)
    events = random_events(chance)
    served: list[tuple[dict[str, Any], DashboardRead]] = []
    for start in range(0, len(events), BATCH):
        await record(databases, *events[start : start + BATCH])
        asked = ASKED[chance.below(len(ASKED))] | {"as_of": AS_OF - timedelta(chance.below(300))}
        served.append((asked, await board(databases, **asked)))

    found = [await board(databases, **asked) for asked in ASKED]
    assert [await board(databases, **asked) for asked in ASKED] == found, "what was kept is what was made"
    assert (await rows(databases, "SELECT count(*) > 100 FROM closed_month")) == [(True,)]
    for asked, read in served:
        assert await board(databases, **asked, known_at=read.known_at) == read, asked
    with monkeypatch.context() as patched:
        by_entries_alone(patched)
        assert [await board(databases, **asked) for asked in ASKED] == found, "the entries say the same"
        for asked, read in served:
            assert await board(databases, **asked, known_at=read.known_at) == read, asked

    newest = {(state.kind, state.id): state for state in sorted(events, key=lambda state: state.version)}
    for read in (found[0], found[-1]):
        for item in read.items:
            indicator = CATALOGUE.definitions_of(item.code)[item.definition]
            if indicator.kind is not Kind.derived:
                _check(indicator, list(newest.values()), item)

    report = await verified(databases)
    assert report.sound, report.examples
    done = await rebuild(databases)
    assert (done.changed, done.entries, done.set_right) == (0, 0, 0)
    assert [await board(databases, **asked) for asked in ASKED] == found


def _check(indicator: Indicator, states: list[State], item: Any) -> None:
    """Asserts that a figure and its points are what the functions make of the states, summed here."""
    starts = [date.fromisoformat(f"{point.month}-01") for point in item.series or ()]
    by_point: dict[int, Tally] = defaultdict(dict)
    feeds = CATALOGUE.fed_from({indicator.code: indicator.definition})
    for state in states:
        for (whose, measure, _, labels), day, amount in contributed(feeds, state):
            split = any(name in indicator.many for name, _ in labels)
            if whose.code == indicator.code and whose.definition == indicator.definition and day <= AS_OF and not split:
                what = measure, dict(labels).get(indicator.detail or "", "")
                tally = by_point[bisect_right(starts, day)]
                tally[what] = tally.get(what, 0) + amount
    total: Tally = {}
    for tally in by_point.values():
        for what, amount in tally.items():
            total[what] = total.get(what, 0) + amount
    assert _parts(item) == figure(indicator, total), indicator.code
    for said, expected in zip(item.series or (), points(indicator, by_point, len(starts)), strict=True):
        assert not said.tracked or _parts(said) == expected, (indicator.code, said.month)


def _parts(read: Any) -> Figure:
    covered = Coverage(read.coverage.known, read.coverage.knowable) if read.coverage else None
    return Figure(read.value, read.numerator, read.denominator, read.samples, read.p90, covered)


async def _some_slips(databases: Databases) -> None:
    """Milestones that slip in each of several months: of a distribution that stands."""
    moves = ("2025-11-10", "2026-01-20", "2026-02-14", "2026-04-02")
    for key, day in enumerate(moves, start=1):
        slip = reschedule(day, "2026-08-31", f"2026-1{key % 3}-15")
        await record(databases, milestone(id=number(key), due_initial=on("2026-08-31"), due=slip.new_due, reschedules=(slip,)))


SERIES: dict[str, Any] = {"as_of": "2026-05-12", "every": "month"}


async def test_a_month_keeps_its_figure_until_somebody_writes_into_it_or_before(databases: Databases, settings: Settings) -> None:
    await _some_slips(databases)
    read = await values(databases, "K07", **SERIES)
    assert read.series
    kept = await rows(databases, "SELECT month FROM closed_month WHERE indicator = 'K07' ORDER BY 1")
    assert [f"{month:%Y-%m}" for (month,) in kept] == [point.month for point in list(read.series)[:-1] if point.tracked]

    await as_superuser(settings, """UPDATE closed_month SET figure = '{"value": 7777, "samples": 1}' WHERE indicator = 'K07'""")
    wrong = await values(databases, "K07", **SERIES)
    assert {point.value for point in list(wrong.series or ())[:-1] if point.tracked} == {7777}, "kept figures are what is shown"
    assert (wrong.value, list(wrong.series or ())[-1].value) == (read.value, read.value), "a month that goes on keeps none"
    assert (await verified(databases)).closed_months_against_entries == len(kept)

    slip = reschedule("2026-02-20", "2026-08-31", "2026-09-30")
    await record(databases, milestone(id=number(9), due_initial=on("2026-08-31"), due=slip.new_due, reschedules=(slip,)))
    again = await values(databases, "K07", **SERIES)
    for point, old in zip(again.series or (), read.series, strict=True):
        assert point.month is not None
        if point.tracked and point.month < "2026-01":
            assert point.value == 7777, "nobody wrote so early"
        elif point.tracked:
            assert point.samples == (old.samples or 0) + 1

    assert (await rebuild(databases)).set_right == 0
    mended = await values(databases, "K07", **SERIES)
    assert 7777 not in {point.value for point in mended.series or ()}
    assert (await verified(databases)).sound


async def test_the_month_under_way_keeps_today_s_figure_until_tomorrow_or_a_write(databases: Databases, settings: Settings) -> None:
    await _some_slips(databases)
    wrong = """UPDATE closed_month SET figure = '{"value": 7777, "samples": 1}' WHERE until = '2026-05-13'"""
    with time_machine.travel(at("2026-05-12"), tick=False):
        read = await values(databases, "K07", every="month")
        assert await rows(databases, "SELECT until FROM closed_month WHERE month = '2026-05-01'") == [(on("2026-05-13"),)]
        await as_superuser(settings, wrong)
        assert (await values(databases, "K07")).value == 7777
        assert (await verified(databases)).closed_months_against_entries == 1
        assert (await values(databases, "K07", as_of="2026-05-11")).value == read.value
    with time_machine.travel(at("2026-05-13"), tick=False):
        assert (await values(databases, "K07")).value == read.value
        assert await rows(databases, "SELECT until FROM closed_month WHERE month = '2026-05-01'") == [(on("2026-05-14"),)]
        assert (await verified(databases)).sound
    with time_machine.travel(at("2026-06-02"), tick=False):
        assert (await values(databases, "K07", as_of="2026-05-31")).value == read.value
        assert await rows(databases, "SELECT until FROM closed_month WHERE month = '2026-05-01'") == [(on("2026-06-01"),)]
    with time_machine.travel(at("2026-05-12"), tick=False):
        assert (await values(databases, "K07")).value == read.value, "a whole month is not given up for a part of it"
        assert await rows(databases, "SELECT until FROM closed_month WHERE month = '2026-05-01'") == [(on("2026-06-01"),)]


async def test_a_reader_of_an_older_snapshot_leaves_nothing_that_another_is_given(databases: Databases) -> None:
    await _some_slips(databases)
    async with databases.open("observatory") as late:
        reader = await open_snapshot(late, None)
        slip = reschedule("2026-01-02", "2026-08-31", "2027-08-31")
        await record(databases, milestone(id=number(9), due_initial=on("2026-08-31"), due=slip.new_due, reschedules=(slip,)))
        question = reader.question(AS_OF, starts=(on("2026-02-01"), on("2026-03-01"), on("2026-04-01"), on("2026-05-01")))
        late_reading = (await shown(reader, [reader.current("K07")], question))["K07"][()]
    assert [point.samples for point in late_reading.points or ()] == [4, 4, 4, 4]
    kept = await rows(databases, "SELECT count(*) FROM closed_month")
    assert kept[0][0] > 0
    found = await values(databases, "K07", **SERIES)
    assert [point.samples for point in list(found.series or ())[-4:]] == [5, 5, 5, 5]
    assert (await verified(databases)).sound


async def test_a_reader_of_a_roll_up_that_was_wrong_keeps_nothing_after_the_rebuild(databases: Databases, settings: Settings) -> None:
    await _some_slips(databases)
    await as_superuser(settings, "UPDATE rollup SET amount = amount + 3 WHERE grain IN ('month', 'ever')")
    async with databases.open("observatory") as late:
        reader = await open_snapshot(late, None)
        assert (await rebuild(databases)).set_right > 0
        wrong = (await shown(reader, [reader.current("K07")], reader.question(on("2026-04-30"))))["K07"][()]
        assert wrong.total.samples != 4
    assert await rows(databases, "SELECT count(*) FROM closed_month") == [(0,)]
    assert (await values(databases, "K07", as_of="2026-04-30")).samples == 4
    assert await rows(databases, "SELECT count(*) FROM closed_month") == [(1,)]
    assert (await verified(databases)).sound


async def test_a_reading_that_cannot_keep_what_it_made_is_one_all_the_same(databases: Databases, settings: Settings) -> None:
    await _some_slips(databases)
    await as_superuser(settings, "ALTER TABLE closed_month ADD CONSTRAINT shut CHECK (false) NOT VALID")
    try:
        found = await values(databases, "K07", **SERIES)
    finally:
        await as_superuser(settings, "ALTER TABLE closed_month DROP CONSTRAINT shut")
    assert await rows(databases, "SELECT count(*) FROM closed_month") == [(0,)]
    assert await values(databases, "K07", **SERIES) == found


async def test_a_reading_does_not_wait_for_who_holds_the_kept_months(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    await _some_slips(databases)
    monkeypatch.setattr(closed, "WAIT", 0.2)
    async with databases.open("observatory", "worker") as db:
        await refill(await db.connection())
        async with asyncio.timeout(10):
            found = await values(databases, "K07", **SERIES)
    assert await rows(databases, "SELECT count(*) FROM closed_month") == [(0,)]
    assert await values(databases, "K07", **SERIES) == found
    assert await rows(databases, "SELECT count(*) > 0 FROM closed_month") == [(True,)]


async def test_a_kept_figure_is_written_once_whatever_is_asked_around_it(databases: Databases) -> None:
    await _some_slips(databases)
    asked = SERIES | {"as_of": "2026-05-31", "every": "week"}
    read = await values(databases, "K07", **asked)
    written = await rows(databases, "SELECT month, xmin::text, xmax::text FROM closed_month ORDER BY 1")
    assert [month for month, *_ in written] == [on("2026-05-01")], "of these weeks, one alone ends with a month"
    await record(databases, action())
    assert (await values(databases, "K07", **asked)).series == read.series
    assert await rows(databases, "SELECT month, xmin::text, xmax::text FROM closed_month ORDER BY 1") == written


@time_machine.travel(at("2026-05-12"), tick=False)
async def test_who_reads_the_end_of_the_month_under_way_leaves_today_its_place(databases: Databases) -> None:
    await _some_slips(databases)
    await values(databases, "K07", as_of="2026-05-31")
    await values(databases, "K07", as_of="2026-05-12")
    assert await rows(databases, "SELECT month, until FROM closed_month") == [(on("2026-05-01"), on("2026-05-13"))]


async def test_what_was_known_before_a_correction_is_found_again_by_what_was_kept_or_by_the_entries(databases: Databases) -> None:
    await _some_slips(databases)
    before = [await board(databases, **asked) for asked in ASKED]
    slip = reschedule("2026-02-20", "2026-08-31", "2026-09-30")
    await record(databases, milestone(id=number(1), version=2, due_initial=on("2026-08-31"), due=slip.new_due, reschedules=(slip,)))
    await record(databases, action(id=number(20), history=history(("in_progress", "2026-01-05"))))
    after = [await board(databases, **asked) for asked in ASKED]
    for asked, old, new in zip(ASKED, before, after, strict=True):
        assert await board(databases, **asked, known_at=old.known_at) == old
        assert await board(databases, **asked, known_at=new.known_at) == new


async def test_months_far_apart_are_verified(databases: Databases, settings: Settings) -> None:
    slip = reschedule("1900-01-10", "2026-08-31", "2026-10-15")
    await record(databases, milestone(due_initial=on("2026-08-31"), due=slip.new_due, reschedules=(slip,)))
    for as_of in ("1900-01-31", "2026-05-31"):
        await values(databases, "K07", as_of=as_of)
    assert await rows(databases, "SELECT count(*) FROM closed_month") == [(2,)]
    assert (await verified(databases)).sound
    await as_superuser(settings, """UPDATE closed_month SET figure = '{"value": 3, "samples": 4}' WHERE month = '2026-05-01'""")
    assert (await verified(databases)).closed_months_against_entries == 1


async def test_planned_days_are_in_the_roll_up_and_in_no_figure_before(databases: Databases) -> None:
    await record(databases, milestone(id=number(1), due_initial=on("2027-03-31"), due=on("2027-03-31")), milestone(id=number(2)))
    assert (await values(databases, "K06", as_of="2026-12-31")).denominator == 1
    assert (await values(databases, "K06", as_of="2027-03-30")).denominator == 1
    assert (await values(databases, "K06", as_of="2027-03-31")).denominator == 2


@pytest.mark.parametrize(
    ("fault", "count"),
    [
        (
            "UPDATE rollup SET amount = amount + 1 WHERE grain = 'ever' AND ctid = (SELECT min(ctid) FROM rollup WHERE grain = 'ever')",
            "roll_up",
        ),
        ("DELETE FROM rollup WHERE grain = 'month'", "roll_up"),
        ("UPDATE series SET department = NULL WHERE indicator = 'K07' AND NOT dimensions ? 'department'", "series"),
        ("UPDATE series SET department = '44' WHERE indicator = 'K05'", "series"),
        ("UPDATE touched_month SET batch = batch - 1", "months"),
        ("DELETE FROM touched_month", "months"),
        ("INSERT INTO touched_month VALUES ('K06', 1, '2020-01-01', 1)", "months"),
        ("""UPDATE closed_month SET figure = '{"value": 3, "samples": 4}'""", "closed_months"),
    ],
)
async def test_verify_sees_it_and_rebuild_mends_it(databases: Databases, settings: Settings, fault: str, count: str) -> None:
    await _some_slips(databases)
    await record(databases, action())
    served = await board(databases, **SERIES)
    await as_superuser(settings, fault)
    report = await verified(databases)
    counts = {
        "roll_up": report.roll_up_against_entries,
        "months": report.months_against_batches,
        "series": report.series_against_indicators,
        "closed_months": report.closed_months_against_entries,
    }
    assert counts.pop(count) > 0
    assert not report.sound
    assert report.examples
    await rebuild(databases)
    assert (await verified(databases)).sound
    assert await board(databases, **SERIES, known_at=served.known_at) == served


@pytest.mark.parametrize(
    ("start", "starts", "end", "of_sums", "of_distributions"),
    [
        (None, "", "2026-06-01", "month 2026-06-01", "month 2026-06-01"),
        (None, "", "2026-05-13", "day 2026-05-13 2026-06-01, month 2026-06-01", "entry 2026-05-13 2026-06-01, month 2026-06-01"),
        (
            None,
            "2026-03-01 2026-04-01",
            "2026-04-10",
            "month 2026-03-01 2026-04-01, day 2026-04-01 2026-05-01, month 2026-05-01",
            "month 2026-03-01 2026-04-01, entry 2026-04-01 2026-05-01, month 2026-05-01",
        ),
        (
            None,
            "2026-05-01 2026-06-01",
            "2026-06-16",
            "month 2026-05-01 2026-06-01, day 2026-06-01 2026-07-01, month 2026-07-01",
            "month 2026-05-01 2026-07-01, entry 2026-06-16 2026-07-01 2026-06-01, entry 2026-06-16 2026-07-01, month 2026-07-01",
        ),
        (
            None,
            "2026-03-30 2026-04-06",
            "2026-04-13",
            "day 2026-03-30 2026-05-01, month 2026-05-01",
            "entry 2026-03-30 2026-05-01, month 2026-05-01",
        ),
        ("2026-03-01", "", "2026-05-01", "month 2026-03-01 2026-05-01", "month 2026-03-01 2026-05-01"),
        ("2026-03-02", "", "2026-03-05", "day 2026-03-02 2026-03-05", "entry 2026-03-02 2026-03-05"),
        (
            "2026-02-27",
            "",
            "2026-05-02",
            "day 2026-02-27 2026-03-01, month 2026-03-01 2026-05-01, day 2026-05-01 2026-05-02",
            "entry 2026-02-27 2026-03-01, month 2026-03-01 2026-05-01, entry 2026-05-01 2026-05-02",
        ),
        ("2026-01-01", "2026-01-01 2026-04-01", "2026-07-01", "month 2026-01-01 2026-07-01", "month 2026-01-01 2026-07-01"),
    ],
)
@time_machine.travel(at("2026-06-15"), tick=False)
def test_whole_months_are_read_by_month_and_their_edges_by_day(
    start: str | None, starts: str, end: str, of_sums: str, of_distributions: str
) -> None:
    asked = Question(on(end), start=on(start) if start else None, starts=tuple(map(on, starts.split())))
    for kind, expected in ((Kind.sum, of_sums), (Kind.distribution, of_distributions)):
        assert ", ".join(" ".join(str(part) for part in one if part) for one in ranges(asked, kind)) == expected


@pytest.mark.parametrize(
    "one", [Figure(None), Figure(0.333333, 1, 3), Figure(4, samples=10, p90=8), Figure(1.0, 2, 2, coverage=Coverage(2, 5)), Figure(0, 0)]
)
def test_a_kept_figure_is_read_as_it_was_made(one: Figure) -> None:
    assert figure_from(as_text(one)) == one
    assert type(figure_from(as_text(one)).value) is type(one.value)
