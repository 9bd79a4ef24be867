"""Every page of a demonstration says on which day it stands; no other page does."""

from collections.abc import Iterator
from datetime import date

import pytest

from services.kernel.base import clock
from services.kernel.base.problems import NotFound
from services.observatory_api.pages import views

SAID = "le jour est le <strong>30"


@pytest.fixture(autouse=True)
def _real_days_after() -> Iterator[None]:
    yield
    clock.set_day(None)


def test_a_page_says_the_day_of_a_demonstration() -> None:
    clock.set_day(date(2026, 9, 30))
    assert SAID in views.refusal(NotFound("Rien ici."))


def test_a_page_of_real_days_does_not() -> None:
    assert "Démonstration" not in views.refusal(NotFound("Rien ici."))
