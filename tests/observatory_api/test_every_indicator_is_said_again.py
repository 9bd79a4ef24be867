"""What an indicator counts is said a second time in SQL, in the service whose states it reads; or it is named here, with the reason."""

from collections.abc import Iterator

import pytest

from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.indicators.model import Indicator
from services.plam import SERVICES

EXCUSED = {
    "R07": "its definitions differ about what is past, and an installation may still have the first in force",
}
NEWEST = [CATALOGUE.definitions(code)[max(CATALOGUE.definitions(code))] for code in CATALOGUE.codes]
SAID = {name: service.name for service in SERVICES for name in service.meaning}


def owed(one: Indicator) -> Iterator[str]:
    """The figure, and each breakdown that the page shows."""
    yield one.code
    for dimension in one.shown_by:
        yield f"{one.code}/{dimension.name}"


@pytest.mark.parametrize("one", NEWEST, ids=lambda one: one.code)
def test_an_indicator_is_said_again_with_what_the_page_shows(one: Indicator) -> None:
    assert [name for name in owed(one) if name not in SAID and name not in EXCUSED] == []


def test_what_is_said_is_of_an_indicator_by_its_own_dimensions() -> None:
    known = {name for one in NEWEST for name in (one.code, *(f"{one.code}/{dimension}" for dimension in one.names))}
    assert SAID.keys() <= known


def test_it_is_said_by_the_service_whose_states_it_reads() -> None:
    owners = {one.code: {source.partition(".")[0] for source in one.sources} for one in NEWEST if one.sources}
    assert {name: service for name, service in SAID.items() if {service} != owners.get(name.partition("/")[0], {service})} == {}


def test_what_is_excused_is_not_said_and_has_a_reason() -> None:
    assert all(EXCUSED.values())
    assert EXCUSED.keys().isdisjoint(SAID)
    assert EXCUSED.keys() <= {name for one in NEWEST for name in owed(one)}
