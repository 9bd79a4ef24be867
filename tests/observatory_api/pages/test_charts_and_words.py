"""Charts and words by themselves: gaps, scales, French numbers and dates."""

from datetime import UTC, datetime

import pytest

from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.dimensions import Dimension
from services.observatory_api.indicators.kinds import Unit
from services.observatory_api.pages import words
from services.observatory_api.pages.charts import Chart, Point, ceiling, drawn, level
from tests.observatory_api.pages.reading import Element, read


def chart(*values: float | None, bars: bool = False, share: bool = False, title: str = "Jalons") -> Element:
    points = [Point(f"mois {place}", f"m{place}", value, str(value)) for place, value in enumerate(values)]
    return read(drawn(Chart("K06", title, "en mots", points, bars, share, str, "pas encore suivi")))


def marked(found: Element, tag: str, css: str) -> list[Element]:
    return [one for one in found.all(tag) if css in one.attributes.get("class", "").split()]


def test_a_month_without_a_value_breaks_the_line_and_has_no_dot() -> None:
    found = chart(1, 2, None, 4, None, 6)
    assert [len(one.attributes["points"].split()) for one in marked(found, "polyline", "line")] == [2, 1, 1]
    assert len(marked(found, "circle", "dot")) == 4


def test_zero_is_a_bar_and_nothing_is_none() -> None:
    bars = marked(chart(0, None, 3, bars=True), "rect", "bar")
    assert [float(one.attributes["height"]) for one in bars] == [0.8, 74]


def test_a_chart_without_any_value_says_why() -> None:
    assert chart(None, None).all("text")[-1].text == "pas encore suivi"
    assert "pas encore suivi" not in chart(None, 1).text


def test_every_month_says_its_value_to_a_pointer() -> None:
    assert [one.text for one in marked(chart(1, None), "rect", "hint")] == ["mois 0 : 1", "mois 1 : None"]


def test_a_share_is_drawn_out_of_one_unless_it_is_above() -> None:
    assert chart(0.2, 0.4, share=True).all("text")[0].text == "1.0"
    assert chart(0.2, 1.4, share=True).all("text")[0].text == "2.0"


def test_what_is_below_zero_hangs_from_the_axis() -> None:
    found = chart(4, -2, bars=True)
    axis = float(marked(found, "line", "axis")[0].attributes["y1"])
    up, down = marked(found, "rect", "bar")
    assert float(up.attributes["y"]) < axis
    assert float(down.attributes["y"]) == axis


def test_titles_are_escaped() -> None:
    found = chart(1, title="<b>&")
    assert found.by_id("K06-title").text == "<b>&"
    assert not found.all("b")


@pytest.mark.parametrize(("value", "expected"), [(0, 1), (0.3, 1), (1, 1), (23, 30), (70, 80), (101, 200), (1_575_000, 2_000_000)])
def test_the_scale_ends_on_a_round_number(value: float, expected: float) -> None:
    assert ceiling(value) == expected


@pytest.mark.parametrize(("share", "width"), [(-1, "0"), (0.345, "34.5"), (7, "100")])
def test_a_level_stays_within_its_track(share: float, width: str) -> None:
    assert marked(read(level(share)), "rect", "bar")[0].attributes["width"] == width


@pytest.mark.parametrize(
    ("value", "unit", "code", "expected"),
    [
        (None, Unit.share, "K06", "sans objet"),
        (0.0, Unit.share, "K06", "0\u202f%"),
        (0.615385, Unit.share, "K06", "61,5\u202f%"),
        (1.0, Unit.share, "K06", "100\u202f%"),
        (0, Unit.number, "K03", "0 action"),
        (1, Unit.number, "K03", "1 action"),
        (1234, Unit.number, "K03", "1\u202f234 actions"),
        (-2, Unit.number, "R01", "−2 postes"),
        (1, Unit.days, "I08", "1 jour"),
        (240, Unit.seat_weeks, "I01", "240 places-semaines"),
        (110_000_000, Unit.cents, "R08", "1\u202f100\u202f000\u202f€"),
        (-12_305, Unit.cents, "R04", "−123,05\u202f€"),
    ],
)
def test_a_value_is_said_in_french(value: float | None, unit: Unit, code: str, expected: str) -> None:
    assert words.amount(value, unit, CATALOGUE.definitions(code)[max(CATALOGUE.definitions(code))].counted) == expected


def test_what_a_share_divides_is_said() -> None:
    rate = CATALOGUE.definitions("R05")[1]
    assert rate.divided(350_000, 10_000_000) == "3\u202f500\u202f€ engagés sur 100\u202f000\u202f€ de plafonds"
    assert rate.divided(None, 150) == "0\u202f€ engagé sur 1,50\u202f€ de plafond"
    assert CATALOGUE.definitions("K06")[2].divided(1, 2) == "1 jalon tenu sur 2 jalons arrivés à échéance"


def test_instants_and_months_are_said_by_the_clocks_of_paris() -> None:
    assert words.instant(datetime(2026, 7, 31, 22, 5, 9, tzinfo=UTC)) == "1er août 2026 à 00\u202fh\u202f05\u202fmin\u202f09\u202fs"
    assert words.month("2026-12") == "décembre 2026"


@pytest.mark.parametrize("dimension", CATALOGUE.dimensions, ids=lambda dimension: dimension.name)
def test_no_two_values_of_a_dimension_have_the_same_label(dimension: Dimension) -> None:
    assert len(set(dimension.labels.values())) == len(dimension.labels)
