"""Periods that have a name: each day is in one of each kind, they follow each other, and a name is of one alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from services.kernel.base.periods import KNOWN, Span, Step, name_of, span_named, span_of, start_before, starts_between

DAYS = st.dates(date(1901, 1, 1), date(2198, 12, 31))
STEPS = st.sampled_from(list(Step))


@pytest.mark.parametrize(
    ("name", "step", "start", "end"),
    [
        ("2026-W47", Step.week, date(2026, 11, 16), date(2026, 11, 23)),
        ("2026-W53", Step.week, date(2026, 12, 28), date(2027, 1, 4)),
        ("2026-11", Step.month, date(2026, 11, 1), date(2026, 12, 1)),
        ("2026-Q4", Step.quarter, date(2026, 10, 1), date(2027, 1, 1)),
        ("2026-S2", Step.half_year, date(2026, 7, 1), date(2027, 1, 1)),
        ("2026", Step.year, date(2026, 1, 1), date(2027, 1, 1)),
        ("2026", Step.fiscal_year, date(2026, 1, 1), date(2027, 1, 1)),
        ("2026-2027", Step.school_year, date(2026, 9, 1), date(2027, 9, 1)),
    ],
)
def test_a_period_has_a_name_and_two_days(name: str, step: Step, start: date, end: date) -> None:
    assert span_named(name) == Span(start, end) == span_of(step, start) == span_of(step, end - timedelta(days=1))
    assert name_of(step, start) == name_of(step, end - timedelta(days=1)) == name
    assert name_of(step, end) != name


@given(STEPS, DAYS)
def test_every_day_is_in_one_period_of_each_kind_which_its_name_says(step: Step, day: date) -> None:
    found = span_of(step, day)
    assert found.start <= day < found.end
    assert span_of(step, found.start) == span_of(step, found.end - timedelta(days=1)) == found
    assert span_named(name_of(step, day)) == found


@given(STEPS, DAYS, st.integers(0, 40))
def test_periods_follow_each_other(step: Step, day: date, number: int) -> None:
    if day.year < 1950:
        day = day.replace(year=1950, day=1)
    found = starts_between(step, start_before(step, day, number), day, number)
    assert len(found) == number + 1
    assert [span_of(step, one).end for one in found[:-1]] == found[1:]
    assert found[-1] == span_of(step, day).start


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "2025-W53",
        "2026-W00",
        "2026-W54",
        "2026-13",
        "2026-00",
        "2026-Q5",
        "2026-S3",
        "2026-2028",
        "1899",
        "2200",
        "0000",
        "26",
        "2026-1",
        "T4",
    ],
)
def test_what_is_no_period_is_refused_with_examples(wrong: str) -> None:
    with pytest.raises(ValueError, match=f"« {wrong} » n'est pas une période ; par exemple 2026-W47"):
        span_named(wrong)


def test_the_examples_are_periods() -> None:
    for example in KNOWN.replace(" ou ", ", ").replace(" (année scolaire)", "").split(", "):
        assert span_named(example)
