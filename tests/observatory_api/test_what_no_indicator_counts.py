"""A state that no indicator reads is declared so, or refused: nothing is left out of the figures by oversight."""

import pytest

from services.contracts.internships import UnitState
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE, NOT_COUNTED, Catalogue
from services.observatory_api.ledger.rebuild import rebuild
from tests.observatory_api.ledger_support import record, rows, values
from tests.observatory_api.states import unit

WITHOUT_UNITS = [indicator for indicator in CATALOGUE.indicators if all(feed.state is not UnitState for feed in indicator.feeds)]
FILE = "services/observatory_api/indicators/catalogue.py"


def test_a_state_that_no_indicator_reads_and_that_is_not_declared_is_refused() -> None:
    with pytest.raises(TypeError, match=f"{FILE} : aucun indicateur ne lit UnitState : .* NOT_COUNTED"):
        Catalogue(WITHOUT_UNITS)


def test_a_state_that_is_declared_and_that_an_indicator_reads_is_refused() -> None:
    with pytest.raises(TypeError, match=f"{FILE} : UnitState est dans NOT_COUNTED, et I27 le lit"):
        Catalogue(CATALOGUE.indicators, {UnitState, *NOT_COUNTED})


async def test_what_is_not_counted_is_kept_and_counted_once_an_indicator_reads_it(databases: Databases) -> None:
    await record(databases, unit(), catalogue=Catalogue(WITHOUT_UNITS, {UnitState, *NOT_COUNTED}))
    assert await rows(databases, "SELECT kind, contributions FROM fact") == [("unit", "[]")]
    assert (await values(databases, "I27", as_of="2026-06-30")).value == 0
    assert (await rebuild(databases)).changed == 1
    assert (await values(databases, "I27", as_of="2026-06-30")).value == 1
