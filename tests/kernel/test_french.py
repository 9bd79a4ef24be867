"""Days and numbers as sentences for people say them."""

from datetime import date

from services.kernel.base.french import counted, day_in_words


def test_the_first_of_a_month_is_an_ordinal() -> None:
    assert [day_in_words(date(2026, 3, 1)), day_in_words(date(2026, 8, 21))] == ["1er mars 2026", "21 août 2026"]


def test_the_plural_begins_at_two() -> None:
    assert [counted(number, "place") for number in (0, 1, 2)] == ["0 place", "1 place", "2 places"]
    assert counted(3, "place demandée", "places demandées") == "3 places demandées"
