"""A changed function takes a new definition number: its outputs on committed states and a hash of its source are kept."""

import inspect
import json
import sys

import pytest

from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.labels import DIMENSIONS
from services.observatory_api.indicators.model import Indicator, Kind
from services.observatory_api.values.schemas import ValuesQuery
from tests.observatory_api.golden_files import differences, golden_of, path_of, sample_states, source_hash

EACH = pytest.mark.parametrize("indicator", CATALOGUE.indicators, ids=lambda one: f"{one.code}/{one.definition}")


@EACH
def test_a_definition_gives_what_it_gave(indicator: Indicator) -> None:
    known = json.loads(path_of(indicator).read_text())
    assert differences(known, golden_of(indicator)) == [], (
        "give the indicator a new definition number, then run tests.observatory_api.golden_files"
    )


@EACH
def test_every_sample_state_is_in_the_golden_file(indicator: Indicator) -> None:
    assert json.loads(path_of(indicator).read_text())["outputs"].keys() == golden_of(indicator)["outputs"].keys()


@EACH
def test_a_sample_makes_the_indicator_move(indicator: Indicator) -> None:
    assert any(golden_of(indicator)["outputs"].values())


def test_a_changed_function_does_not_pass() -> None:
    indicator = CATALOGUE.definitions("K06")[2]
    source = inspect.getsource(sys.modules[indicator.feeds[0].function.__module__])
    assert source_hash(source.replace("<=", "<")) != source_hash(source)
    assert differences(
        json.loads(path_of(indicator).read_text()), golden_of(indicator) | {"source": source_hash(source.replace("<=", "<"))}
    )


def test_words_comments_and_layout_are_not_the_function() -> None:
    source = (
        '"""Words."""\nimport a\n\n@ratio("K06", label="Un")\ndef f(x):\n    """More words."""\n    return (x\n       + 1)  # a comment\n'
    )
    same = '"""Other words."""\nimport b\n\n@ratio("K06", label="Deux")\ndef f(x):\n    return x + 1\n'
    assert source_hash(source) == source_hash(same)


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


def test_every_dimension_has_a_label_and_a_filter() -> None:
    used = {name for indicator in CATALOGUE.indicators for name in indicator.by}
    assert used == set(DIMENSIONS)
    assert used <= set(ValuesQuery.model_fields)


def test_the_words_of_an_indicator_are_its_module_docstring() -> None:
    indicator = CATALOGUE.definitions("K06")[2]
    assert indicator.words.startswith("Jalons tenus. Part des jalons atteints")
