"""A changed meaning takes a new definition number: what a definition gives on committed and on random states is kept."""

import inspect
import json
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from services.observatory_api.indicators import dimensions
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.dimensions import Dimension
from services.observatory_api.indicators.kinds import Kind
from services.observatory_api.indicators.model import Indicator
from services.observatory_api.values.schemas import ValuesQuery
from tests.observatory_api.golden_files import differences, golden_of, path_of, sample_states

EACH = pytest.mark.parametrize("indicator", CATALOGUE.indicators, ids=lambda one: f"{one.code}/{one.definition}")


@EACH
def test_a_definition_gives_what_it_gave(indicator: Indicator) -> None:
    known = json.loads(path_of(indicator).read_text())
    assert differences(known, golden_of(indicator)) == [], (
        "give the indicator a new definition number, then run tests.observatory_api.golden_files"
    )


@EACH
def test_every_sample_state_is_in_the_golden_file(indicator: Indicator) -> None:
    known, made = json.loads(path_of(indicator).read_text()), golden_of(indicator)
    assert known["outputs"].keys() == made["outputs"].keys()
    assert known["random"] == made["random"], "a state has another shape: run tests.observatory_api.golden_files"


@EACH
def test_a_sample_makes_the_indicator_move(indicator: Indicator) -> None:
    assert any(golden_of(indicator)["outputs"].values())


def rewritten(code: str, definition: int, change: Callable[[str], str]) -> Indicator:
    """A definition, once its file is changed."""
    one = CATALOGUE.definitions(code)[definition]
    module = sys.modules[one.feeds[0].function.__module__]
    source = inspect.getsource(module)
    assert change(source) != source
    names: dict[str, Any] = {"__name__": module.__name__}
    exec(change(source), names)  # noqa: S102  # our own file, but for a word
    return next(each for each in names.values() if isinstance(each, Indicator) and each.definition == definition)


def differing(one: Indicator) -> list[str]:
    """What differs from its golden file."""
    return differences(json.loads(path_of(one).read_text()), golden_of(one))


@pytest.mark.parametrize(
    ("code", "definition", "old", "new"),
    [
        ("K06", 2, "<= milestone.due_initial", "< milestone.due_initial"),
        ("K14", 1, "== set(Sector)", ">= set(list(Sector)[:2])"),
        ("R06", 1, "NeedStatus.partially_filled", "NeedStatus.filled"),
        ("R07", 3, "last < end", "last <= end"),
        ("I01", 1, "school_year(offer.starts_on)", "school_year(offer.ends_on)"),
        ("K15", 1, "{action.axis}/{objective}", "{objective}"),
    ],
)
def test_a_definition_that_gives_something_else_does_not_pass(code: str, definition: int, old: str, new: str) -> None:
    found = differing(rewritten(code, definition, lambda source: source.replace(old, new)))
    assert [one for one in found if one.startswith("output on random states of ")]


def test_a_renamed_variable_a_comment_and_another_layout_pass() -> None:
    def otherwise(source: str) -> str:
        renamed = re.sub(r"\bmilestone\b", "jalon", source)
        return renamed.replace("    yield denominator", "    # a comment\n\n    yield denominator")

    assert differing(rewritten("K06", 2, otherwise)) == []


def test_random_states_of_another_shape_are_not_compared_and_the_committed_ones_are() -> None:
    one = rewritten("K06", 2, lambda source: source.replace("<= milestone.due_initial", "< milestone.due_initial"))
    known = json.loads(path_of(one).read_text())
    known["random"]["milestone"]["shape"] = "of before"
    found = differences(known, golden_of(one))
    assert found == [item for item in found if item.startswith("output on 'milestone")] != []


def test_every_state_that_is_counted_has_its_samples() -> None:
    assert {type(state) for state in sample_states().values()} >= CATALOGUE.feeds.keys()


def test_there_are_indicators_of_all_four_kinds_over_the_three_services() -> None:
    assert {indicator.kind for indicator in CATALOGUE.indicators} == set(Kind)
    assert {source.partition(".")[0] for one in CATALOGUE.indicators for source in one.sources} == {
        "access",
        "actions",
        "internships",
        "recruitment",
    }


def test_every_dimension_is_used_and_may_be_filtered_by() -> None:
    assert {name for indicator in CATALOGUE.indicators for name in indicator.names} <= set(ValuesQuery.model_fields)
    declared = {each for each in vars(dimensions).values() if isinstance(each, Dimension)}
    assert declared == set(CATALOGUE.dimensions), "each is used"


def test_the_words_of_an_indicator_are_the_docstring_of_its_function() -> None:
    indicator = CATALOGUE.definitions("K06")[2]
    assert indicator.words.startswith("Jalons tenus. Part des jalons atteints")
